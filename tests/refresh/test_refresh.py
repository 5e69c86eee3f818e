#!/usr/bin/python3
"""auth0jwt-refresh against the HTTPS tenant of tests/tenant and servers that are worse: what it
fetches, what it refuses, whom it trusts.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from odd_server import OddServer  # noqa: E402
from refresh_case import (  # noqa: E402
    DISCOVERY, JWKS, PROGRAM, check, check_equal, check_in, main, mode)


# ---- the usual course ---------------------------------------------------

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
    case = world.case(fetch_timeout="20")
    case.tenant.fault("slow", path=JWKS, seconds=4)
    case.run("--detach")
    check(not os.path.exists(case.keys), "it waited")
    end = time.monotonic() + 30
    while not os.path.exists(case.keys) and time.monotonic() < end:
        time.sleep(0.05)
    case.cached()


# ---- what is no key set leaves the old one ---------------------------------------------------

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
    check_in("larger than 262144", case.run(expect=1).stderr)
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
    forged = r'{"keys":[{"unusable":"\u001b]0;x\u0007\nauth0jwt-refresh: tenant main: 2 keys"}]}'
    refused(world, "body", JWKS, r'the first: "\x1b]0;x\x07\x0aauth0jwt-refresh', body=forged)
    refused(world, "many_keys", JWKS, "has 80 keys, more than 64")
    for body in ("[]", "null", '{"keys":{}}', '{"keys":[]} x', "{}", "", "\x00", "\udcff",
                 '{"keys":[],"keys":[]}', "[" * 100000):
        refused(world, "body", JWKS, "answer is", body=body)


def test_silence(world):
    """Discovery and keys together take fetch_timeout, however they are spread."""
    for kind, path in (("hang", JWKS), ("hang", DISCOVERY), ("drip", JWKS)):
        refused(world, kind, path, "in time", seconds=6,
                options={"fetch_timeout": "2", "connect_timeout": "2"})
    case = world.case(fetch_timeout="2", connect_timeout="2")
    # Where each of the two had fetch_timeout, both would be answered.
    case.tenant.fault("slow", seconds=1.4)
    check_in("in time", case.run(expect=1).stderr)


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


# ---- whom it trusts ---------------------------------------------------

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


def test_an_untrusted_server_leaves_the_keys(world):
    case = world.case()
    case.run()
    before = case.snapshot()
    for ca_file in (world.authority.ca_file, None):
        case.configure(ca_file=ca_file)
        result = case.run("--force", expect=1)
        check_in("not trusted", result.stderr)
        check_in("old keys kept", result.stderr)
        check_equal(case.snapshot(), before)
    check_equal(case.requests(), {DISCOVERY: 1, JWKS: 1})


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


if __name__ == "__main__":
    sys.exit(main(globals()))
