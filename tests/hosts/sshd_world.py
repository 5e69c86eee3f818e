"""What the cases for sshd share: one tenant, one sshd, one client, and what every case begins with.

SPDX-License-Identifier: Apache-2.0
"""

from concurrent.futures import ThreadPoolExecutor

import hostlib
import sshlib
from hostlib import configure, expect, expect_equal, use_stack

PASSWORD = "correct horse battery"
FOLDER = "/scratch/hosts"
log = hostlib.Log()
tenant = hostlib.Tenant(FOLDER + "/tenant")
sshd = sshlib.Sshd(FOLDER + "/sshd", log)
ssh = sshlib.Ssh(sshd, log)
cases = []


def case(function):
    cases.append((function.__doc__.split("\n")[0].rstrip("."), function))
    return function


def reset():
    """What every case starts with: token-only stack, usual configuration, a tenant that is up, no
    cached keys, no faults."""
    tenant.start()
    tenant.fault("none")
    hostlib.clear_cache()
    configure(tenant)
    use_stack("sshd")
    tenant.forget()
    if sshd.process is None:
        sshd.start()


def accepted(login, user="alice"):
    expect_equal(login.status, 0, "exit status", login)
    expect_equal(login.output, "in as %s\n" % user, "output", login)
    expect_equal(len(login.decisions()), 1, "lines in the log", login)
    expect(": accept service=\"sshd\" user=\"%s\" rhost=" % user in login.decisions()[0],
           "the line does not say accept", login)
    expect_equal(login.level(), "info", "level", login)
    return login


def refused(login, reason, level="notice"):
    expect_equal(login.status, 255, "exit status", login)
    expect_equal(login.output, "", "output", login)
    expect_equal(login.reason(), reason, "reason", login)
    expect_equal(login.level(), level, "level", login)
    return login


def together(users, token):
    """Logins at the same time; what each of them found in the log is everybody's."""
    with ThreadPoolExecutor(len(users)) as pool:
        return list(pool.map(lambda user: ssh.login(user, token), users))


def warm():
    """One login, so that the keys are cached; its requests are not counted."""
    accepted(ssh.login("alice", tenant.token()))
    tenant.forget()


def prepare():
    """The accounts that the cases use."""
    hostlib.make_group("glass")
    for name, password, group in (("alice", None, None), ("bob", None, None),
                                  ("carol", PASSWORD, None), ("deploy", None, None),
                                  ("breakglass", PASSWORD, "glass")):
        hostlib.make_account(name, password, group)
    for name in ("alice", "breakglass"):
        ssh.authorize(name)
