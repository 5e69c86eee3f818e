#!/usr/bin/env python3
"""Tokens and key sets made by two implementations that are not ours, the jose command and PyJWT, for every
algorithm that each can make: accepted by `auth0jwtctl verify`, and refused when one character of the
signature, the key or the algorithm is another.

$AUTH0JWTCTL names the program, else it is in $top_builddir.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import json
import os
import subprocess
import sys
import tempfile

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CTL = os.environ.get("AUTH0JWTCTL") or os.path.join(os.environ.get("top_builddir") or os.getcwd(), "auth0jwtctl")
OURS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
NOW = 1800000000
CLAIMS = {
    "iss": "https://tenant.example/", "sub": "auth0|65f1c2a7d94e8b0012ab34cd",
    "aud": ["https://api.example/", "https://tenant.example/userinfo"], "exp": NOW + 60, "iat": NOW - 60,
    "azp": "client", "scope": "openid", "permissions": ["ssh:login", "mail:read"], "https://tenant.example/name": "Zoë 😀",
}
CONFIG = """[global]
accounts_file = {0}/accounts
revoked_file = {0}/revoked
state_dir = {0}
[tenant main]
issuer = https://tenant.example/
audience = https://api.example/
authorized_parties = *
algorithms = {1}
"""
# What the same kind of key can also be told to be.
SIBLINGS = {"RS256": "RS384", "RS384": "RS512", "RS512": "PS256", "PS256": "PS384", "PS384": "PS512", "PS512": "RS256",
            "ES256": "ES384", "ES384": "ES512", "ES512": "ES256", "EdDSA": "ES256"}

failures = 0
cases = 0


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Jose:
    """Debian's jose, the C implementation of the latchset project."""
    name = "jose"

    def __init__(self, folder):
        self.folder = folder
        known = self.run("alg", "-k", "sign").split()
        self.algs = [alg for alg in OURS if alg in known]

    def run(self, *arguments, stdin=None):
        return subprocess.run(["jose", *arguments], check=True, capture_output=True, text=True, input=stdin).stdout

    def key(self, alg):
        return self.run("jwk", "gen", "-i", json.dumps({"alg": alg, "kid": "key-1"}))

    def jwks(self, key):
        return json.loads(self.run("jwk", "pub", "-s", "-i", "-", stdin=key))

    def sign(self, alg, key):
        paths = [os.path.join(self.folder, name) for name in ("jose-payload", "jose-key")]
        for path, text in zip(paths, (json.dumps(CLAIMS), key)):
            with open(path, "w") as file:
                file.write(text)
        header = {"protected": {"alg": alg, "kid": "key-1", "typ": "JWT"}}
        return self.run("jws", "sig", "-I", paths[0], "-k", paths[1], "-s", json.dumps(header), "-c").strip()


class PyJWT:
    """python3-jwt on python3-cryptography."""
    name = "PyJWT"
    algs = list(OURS)

    def key(self, alg):
        if alg[:2] in ("RS", "PS"):
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if alg == "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        curve = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}[alg]
        while True:
            key = ec.generate_private_key(curve)
            numbers = key.public_key().public_numbers()
            # PyJWT 2.6 drops leading zeros of coordinates, which RFC 7518 section 6.2.1.2 forbids; half of the P-521 keys
            # have one. Only keys that it exports as the RFC says are of use here.
            if min(numbers.x, numbers.y).bit_length() > curve.key_size // 8 * 8 - 8 * (curve.key_size % 8 == 0):
                return key

    def jwks(self, key):
        family = (jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey)
                  else jwt.algorithms.OKPAlgorithm if isinstance(key, ed25519.Ed25519PrivateKey)
                  else jwt.algorithms.ECAlgorithm)
        return {"keys": [{**json.loads(family.to_jwk(key.public_key())), "kid": "key-1"}]}

    def sign(self, alg, key):
        return jwt.encode(CLAIMS, key, algorithm=alg, headers={"kid": "key-1", "typ": "at+jwt"})


class Verifier:
    def __init__(self, folder):
        self.folder = folder
        os.chmod(folder, 0o755)
        self.write("accounts", "")
        self.write("revoked", "")
        self.config = self.write("auth0jwt.conf", CONFIG.format(folder, " ".join(OURS)))
        self.one = {alg: self.write(f"only-{alg}.conf", CONFIG.format(folder, alg)) for alg in OURS}

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def verdict(self, token, jwks, config=None):
        keys = self.write("keys.json", json.dumps(jwks))
        done = subprocess.run([CTL, "verify", "--json", "--config", config or self.config, "--keys", keys, "--now", str(NOW), "-"],
                              input=token, capture_output=True, text=True)
        try:
            said = json.loads(done.stdout)
        except ValueError:
            sys.exit(f"not ok - auth0jwtctl ended with {done.returncode}: {done.stdout}{done.stderr}")
        if done.returncode != {"accept": 0, "reject": 1}.get(said["verdict"]):
            sys.exit(f"not ok - exit {done.returncode} does not fit {said}")
        return said


