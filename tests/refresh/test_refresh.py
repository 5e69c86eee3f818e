#!/usr/bin/python3
"""auth0jwt-refresh as built, against the HTTPS tenant of tests/tenant and servers that are worse.

Runs as root (then the fetching child must have become another user) and as anybody else.

SPDX-License-Identifier: Apache-2.0
"""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "tenant"))
import client as tenant_client  # noqa: E402
from odd_server import Authority, OddServer  # noqa: E402

PROGRAM = os.path.join(os.environ.get("top_builddir", os.getcwd()), "auth0jwt-refresh")
DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/.well-known/jwks.json"


class World:
    """One tenant for all cases; a configuration and a cache of its own for each."""

    def __init__(self):
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


# ---- the usual course ------------------------------------------------------------------------------

def test_discovery_and_keys(world):
    case = world.case()
    before = int(time.time())
    result = case.run()
    cached = case.cached()
    check_equal(cached["issuer"], case.tenant.issuer)
    check_equal(cached["jwks_uri"], case.tenant.issuer.rstrip("/") + JWKS)
    check_equal({key["kid"] for key in cached["keys"]},
                {key["kid"] for key in case.tenant.keys() if key["state"] != "revoked"})
    check(before <= cached["fetched"] <= time.time())
    check_equal(cached["checked"], cached["fetched"])
    check(cached["etag"].startswith('"'), cached["etag"])
    check(abs(cached["date_skew"]) <= 2, cached["date_skew"])
    check_equal(case.requests(), {DISCOVERY: 1, JWKS: 1})
    check_equal(mode(case.keys), 0o644)
    check_equal(mode(case.state), 0o600)
    check_equal(mode(os.path.join(case.cache, "main.lock")), 0o600)
    check_equal(sorted(os.listdir(case.cache)), ["main.keys", "main.lock", "main.state"])
    noted = case.noted()
    check_equal((noted["failures"], noted["last_error"]), (0, ""))
    check_in(cached["jwks_uri"], result.stdout)
    check_equal(result.stderr, "")


def test_pinned_address_needs_no_discovery(world):
    case = world.case(jwks_uri=world.tenant.issuer.rstrip("/") + JWKS)
    case.run()
    check_equal(case.requests(), {JWKS: 1})


def test_jwks_file_asks_nobody(world):
    case = world.case()
    path = os.path.join(case.folder, "keys.json")
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write('{"keys":[]}')
    case.configure(jwks_file=path)
    check_in("jwks_file", case.run().stdout)
    check_equal(case.requests(), {})
    check_equal(os.listdir(case.cache), [])


def test_fresh_keys_are_left_alone(world):
    case = world.case(key_refresh="600")
    case.run()
    check_in("fresh", case.run().stdout)
    case.age(530)
    case.run()
    check_equal(case.requests()[JWKS], 1)
    case.age(11)
    case.run()
    check_equal(case.requests()[JWKS], 2)
    check(case.cached()["checked"] > time.time() - 60)


def test_force(world):
    case = world.case()
    case.run()
    case.run("--force")
    check_equal(case.requests()[JWKS], 2)


def test_damaged_cache_is_healed(world):
    case = world.case()
    case.run()
    data = bytearray(case.snapshot())
    data[len(data) // 2] ^= 1
    with open(case.keys, "wb") as file:
        file.write(data)
    case.run()
    case.cached()
    check_equal(case.requests()[JWKS], 2)


def test_quiet_says_nothing(world):
    result = world.case().run("--quiet")
    check_equal((result.stdout, result.stderr), ("", ""))


def test_umask_does_not_matter(world):
    for umask in (0, 0o777):
        case = world.case()
        case.run(preexec_fn=lambda: os.umask(umask))
        check_equal(mode(case.keys), 0o644)
        check_equal(mode(case.state), 0o600)
        check_equal(mode(os.path.join(case.cache, "main.lock")), 0o600)


def test_closed_descriptors_and_ignored_signals(world):
    case = world.case()

    def spoil():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGCHLD})
        for number in (0, 1, 2):
            os.close(number)

    child = os.fork()
    if child == 0:
        spoil()
        os.execv(PROGRAM, [PROGRAM, "--config", case.conf])
    check_equal(os.waitpid(child, 0)[1], 0)
    case.cached()


