"""What tests on real hosts share: the log, accounts, configuration, PAM stacks and the tenant.

Everything here runs as root inside a private root (tests/root), which belongs to the tests alone.

SPDX-License-Identifier: Apache-2.0
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(PROJECT, "tests", "tenant"))
import client as tenant_client  # noqa: E402

LOG = "/var/log/messages.jsonl"
CONF = "/etc/auth0jwt"
CACHE = "/var/cache/auth0jwt"
STACKS = os.path.join(PROJECT, "pam.d-examples")
AUDIENCE = "https://login.example.com"
ALICE = "auth0|5f7c8ec7c33c6c004bbafe82"
MACHINE = "1fMGzP0oZ6mzDRmNYbQ9eJqYdXIgZ4kT"


# ---- files ---------------------------------------------------------------------------------------

def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*argv, check=True, **more):
    return subprocess.run(argv, check=check, capture_output=True, text=True, **more)


# ---- the log -------------------------------------------------------------------------------------

class Log:
    """Entries that reached /dev/log since a mark."""

    def mark(self):
        return os.path.getsize(LOG)

    def since(self, mark):
        with open(LOG, "rb") as file:
            file.seek(mark)
            return [json.loads(line) for line in file.read().splitlines()]

    def wait(self, mark, pattern, seconds=3.0):
        """The first entry whose message matches, waited for; None where there is none."""
        end = time.monotonic() + seconds
        while True:
            for entry in self.since(mark):
                if re.search(pattern, entry["message"]):
                    return entry
            if time.monotonic() > end:
                return None
            time.sleep(0.02)

    def text(self):
        return "\n".join(entry["message"] for entry in self.since(0))


# ---- accounts ------------------------------------------------------------------------------------

def make_account(name, password=None, group=None):
    """A local account; an old one of that name is replaced."""
    run("userdel", "-rf", name, check=False)
    run("groupdel", name, check=False)
    run("useradd", "-m", "-s", "/bin/sh", *(["-G", group] if group else []), name)
    set_password(name, password)


def set_password(name, password):
    secret = "*"
    if password is not None:
        secret = run("openssl", "passwd", "-6", "-stdin", input=password + "\n").stdout.strip()
    run("usermod", "-p", secret, name)


def make_group(name):
    run("groupadd", "-f", name)


# ---- configuration -------------------------------------------------------------------------------

def section(head, values):
    lines = ["[%s]" % head] + ["%s = %s" % item for item in values.items() if item[1] is not None]
    return "\n".join(lines) + "\n\n"


def configure(tenant, global_=None, tenant_=None, service=None, accounts=None):
    """Writes auth0jwt.conf and accounts: usual values, with those of the case in front."""
    main = {"issuer": tenant.issuer, "audience": AUDIENCE, "authorized_parties": "*",
            "ca_file": CONF + "/tenant-ca.pem"}
    main.update(tenant_ or {})
    sshd = {"require": "ssh:login"}
    sshd.update(service or {})
    shutil.rmtree(CONF, ignore_errors=True)
    text = section("global", global_) if global_ else ""
    text += section("tenant main", main) + section("service sshd", sshd)
    write(CONF + "/auth0jwt.conf", text)
    write(CONF + "/tenant-ca.pem", read(tenant.ca_file))
    write(CONF + "/accounts", accounts if accounts is not None else
          "main  %s  alice\nmain  %s@clients  deploy\n" % (ALICE, MACHINE))


def leave():
    """Takes the configuration and the cache away: whatever runs next in this root finds none."""
    shutil.rmtree(CONF, ignore_errors=True)
    shutil.rmtree(CACHE, ignore_errors=True)


def use_stack(name, *extra):
    """The shipped stack as /etc/pam.d/sshd, with module arguments added."""
    text = read(os.path.join(STACKS, name))
    if extra:
        text = re.sub(r"(pam_auth0jwt\.so)", r"\1 " + " ".join(extra), text)
    write("/etc/pam.d/sshd", text)


# ---- the key cache -------------------------------------------------------------------------------

def clear_cache():
    shutil.rmtree(CACHE, ignore_errors=True)


def age_cache(seconds):
    """Makes the cached set older, as if nothing had been fetched since."""
    path = CACHE + "/main.keys"
    head, _, body = read(path).partition("\n")
    words = head.split()
    document = json.loads(body)
    for name in ("fetched", "checked"):
        document[name] -= seconds
    body = json.dumps(document)
    words[2:4] = [hashlib.sha256(body.encode()).hexdigest(), str(len(body))]
    write(path, " ".join(words) + "\n" + body)
    state = CACHE + "/main.state"
    if os.path.exists(state):
        os.unlink(state)


# ---- tenant --------------------------------------------------------------------------------------

class Tenant:
    """The test tenant as https://tenant.test/; remembers every token it issued."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.client = None
        self.tokens = []

    def start(self):
        if self.process is None:
            self.process, self.client = tenant_client.start(
                self.folder, "--port", "443", "--name", "tenant.test", "--audience", AUDIENCE)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def __getattr__(self, name):
        return getattr(self.client, name)

    def token(self, sub=ALICE, permissions=("ssh:login",), **chosen):
        token = self.client.token(sub, permissions=list(permissions), **chosen)
        self.tokens.append(token)
        return token

    def machine_token(self, **chosen):
        token = self.client.machine_token(permissions=["ssh:login"], **chosen)
        self.tokens.append(token)
        return token

    def fetches(self):
        """How often discovery and keys were asked for since the last call of forget()."""
        paths = self.client.requests()["paths"]
        return (paths.get("/.well-known/openid-configuration", 0),
                paths.get("/.well-known/jwks.json", 0))

    def forget(self):
        self.client.requests(reset=True)


# ---- cases ---------------------------------------------------------------------------------------

class Failed(Exception):
    pass


def expect(condition, what, login=None):
    if not condition:
        raise Failed(what + ("" if login is None else "\n" + login.describe()))


def expect_equal(got, wanted, what, login=None):
    expect(got == wanted, "%s: %r instead of %r" % (what, got, wanted), login)


def run_cases(cases, reset, names):
    """Runs (name, function) pairs; prints ok and not ok; returns (passed, failed)."""
    passed = failed = 0
    for name, function in cases:
        if names and not any(re.search(pattern, name) for pattern in names):
            continue
        begin = time.monotonic()
        try:
            reset()
            function()
            verdict, why = "ok", None
            passed += 1
        except Exception as error:  # any error is a failure of this case alone
            kind = "" if isinstance(error, Failed) else type(error).__name__ + ": "
            verdict, why = "not ok", kind + str(error)
            failed += 1
        print("%s - %s (%.1f s)" % (verdict, name, time.monotonic() - begin), flush=True)
        if why is not None:
            print("# " + why.replace("\n", "\n# "), flush=True)
    return passed, failed