def expect(said, what, *reasons):
    """`reasons` are those that will do; accepted where there is none."""
    global failures, cases
    cases += 1
    good = said["verdict"] == "accept" if not reasons else said["verdict"] == "reject" and said["reason"] in reasons
    if not good:
        failures += 1
        print(f"not ok - {what}: {said}")


def with_header(token, **changes):
    header, rest = token.split(".", 1)
    fields = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    return b64(json.dumps({**fields, **changes}, separators=(",", ":")).encode()) + "." + rest


def without_alg(jwks):
    return {"keys": [{name: value for name, value in key.items() if name != "alg"} for key in jwks["keys"]]}


def try_algorithm(verifier, maker, alg):
    key, other = maker.key(alg), maker.key(alg)
    jwks, foreign = maker.jwks(key), maker.jwks(other)
    token = maker.sign(alg, key)
    what = f"{maker.name} {alg}"

    said = verifier.verdict(token, jwks)
    expect(said, f"{what} as it was made")
    if said["verdict"] == "accept":
        expect({"verdict": "accept"} if (said["subject"], said["kid"], said["alg"], said["permissions"]) ==
               (CLAIMS["sub"], "key-1", alg, CLAIMS["permissions"]) else said, f"{what}: what it says of the token")
    expect(verifier.verdict(token, jwks, verifier.one[alg]), f"{what} where only {alg} is allowed")
    expect(verifier.verdict(token, without_alg(jwks)), f"{what} with a key that names no alg")

    start, signature = token.rsplit(".", 1)
    for at in (0, 1, len(signature) // 2, len(signature) - 3):
        changed = signature[:at] + ("A" if signature[at] != "A" else "B") + signature[at + 1:]
        expect(verifier.verdict(f"{start}.{changed}", jwks), f"{what}, character {at} of the signature changed", "bad_signature")
    expect(verifier.verdict(f"{start}.", jwks), f"{what} without signature", "truncated")
    expect(verifier.verdict(token, foreign), f"{what} by another key", "bad_signature")

    sibling = SIBLINGS[alg]
    swapped = with_header(token, alg=sibling)
    expect(verifier.verdict(swapped, jwks), f"{what} called {sibling}", "bad_key", "bad_signature", "truncated")
    expect(verifier.verdict(swapped, without_alg(jwks)), f"{what} called {sibling}, key without alg",
           *(("bad_signature",) if alg[:2] in ("RS", "PS") else ("bad_key", "truncated")))
    expect(verifier.verdict(swapped, jwks, verifier.one[alg]), f"{what} called {sibling}, only {alg} allowed",
           "unsupported_alg", *(("truncated",) if sibling == "ES384" or sibling == "ES512" else ()))
    for none in ("none", "None", "HS256"):
        expect(verifier.verdict(with_header(token, alg=none), jwks), f"{what} called {none}", "unsupported_alg")
    expect(verifier.verdict(token, jwks, verifier.one[sibling]), f"{what} where only {sibling} is allowed", "unsupported_alg")


def try_secrets(verifier):
    """What PyJWT makes without a key or with the public key as the secret, and jose with a shared one."""
    key = PyJWT().key("RS256")
    jwks = PyJWT().jwks(key)
    expect(verifier.verdict(jwt.encode(CLAIMS, None, algorithm="none", headers={"kid": "key-1"}), jwks), "PyJWT none", "unsupported_alg")
    for secret in (jwks["keys"][0]["n"], json.dumps(jwks), "secret"):
        for alg in ("HS256", "HS384", "HS512"):
            token = jwt.encode(CLAIMS, secret, algorithm=alg, headers={"kid": "key-1"})
            expect(verifier.verdict(token, jwks), f"PyJWT {alg} with a public text as secret", "unsupported_alg")
    jose = Jose(verifier.folder)
    shared = jose.run("jwk", "gen", "-i", '{"alg":"HS256","kid":"key-1"}')
    token = jose.sign("HS256", shared)
    expect(verifier.verdict(token, {"keys": [json.loads(shared)]}), "jose HS256 with its secret in the set", "unsupported_alg")


def main():
    with tempfile.TemporaryDirectory(prefix="auth0jwt-interop-") as folder:
        verifier = Verifier(folder)
        for maker in (Jose(folder), PyJWT()):
            least = set(OURS) - ({"EdDSA"} if maker.name == "jose" else set())
            if not least <= set(maker.algs):
                print(f"not ok - {maker.name} makes {maker.algs} only")
                return 1
            for alg in maker.algs:
                before = failures
                try_algorithm(verifier, maker, alg)
                if failures == before:
                    print(f"ok - {maker.name} {alg}", flush=True)
        try_secrets(verifier)
    print(f"{'not ok' if failures else 'ok'} - {cases} cases, {failures} wrong")
    return 1 if failures else 0


sys.exit(main())
