#!/usr/bin/python3
"""Does the test tenant do what the tests believe? Runs as anybody, on a free port.

SPDX-License-Identifier: Apache-2.0
"""

import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time

import jwt

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import client  # noqa: E402

AUDIENCE = "https://login.example.com"
JWKS = "/.well-known/jwks.json"
DISCOVERY = "/.well-known/openid-configuration"
failures = []


def check(condition, what):
    print("%s - %s" % ("ok" if condition else "not ok", what), flush=True)
    if not condition:
        failures.append(what)


def fetch(tenant, path, timeout=10):
    """Status, headers and body, or the error's name."""
    connection = http.client.HTTPSConnection("localhost", tenant.facts["port"], timeout=timeout,
                                             context=tenant.context)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__, {}, b""
    finally:
        connection.close()


def published(tenant, token):
    """The key in the set that this token names."""
    kid = jwt.get_unverified_header(token)["kid"]
    for key in json.loads(fetch(tenant, JWKS)[2])["keys"]:
        if key["kid"] == kid:
            return jwt.PyJWK(key).key
    return None


def read(tenant, token, alg="RS256"):
    return jwt.decode(token, published(tenant, token), [alg], audience=AUDIENCE,
                      issuer=tenant.issuer)


def check_documents(tenant):
    document = json.loads(fetch(tenant, DISCOVERY)[2])
    check(document["issuer"] == tenant.issuer, "discovery names the issuer")
    check(document["jwks_uri"] == tenant.issuer + JWKS[1:], "discovery names the key set")
    keys = json.loads(fetch(tenant, JWKS)[2])["keys"]
    check(len(keys) == 2 and all(key["use"] == "sig" for key in keys), "current and next key")
    check(fetch(tenant, "/nothing")[0] == 404, "an unknown path")


def check_tokens(tenant):
    claims = read(tenant, tenant.token("auth0|x", permissions=["a", "b"]))
    check(claims["permissions"] == ["a", "b"] and "azp" in claims and "jti" not in claims,
          "a user's token, Auth0 profile")
    token = tenant.token("auth0|x", profile="rfc9068")
    claims = read(tenant, token)
    check(jwt.get_unverified_header(token)["typ"] == "at+jwt" and "client_id" in claims
          and "jti" in claims and "azp" not in claims, "a user's token, RFC 9068 profile")
    claims = read(tenant, tenant.machine_token())
    check(claims["gty"] == "client-credentials" and claims["sub"].endswith("@clients"),
          "a machine's token")
    claims = read(tenant, tenant.token("x", claims={"azp": None, "org_id": "org_1"}))
    check("azp" not in claims and claims["org_id"] == "org_1", "claims put in and taken out")
    check(len(tenant.token("x", size=4000)) == 4000, "a token of a given size")
    for alg in ("ES256", "ES384", "ES512", "EdDSA"):
        tenant.call("/test/key", {"alg": alg})
        check(read(tenant, tenant.token("x", alg=alg), alg)["sub"] == "x", "a token with " + alg)
    check(read(tenant, tenant.token("x", alg="PS256"), "PS256")["sub"] == "x", "one with PS256")


def check_refusals(tenant):
    for what, body in (("a wrong secret", {"grant_type": "client_credentials", "client_id": "a",
                                           "client_secret": "b", "audience": AUDIENCE}),
                       ("an unknown grant", {"grant_type": "password"}),
                       ("a user without sub", {"grant_type": "urn:test:user"})):
        try:
            tenant.call("/oauth/token", body)
            check(False, what)
        except client.TenantError:
            check(True, what)


def check_keys(tenant):
    token = tenant.token("x")
    kid = tenant.current_kid()
    tenant.rotate()
    check(published(tenant, token) is not None, "a previous key stays in the set")
    tenant.revoke()
    check(published(tenant, token) is None, "a revoked key is gone")
    again = tenant.token("x", kid=kid)
    check(jwt.get_unverified_header(again)["kid"] == kid, "and can still sign")
    fresh = tenant.token("x")
    check(read(tenant, fresh)["sub"] == "x", "the next key has become current")


def check_counters(tenant):
    tenant.requests(reset=True)
    fetch(tenant, JWKS)
    fetch(tenant, JWKS)
    tenant.keys()
    check(tenant.requests()["paths"] == {JWKS: 2}, "requests are counted, the tests' own are not")


def check_faults(tenant):
    whole = len(fetch(tenant, JWKS)[2])
    expected = {
        "html": lambda s, h, b: s == 200 and h["Content-Type"] == "text/html",
        "500": lambda s, h, b: s == 500,
        "huge": lambda s, h, b: s == 200 and len(b) == 300 * 1024,
        "half": lambda s, h, b: s == "IncompleteRead",
        "redirect": lambda s, h, b: s == 302 and "Location" in h,
        "close": lambda s, h, b: isinstance(s, str),
        "hang": lambda s, h, b: s in ("TimeoutError", "timeout"),
        "drip": lambda s, h, b: isinstance(s, str),
        "no_keys": lambda s, h, b: json.loads(b) == {"keys": []},
    }
    for kind, holds in expected.items():
        tenant.fault(kind, path=JWKS, count=1, seconds=1.5)
        check(holds(*fetch(tenant, JWKS, timeout=1)), "fault " + kind)
        check(len(fetch(tenant, JWKS)[2]) == whole, "once only: " + kind)
    begin = time.monotonic()
    tenant.fault("slow", count=1, seconds=0.5)
    check(fetch(tenant, JWKS)[0] == 200 and time.monotonic() - begin > 0.5, "fault slow")
    for kind, member in (("wrong_issuer", "issuer"), ("other_host", "jwks_uri"),
                         ("plain_http", "jwks_uri"), ("no_jwks_uri", "jwks_uri")):
        before = json.loads(fetch(tenant, DISCOVERY)[2])
        tenant.fault(kind, path=DISCOVERY, count=1)
        after = json.loads(fetch(tenant, DISCOVERY)[2])
        check(after.get(member) != before[member], "fault " + kind)


def check_mint(tenant):
    argv = [sys.executable, os.path.join(HERE, "mint.py"), "--tenant", tenant.folder]
    token = subprocess.run(argv + ["--sub", "auth0|x", "--permission", "p", "--claim", "n=1"],
                           check=True, capture_output=True, text=True).stdout.strip()
    claims = read(tenant, token)
    check(claims["permissions"] == ["p"] and claims["n"] == 1, "mint.py")
    shown = subprocess.run(argv + ["--machine", "--decode"], check=True, capture_output=True,
                           text=True).stdout
    check('"gty": "client-credentials"' in shown, "mint.py --machine --decode")


def main():
    with tempfile.TemporaryDirectory() as folder:
        process, tenant = client.start(folder)
        try:
            for part in (check_documents, check_tokens, check_refusals, check_keys, check_counters,
                         check_faults, check_mint):
                part(tenant)
            token, port = tenant.token("x"), tenant.facts["port"]
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
        check(fetch(tenant, JWKS)[0] == "ConnectionRefusedError", "a stopped tenant is silent")
        process, tenant = client.start(folder)
        try:
            check(tenant.facts["port"] == port and read(tenant, token)["sub"] == "x",
                  "started again: the same port and keys")
            stranger = ssl.create_default_context()
            tenant.context = stranger
            check(fetch(tenant, JWKS)[0] == "SSLCertVerificationError",
                  "nobody else vouches for its certificate")
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