def test_environment_does_not_count(world):
    case = world.case()
    hostile = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
               "ALL_PROXY": "http://127.0.0.1:9", "SSL_CERT_FILE": "/dev/null",
               "SSL_CERT_DIR": "/nowhere", "CURL_CA_BUNDLE": "/dev/null",
               "OPENSSL_CONF": "/nowhere/openssl.cnf",
               "SSLKEYLOGFILE": os.path.join(case.folder, "keylog"),
               "HOME": case.folder, "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8"}
    with open(os.path.join(case.folder, ".netrc"), "w", encoding="utf-8") as file:
        file.write("machine localhost login someone password something\n")
    case.run(env=hostile)
    check(not os.path.exists(os.path.join(case.folder, "keylog")))
    check_equal(case.requests(), {DISCOVERY: 1, JWKS: 1})


def test_detach(world):
    case = world.case()
    case.tenant.fault("slow", path=JWKS, seconds=0.5)
    begin = time.monotonic()
    case.run("--detach")
    check(time.monotonic() - begin < 0.4, "it waited")
    end = time.monotonic() + 10
    while not os.path.exists(case.keys) and time.monotonic() < end:
        time.sleep(0.05)
    case.cached()


# ---- what is no key set leaves the old one -----------------------------------------------------------

def refused(world, kind, path, *texts, options=None, **fault):
    """The fault is reported with the address, exits 1, and leaves the keys as they were."""
    case = world.case(**(options or {}))
    case.run()
    before = case.snapshot()
    case.tenant.fault(kind, path=path, **fault)
    result = case.run("--force", expect=1)
    check_equal(case.snapshot(), before)
    check_in("old keys kept", result.stderr)
    url = case.tenant.issuer.rstrip("/") + path
    for text in (url,) + texts:
        check_in(text, result.stderr)
    check_equal(len(result.stderr.strip().split("\n")), 1)
    check_in(url, case.noted()["last_error"])
    check_equal(case.noted()["failures"], 1)
    check_equal(sorted(os.listdir(case.cache)), ["main.keys", "main.lock", "main.state"])
    case.tenant.fault("none")
    case.run("--force")
    check_equal(case.noted()["failures"], 0)
    check_equal(case.noted()["last_error"], "")


def test_html(world):
    refused(world, "html", JWKS, "answer is HTML, not a JSON key set")
    refused(world, "html", DISCOVERY, "answer is HTML, not a JSON discovery document")


def test_wrong_issuer(world):
    issuer = world.tenant.issuer
    for other in ("https://other.example.com/", issuer.rstrip("/"), issuer + "/", issuer.upper(),
                  issuer.replace("https", "http"), "", issuer + "\u202e\x1b[2J"):
        refused(world, "wrong_issuer", DISCOVERY, "byte for byte", issuer=other)


def test_jwks_uri_elsewhere(world):
    port = world.tenant.facts["port"]
    for other in ("https://other.example.com/.well-known/jwks.json",
                  "https://localhost:%d/jwks.json" % (port + 1), "https://localhost/jwks.json",
                  "http://localhost:%d/jwks.json" % port, "https://user@localhost:%d/" % port,
                  "https://localhost:%d@other.example.com/" % port,
                  "https://localhost:%d\\@other.example.com/" % port,
                  "https://localhost:%d#@other.example.com/" % port,
                  "https://localhost.other.example.com:%d/" % port,
                  "https://127.0.0.1:%d/jwks.json" % port, "file:///etc/passwd", "", "/jwks.json",
                  "https://localhost:%d/a b" % port, "https://localhost:%d/\r\nX: y" % port):
        refused(world, "other_host", DISCOVERY, "configure it as jwks_uri", jwks_uri=other)
    refused(world, "plain_http", DISCOVERY, "not https on the issuer's host")
    refused(world, "no_jwks_uri", DISCOVERY, "names no jwks_uri")


