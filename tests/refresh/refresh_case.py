"""A tenant, a configuration and a cache to run auth0jwt-refresh in, and the runner of the cases.

SPDX-License-Identifier: Apache-2.0
"""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tenant"))
import client as tenant_client  # noqa: E402
from odd_server import Authority  # noqa: E402

PROGRAM = os.path.join(os.environ.get("top_builddir", os.getcwd()), "auth0jwt-refresh")
DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/.well-known/jwks.json"


class World:
    """One tenant for all cases; a configuration and a cache of its own for each."""

    def __init__(self):
        # Not where TMPDIR says: every folder on the way must pass src/base/safe_file.h.
        self.root = tempfile.mkdtemp(prefix="auth0jwt-refresh-", dir="/tmp")
        os.chmod(self.root, 0o755)
        self.process, self.tenant = tenant_client.start(os.path.join(self.root, "tenant"))
        self.authority = Authority(self.root, "Other authority")
        self.count = 0

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.root)

    def case(self, **options):
        self.tenant.fault("none")
        self.tenant.requests(reset=True)
        self.count += 1
        return Case(self, os.path.join(self.root, "case%d" % self.count), options)


class Case:
    def __init__(self, world, folder, options):
        self.world = world
        self.tenant = world.tenant
        self.folder = folder
        self.cache = os.path.join(folder, "cache")
        self.conf = os.path.join(folder, "auth0jwt.conf")
        self.keys = os.path.join(self.cache, "main.keys")
        self.state = os.path.join(self.cache, "main.state")
        os.mkdir(folder, 0o755)
        os.mkdir(self.cache, 0o755)
        self.options = {"issuer": self.tenant.issuer, "audience": "https://login.example.com",
                        "authorized_parties": "*", "ca_file": self.tenant.ca_file}
        self.configure(**options)

    def configure(self, **options):
        self.options.update(options)
        lines = ["[global]", "cache_dir = %s" % self.cache, "", "[tenant main]"]
        lines += ["%s = %s" % item for item in self.options.items() if item[1] is not None]
        with open(self.conf, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write("\n".join(lines) + "\n")

    def run(self, *arguments, expect=0, **more):
        more.setdefault("timeout", 60)
        result = subprocess.run([PROGRAM, "--config", self.conf, *arguments], text=True,
                                capture_output=True, stdin=subprocess.DEVNULL, **more)
        if result.returncode != expect:
            raise AssertionError("exit %s, not %s: %s%s" % (result.returncode, expect,
                                                            result.stdout, result.stderr))
        return result

    def start(self, *arguments):
        return subprocess.Popen([PROGRAM, "--config", self.conf, *arguments],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)

    def read_sealed(self, path, magic):
        """The JSON of a cache file, after its checksum line has been checked here too."""
        with open(path, "rb") as file:
            line, body = file.read().split(b"\n", 1)
        check_equal(line.decode(), "%s 1 %s %d" % (magic, hashlib.sha256(body).hexdigest(),
                                                   len(body)))
        return json.loads(body)

    def cached(self):
        return self.read_sealed(self.keys, "auth0jwt-keys")

    def noted(self):
        return self.read_sealed(self.state, "auth0jwt-state")

    def rewrite(self, path, magic, change):
        """Makes a file older, or otherwise other than it is."""
        document = self.read_sealed(path, magic)
        change(document)
        body = json.dumps(document).encode()
        with open(path, "wb") as file:
            file.write(b"%s 1 %s %d\n" % (magic.encode(), hashlib.sha256(body).hexdigest().encode(),
                                          len(body)) + body)

    def age(self, seconds):
        self.rewrite(self.keys, "auth0jwt-keys", lambda document: document.update(
            checked=document["checked"] - seconds, fetched=document["fetched"] - seconds))

    def requests(self):
        return self.tenant.requests()["paths"]

    def snapshot(self):
        with open(self.keys, "rb") as file:
            return file.read()


def check(condition, what=""):
    if not condition:
        raise AssertionError(what)


def check_equal(found, expected):
    check(found == expected, "%r, not %r" % (found, expected))


def check_in(part, text):
    check(part in text, "%r is not in %r" % (part, text))


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def wait_for_request(case, path=JWKS):
    """Until the tenant has been asked for the path."""
    end = time.monotonic() + 10
    while case.requests().get(path) is None and time.monotonic() < end:
        time.sleep(0.02)
    check(case.requests().get(path) is not None, "nobody asked for %s" % path)


def main(cases):
    """Runs the functions called test_*, or those that the command line names."""
    wanted = sys.argv[1:]
    names = [name for name in cases if name.startswith("test_")]
    failed = 0
    ran = 0
    world = World()
    try:
        for name in names:
            if wanted and name not in wanted:
                continue
            ran += 1
            try:
                cases[name](world)
                print("ok %s" % name, flush=True)
            except Exception:
                failed += 1
                print("not ok %s" % name, flush=True)
                traceback.print_exc(limit=-3, file=sys.stdout)
    finally:
        world.close()
    print("%d of %d passed" % (ran - failed, ran))
    return 1 if failed or not ran else 0
