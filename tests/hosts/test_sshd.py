#!/usr/bin/python3
"""Logins over a real sshd by a stock ssh client, with the stacks of pam.d-examples.

    test_sshd.py [PATTERN...]     the cases whose names match, or all

Runs as root inside a private root (tests/root) in which the project is installed.

SPDX-License-Identifier: Apache-2.0
"""

import os
import sys

import hostlib
import sshd_keys
import sshd_secrets
import sshd_stacks
import sshd_tokens
import sshd_world as world

# In the order in which they stand in the files. The canary comes last: it reads the whole log.
FILES = (sshd_tokens, sshd_keys, sshd_stacks, sshd_secrets)


def main():
    print("# %s" % world.sshd.version(), flush=True)
    os.makedirs(world.FOLDER, exist_ok=True)
    world.prepare()
    cases = [item for file in FILES for item in world.cases if item[1].__module__ == file.__name__]
    try:
        passed, failed = hostlib.run_cases(cases, world.reset, sys.argv[1:])
    finally:
        world.sshd.stop()
        world.tenant.stop()
        hostlib.leave()
    print("%d passed, %d failed" % (passed, failed))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
