"""What tests on real hosts share: the log, configuration, PAM stacks, sshd, ssh and the tenant.

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
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(PROJECT, "tests", "tenant"))
import client as tenant_client  # noqa: E402

LOG = "/var/log/messages.jsonl"
CONF = "/etc/auth0jwt"
CACHE = "/var/cache/auth0jwt"
ASKPASS = os.path.join(PROJECT, "tests", "tools", "askpass")
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


# ---- sshd ----------------------------------------------------------------------------------------

class Sshd:
    """A real sshd on the loopback address of this root."""

    def __init__(self, folder, log, port=2222):
        self.folder = folder
        self.log = log
        self.port = port
        self.process = None
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.host_key = os.path.join(folder, "host_key")
        if not os.path.exists(self.host_key):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.host_key)
        public = " ".join(read(self.host_key + ".pub").split()[:2])
        write(os.path.join(folder, "known_hosts"), "[127.0.0.1]:%d %s\n" % (port, public))

    def version(self):
        return run("ssh", "-V").stderr.strip()

    def options(self):
        options = {
            "Port": self.port, "ListenAddress": "127.0.0.1", "HostKey": self.host_key,
            "PidFile": "none", "UsePAM": "yes", "KbdInteractiveAuthentication": "yes",
            "PasswordAuthentication": "yes", "PermitRootLogin": "prohibit-password",
            "PrintMotd": "no", "UseDNS": "no", "MaxStartups": "100", "LogLevel": "VERBOSE",
        }
        # Since 9.8 sshd makes an address wait that failed: these tests fail all the time.
        probe = os.path.join(self.folder, "probe")
        write(probe, "HostKey %s\nPerSourcePenalties no\n" % self.host_key)
        if run("/usr/sbin/sshd", "-t", "-f", probe, check=False).returncode == 0:
            options["PerSourcePenalties"] = "no"
        return options

    def start(self, **changes):
        self.stop()
        options = self.options()
        options.update(changes)
        path = os.path.join(self.folder, "sshd_config")
        write(path, "".join("%s %s\n" % item for item in options.items()))
        os.makedirs("/run/sshd", exist_ok=True)
        mark = self.log.mark()
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", path],
                                        stdin=subprocess.DEVNULL)
        if self.log.wait(mark, "^Server listening on ", 10) is None:
            raise RuntimeError("sshd did not start: sshd -t -f %s says why" % path)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None


class Login:
    """What one run of ssh did. `lines` are the module's log lines, `log` all entries."""

    def __init__(self, status, output, errors, prompts, seconds, log):
        self.status = status
        self.output = output
        self.errors = errors
        self.prompts = prompts
        self.seconds = seconds
        self.log = log
        self.lines = [e["message"] for e in log
                      if re.match(r"pam_auth0jwt\([^)]*\): ", e["message"])]

    def decisions(self):
        return [line for line in self.lines if re.search(r": (accept|refuse) ", line)]

    def reason(self):
        found = [re.search(r" reason=(\w+)", line) for line in self.decisions()]
        found = [match[1] for match in found if match]
        return found[0] if len(found) == 1 else found or None

    def level(self):
        levels = [e["level"] for e in self.log if re.search(r": (accept|refuse) ", e["message"])]
        return levels[0] if len(levels) == 1 else levels

    def field(self, name):
        match = re.search(r' %s=("[^"]*"|\S+)' % name, "\n".join(self.decisions()))
        return match[1].strip('"') if match else None

    def said(self, text):
        """Is there such a text in the log, whoever wrote it?"""
        return any(text in entry["message"] for entry in self.log)

    def describe(self):
        return "exit %s in %.1f s, prompts %r\n  output %r\n  errors %r\n  log:\n    %s" % (
            self.status, self.seconds, self.prompts, self.output, self.errors,
            "\n    ".join("%s %s" % (e["level"], e["message"]) for e in self.log))


class Ssh:
    """The stock client. Answers come from an askpass program, keys from a file."""

    def __init__(self, sshd, log):
        self.sshd = sshd
        self.log = log
        self.key = os.path.join(sshd.folder, "user_key")
        if not os.path.exists(self.key):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key)

    def authorize(self, account):
        home = os.path.expanduser("~" + account)
        write(home + "/.ssh/authorized_keys", read(self.key + ".pub"), 0o600)
        os.chmod(home + "/.ssh", 0o700)
        run("chown", "-R", account + ":", home + "/.ssh")

    def start(self, user, plan, methods="keyboard-interactive", tries=1, command="echo in as $USER"):
        folder = tempfile.mkdtemp(prefix="ssh.")
        prompts = os.path.join(folder, "prompts")
        write(os.path.join(folder, "plan"), json.dumps(plan), 0o600)
        environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8",
                       "SSH_ASKPASS": ASKPASS, "SSH_ASKPASS_REQUIRE": "force",
                       "ASKPASS_PLAN": os.path.join(folder, "plan"), "ASKPASS_PROMPTS": prompts,
                       "PYTHONDONTWRITEBYTECODE": "1"}
        options = {"Port": self.sshd.port, "PreferredAuthentications": methods,
                   "NumberOfPasswordPrompts": tries, "StrictHostKeyChecking": "yes",
                   "UserKnownHostsFile": os.path.join(self.sshd.folder, "known_hosts"),
                   "IdentitiesOnly": "yes", "ConnectTimeout": 10, "LogLevel": "INFO",
                   "IdentityFile": self.key if "publickey" in methods else "/dev/null",
                   "PubkeyAuthentication": "yes" if "publickey" in methods else "no"}
        argv = ["ssh", "-F", "none", "-T"]
        for item in options.items():
            argv += ["-o", "%s=%s" % item]
        mark, begin = self.log.mark(), time.monotonic()
        process = subprocess.Popen(argv + ["%s@127.0.0.1" % user, command], env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        return process, folder, mark, begin

    def finish(self, started, timeout=60):
        process, folder, mark, begin = started
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            errors += "\nssh was ended after %d s" % timeout
        seconds = time.monotonic() - begin
        self.settle(mark)
        prompts_file = os.path.join(folder, "prompts")
        prompts = []
        if os.path.exists(prompts_file):
            prompts = [json.loads(line) for line in read(prompts_file).splitlines()]
        shutil.rmtree(folder)
        return Login(process.returncode, output, errors, prompts, seconds, self.log.since(mark))

    def settle(self, mark):
        """sshd's last words come a little after ssh has gone."""
        last = -1
        self.log.wait(mark, r"^(Connection closed|Disconnected|Received disconnect|"
                            r"Connection reset|pam_unix\(sshd:session\): session closed)", 1.0)
        while last != self.log.mark():
            last = self.log.mark()
            time.sleep(0.05)

    def login(self, user, answer, **more):
        """One login. answer is a text (given at each prompt) or a list of texts."""
        answers = [answer] if isinstance(answer, str) else list(answer)
        return self.finish(self.start(user, {"answers": answers}, **more))

    def login_in_parts(self, user, token, **more):
        return self.finish(self.start(user, {"token": token}, **more))


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