def test_host_name_in_other_case_and_query_are_fine(world):
    case = world.case()
    case.tenant.fault("other_host", path=DISCOVERY, jwks_uri="https://LOCALHOST:%d%s?p=1" % (
        case.tenant.facts["port"], JWKS))
    case.run()
    check_equal(case.requests(), {DISCOVERY: 1, JWKS: 1})


def test_huge(world):
    refused(world, "huge", JWKS, "larger than 262144 bytes")
    refused(world, "huge", DISCOVERY, "larger than 262144 bytes")
    refused(world, "huge", JWKS, "larger than 262144 bytes", size=20 << 20)


def test_huge_without_a_length(world):
    """A body that does not say how long it is, is cut off all the same."""
    certificate = world.authority.certificate("localhost")
    server = OddServer(certificate)
    endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b" " * 300000

    def answer(connection):
        try:
            connection = server.context.wrap_socket(connection, server_side=True)
            connection.recv(4096)
            while True:
                connection.sendall(endless)
        except OSError:
            connection.close()

    server._answer = answer
    case = world.case(ca_file=world.authority.ca_file,
                      jwks_uri="https://localhost:%d/keys" % server.port)
    begin = time.monotonic()
    check_in("larger than 262144", case.run(expect=1).stderr)
    check(time.monotonic() - begin < 4)
    server.close()


def test_redirect(world):
    for status in (301, 302, 303, 307, 308):
        refused(world, "redirect", JWKS, "redirect", "not followed", status=status)
    refused(world, "redirect", DISCOVERY, "redirect", location="file:///etc/passwd")


def test_status(world):
    for status in (500, 503, 404, 403, 204, 206, 304):
        refused(world, "status", JWKS, str(status), status=status)
    refused(world, "status", JWKS, "fewer requests", status=429)


def test_half_body(world):
    refused(world, "half", JWKS, "broke off")
    refused(world, "close", JWKS, "broke off")


def test_no_usable_key(world):
    refused(world, "no_keys", JWKS, "empty")
    weak = '{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"AA"}]}'
    refused(world, "body", JWKS, "none of the 2 keys can be used", body=weak)
    refused(world, "many_keys", JWKS, "has 80 keys, more than 64")
    for body in ("[]", "null", '{"keys":{}}', '{"keys":[]} x', "{}", "", "\x00", "\udcff",
                 '{"keys":[],"keys":[]}', "[" * 100000):
        refused(world, "body", JWKS, "answer is", body=body)


def test_silence(world):
    """Discovery and keys together take fetch_timeout, however they are spread."""
    for kind, path in (("hang", JWKS), ("hang", DISCOVERY), ("drip", JWKS)):
        begin = time.monotonic()
        refused(world, kind, path, "in time", options={"fetch_timeout": "1", "connect_timeout": "1"},
                seconds=3)
        check(time.monotonic() - begin < 4)
    case = world.case(fetch_timeout="1", connect_timeout="1")
    case.tenant.fault("slow", seconds=0.7)
    begin = time.monotonic()
    check_in("in time", case.run(expect=1).stderr)
    check(time.monotonic() - begin < 2)


def test_one_bad_key_does_not_spoil_the_others(world):
    case = world.case()
    case.run()
    keys = case.cached()["keys"]
    case.tenant.fault("body", path=JWKS, body=json.dumps({"keys": [
        {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"}, {"kid": 7}, None, keys[0]]}))
    case.run("--force")
    found = case.cached()["keys"]
    check_equal(len(found), 4)
    check_equal(found[3], keys[0])
    check_in("unusable", found[0])
    check("n" not in found[0])


# ---- whom it trusts --------------------------------------------------------------------------------

def untrusted(world, server, text, ca_file=None):
    url = "https://localhost:%d/keys" % server.port
    case = world.case(ca_file=ca_file or world.authority.ca_file, jwks_uri=url)
    result = case.run(expect=1)
    check_in(url, result.stderr)
    check_in(text, result.stderr)
    check_in("no keys are cached", result.stderr)
    check_equal(server.requests, 0)
    check(not os.path.exists(case.keys))
    server.close()


def test_wrong_authority(world):
    certificate = world.authority.certificate("localhost")
    untrusted(world, OddServer(certificate), "not trusted", world.tenant.ca_file)


def test_system_authorities_do_not_know_it(world):
    case = world.case(ca_file=None)
    check_in("not trusted", case.run(expect=1).stderr)
    check_equal(case.requests(), {})


def test_wrong_host_name(world):
    untrusted(world, OddServer(world.authority.certificate("other.example.com")), "not trusted")


def test_expired_certificate(world):
    untrusted(world, OddServer(world.authority.certificate("localhost", -40, -1)), "expired")
    untrusted(world, OddServer(world.authority.certificate("localhost", 5, 40)), "not yet valid")


def test_old_tls(world):
    server = OddServer(world.authority.certificate("localhost"), maximum=ssl.TLSVersion.TLSv1_1)
    untrusted(world, server, "not trusted")


def test_no_tls(world):
    untrusted(world, OddServer(None), "not trusted")


def test_nobody_there(world):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    case = world.case(jwks_uri="https://localhost:%d/keys" % port)
    check_in("no connection", case.run(expect=1).stderr)
    case = world.case(issuer="https://nobody.invalid/")
    check_in("cannot be resolved", case.run(expect=1).stderr)


def test_good_certificate_of_the_other_authority(world):
    case = world.case()
    case.run()
    keys = json.dumps({"keys": case.cached()["keys"]}).encode()
    server = OddServer(world.authority.certificate("localhost"), keys)
    case = world.case(ca_file=world.authority.ca_file,
                      jwks_uri="https://localhost:%d/keys" % server.port)
    case.run()
    check_equal(server.requests, 1)
    server.close()


def test_ca_file(world):
    case = world.case()
    for content, text in (("", "empty"), ("no certificate\n", "not")):
        path = os.path.join(case.folder, "ca.pem")
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
        case.configure(ca_file=path)
        result = subprocess.run([PROGRAM, "--config", case.conf], capture_output=True, text=True)
        check(result.returncode in (1, 2), result.returncode)
        check_in(text, result.stderr)
    os.chmod(path, 0o666)
    check_in(path, case.run(expect=2).stderr)
    check_equal(case.requests(), {})


# ---- unknown kids, locks, stamps ---------------------------------------------------------------------

def test_unknown_kid_cooldown(world):
    case = world.case(unknown_kid_cooldown="30")
    case.run()
    case.run("--unknown-kid")
    check_equal(case.requests()[JWKS], 2)
    check_equal(case.noted()["unknown_kid_misses"], 1)
    for _ in range(5):
        case.run("--unknown-kid", expect=3)
    check_equal(case.requests()[JWKS], 2)

    def earlier(seconds):
        case.rewrite(case.state, "auth0jwt-state", lambda document: document.update(
            last_unknown_kid_attempt=document["last_unknown_kid_attempt"] - seconds))

    earlier(31)
    case.run("--unknown-kid", expect=3)
    earlier(31)
    case.run("--unknown-kid")
    check_equal(case.requests()[JWKS], 3)
    check_equal(case.noted()["unknown_kid_misses"], 2)
    case.tenant.rotate()
    earlier(130)
    case.run("--unknown-kid")
    check_equal(case.noted()["unknown_kid_misses"], 0)
    check_in(case.tenant.current_kid(), [key["kid"] for key in case.cached()["keys"]])


def test_failed_unknown_kid_attempts_count(world):
    case = world.case()
    case.run()
    case.tenant.fault("500", path=JWKS)
    case.run("--unknown-kid", expect=1)
    case.run("--unknown-kid", expect=3)
    check_equal(case.requests()[JWKS], 2)


def test_many_unknown_kids_make_one_fetch(world):
    case = world.case()
    case.run()
    case.tenant.rotate()
    case.tenant.fault("slow", path=JWKS, seconds=0.5)
    processes = [case.start("--unknown-kid") for _ in range(12)]
    statuses = [process.wait() for process in processes]
    for process in processes:
        process.stderr.close()
    check_equal(case.requests()[JWKS], 2)
    check_in(0, statuses)
    check(set(statuses) <= {0, 3}, statuses)


def test_a_cold_cache_makes_one_fetch(world):
    case = world.case()
    case.tenant.fault("slow", path=JWKS, seconds=0.5)
    processes = [case.start() for _ in range(15)]
    statuses = [process.wait() for process in processes]
    for process in processes:
        process.stderr.close()
    check_equal(statuses, [0] * 15)
    check_equal(case.requests(), {DISCOVERY: 1, JWKS: 1})


def test_a_cold_cache_and_no_answer_make_one_fetch(world):
    case = world.case()
    case.tenant.fault("slow", path=DISCOVERY, seconds=0.5, count=1)
    case.tenant.fault("500", path=JWKS)
    processes = [case.start() for _ in range(6)]
    statuses = [process.wait() for process in processes]
    for process in processes:
        process.stderr.close()
    check_equal(statuses, [1] * 6)
    check_equal(case.requests()[JWKS], 1)


def test_lock(world):
    case = world.case(fetch_timeout="2", connect_timeout="1")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    holder = case.start()
    end = time.monotonic() + 5
    while case.requests().get(JWKS) is None and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(holder.pid, signal.SIGSTOP)
    begin = time.monotonic()
    result = case.run(expect=4)
    check(1.9 <= time.monotonic() - begin < 4)
    check_in("still running", result.stderr)
    os.kill(holder.pid, signal.SIGCONT)
    check_equal(holder.wait(), 1)
    holder.stderr.close()


def test_attempt_is_stamped_before_the_fetch(world):
    case = world.case(fetch_timeout="10")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    process = case.start("--unknown-kid")
    end = time.monotonic() + 5
    while case.requests().get(JWKS) is None and time.monotonic() < end:
        time.sleep(0.02)
    process.kill()
    check_equal(process.wait(), -signal.SIGKILL)
    process.stderr.close()
    noted = case.noted()
    check(noted["last_unknown_kid_attempt"] >= time.time() - 10)
    check_equal(noted["failures"], 1)
    check_in("did not come to its end", noted["last_error"])
    case.run("--unknown-kid", expect=3)


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_child_dies_with_its_parent(world):
    case = world.case(fetch_timeout="20")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    process = case.start()
    end = time.monotonic() + 5
    while case.requests().get(JWKS) is None and time.monotonic() < end:
        time.sleep(0.02)
    children = children_of(process.pid)
    check_equal(len(children), 1)
    process.kill()
    process.wait()
    process.stderr.close()
    end = time.monotonic() + 5
    while alive(children[0]) and time.monotonic() < end:
        time.sleep(0.02)
    check(not alive(children[0]), "the child lives on")


# ---- what the child may do -----------------------------------------------------------------------------

def connection_uids(port):
    """Owners of the client ends of connections to the port."""
    uids = set()
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(name, encoding="ascii") as file:
            for line in file.readlines()[1:]:
                words = line.split()
                if int(words[2].rsplit(":", 1)[1], 16) == port and words[3] == "01":
                    uids.add(int(words[7]))
    return uids


def read_status(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_child_has_no_privileges(world):
    case = world.case(fetch_timeout="20")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    begin = time.monotonic()
    process = case.start()
    while case.requests().get(JWKS) is None and time.monotonic() < begin + 5:
        time.sleep(0.02)
    child = children_of(process.pid)[0]
    status = read_status(child)
    uids = status["Uid"].split()
    port = case.tenant.facts["port"]
    with open("/proc/%d/net/tcp" % os.getpid(), encoding="ascii") as file:
        check(file.readline())
    owners = connection_uids(port)
    with open("/proc/%d/limits" % child, encoding="ascii") as file:
        limits = file.read()
    process.kill()
    process.wait()
    process.stderr.close()
    check_equal(status["NoNewPrivs"], "1")
    check_equal(len(set(uids)), 1)
    check_equal(len(set(status["Gid"].split())), 1)
    if os.geteuid() == 0:
        check(uids[0] != "0", "the child is root")
        check(status["Gid"].split()[0] != "0", "the child has root's group")
        check_equal(status["Groups"].strip(), "")
        for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
            check_equal(int(status[name], 16), 0)
        check_in(int(uids[0]), owners)
        check_equal(owners - {int(uids[0]), os.geteuid()}, set())
    check(re.search(r"Max core file size +0 +0 ", limits), limits)
    check(re.search(r"Max file size +0 +0 ", limits), limits)


def test_child_holds_nothing_open(world):
    case = world.case(fetch_timeout="20")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    process = case.start()
    end = time.monotonic() + 5
    while case.requests().get(JWKS) is None and time.monotonic() < end:
        time.sleep(0.02)
    child = children_of(process.pid)[0]
    try:
        targets = [os.readlink("/proc/%d/fd/%s" % (child, name))
                   for name in os.listdir("/proc/%d/fd" % child)]
    except PermissionError:
        # Not dumpable: for anybody but root its descriptors are out of sight, as they should be.
        check(os.geteuid() != 0)
        targets = []
    process.kill()
    process.wait()
    process.stderr.close()
    for target in targets:
        check(target == "/dev/null" or target.startswith(("socket:", "anon_inode:", "pipe:")),
              target)


def test_privileges_go_before_the_network(world):
    """No socket but the one to the parent, and no look at certificates, before the ids are gone."""
    if os.geteuid() != 0 or shutil.which("strace") is None:
        # Without root nothing is given up; the order itself is checked by the confinement's unit
        # test and, by the ids of the connection, above.
        return
    case = world.case()
    trace = os.path.join(case.folder, "trace")
    subprocess.run(["strace", "-f", "-o", trace, "-e",
                    "trace=setgroups,setresgid,setresuid,setuid,socket,connect,prctl", PROGRAM,
                    "--config", case.conf, "--force"], check=True, capture_output=True, timeout=60)
    with open(trace, encoding="utf-8", errors="replace") as file:
        calls = [line.split(None, 1) for line in file]
    child = next(pid for pid, call in calls if call.startswith("setresuid"))
    names = [call.split("(")[0] for pid, call in calls if pid == child]
    order = [names.index(name) for name in ("setgroups", "setresgid", "setresuid", "setuid")]
    check_equal(order, sorted(order))
    check(names.index("socket") > names.index("setuid"), names)
    check(any("setuid(0)" in call and "EPERM" in call for pid, call in calls if pid == child))
    check(not any(call.startswith("connect") and "AF_INET" in call
                  for pid, call in calls if pid != child and "AF_INET" in call
                  and pid == calls[0][0]))


# ---- usage and configuration ---------------------------------------------------------------------------

def test_usage(world):
    case = world.case()
    for arguments in (["--nonsense"], ["word"], ["--tenant"], ["--force=yes"]):
        result = case.run(*arguments, expect=2)
        check_in("usage:", result.stderr)
        check_equal(result.stdout, "")
    check_in("no [tenant other]", case.run("--tenant", "other", expect=2).stderr)
    check_in("usage:", case.run("--help").stdout)
    check(re.match(r"auth0jwt-refresh \d+\.\d+", case.run("--version").stdout))
    check_equal(case.requests(), {})


def test_bad_configuration(world):
    case = world.case(nonsense="1")
    result = case.run(expect=2)
    check_in(case.conf + ":", result.stderr)
    os.unlink(case.conf)
    check_in(case.conf, case.run(expect=2).stderr)


def test_two_tenants(world):
    case = world.case()
    with open(case.conf, "a", encoding="utf-8") as file:
        file.write("\n[tenant other]\nissuer = https://localhost:9/\naudience = https://a.example\n"
                   "authorized_parties = *\n")
    result = case.run(expect=1)
    check_in("tenant other", result.stderr)
    case.cached()
    case.run("--tenant", "main")
    case.run("--tenant", "other", expect=1)


def test_cache_of_another_user(world):
    case = world.case()
    if os.geteuid() == 0:
        os.chmod(case.folder, 0o755)

        def become():
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)

        result = case.run(expect=2, preexec_fn=become)
    else:
        case.cache = "/etc"
        case.configure()
        result = case.run(expect=2)
    check_in("belongs to another user", result.stderr)
    check_in("cache_dir", result.stderr)
    check_equal(case.requests(), {})


def test_another_user_with_a_cache_of_its_own(world):
    if os.geteuid() != 0:
        case = world.case()
        case.run()
        check_equal(os.stat(case.keys).st_uid, os.geteuid())
        return
    case = world.case()
    os.chown(case.cache, 65534, 65534)

    def become():
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)

    case.run(preexec_fn=become)
    check_equal(os.stat(case.keys).st_uid, 65534)
    check_equal(mode(case.keys), 0o644)
    # To root it is now a folder of somebody else's.
    check_in("does not belong to root", case.run(expect=2).stderr)


def test_missing_cache_folder(world):
    case = world.case()
    os.rmdir(case.cache)
    if os.geteuid() == 0:
        case.run(preexec_fn=lambda: os.umask(0o777))
        check_equal(mode(case.cache), 0o755)
        case.cached()
    else:
        check_in("make it", case.run(expect=2).stderr)


def test_unsafe_cache(world):
    case = world.case()
    os.chmod(case.cache, 0o777)
    check_in(case.cache, case.run(expect=2).stderr)
    os.chmod(case.cache, 0o755)
    os.symlink("/etc/passwd", case.keys)
    check_in(case.keys, case.run(expect=2).stderr)
    os.unlink(case.keys)
    lock = os.path.join(case.cache, "main.lock")
    os.unlink(lock)
    os.symlink(os.path.join(case.folder, "target"), lock)
    check_in("main.lock", case.run(expect=2).stderr)
    check(not os.path.exists(os.path.join(case.folder, "target")))
    check_equal(case.requests(), {})


def test_readers_see_whole_files(world):
    """Read while it is replaced over and over: always one set or the other, never a part."""
    case = world.case()
    case.run()
    stop = threading.Event()
    failures = []
    reads = [0]

    def reader():
        while not stop.is_set():
            try:
                case.cached()
                reads[0] += 1
            except (AssertionError, ValueError, OSError) as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=reader) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        case.run("--force")
    stop.set()
    for thread in threads:
        thread.join()
    check(not failures, failures[:1])
    check(reads[0] > 20, reads)


def main():
    wanted = sys.argv[1:]
    names = [name for name in globals() if name.startswith("test_")]
    failed = 0
    ran = 0
    world = World()
    try:
        for name in names:
            if wanted and name not in wanted:
                continue
            ran += 1
            try:
                globals()[name](world)
                print("ok %s" % name, flush=True)
            except Exception:
                failed += 1
                print("not ok %s" % name, flush=True)
                traceback.print_exc(limit=-3, file=sys.stdout)
    finally:
        world.close()
    print("%d of %d passed" % (ran - failed, ran))
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
