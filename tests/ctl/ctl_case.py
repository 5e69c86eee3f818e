"""What the tests of auth0jwtctl share: a folder of its own for each, configurations, tokens, and counting.

$AUTH0JWTCTL names the program (else it is in $builddir), $srcdir the source tree.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISSUER = "https://tenant.example/"
AUDIENCE = "https://login.example.com"
CTL = os.path.abspath(os.environ.get("AUTH0JWTCTL") or
                      os.path.join(os.environ.get("builddir", "."), "auth0jwtctl"))
SOURCE = os.path.abspath(os.environ.get("srcdir", "."))


class Checker:
    """Prints one line for each case, and before it what was wrong in it."""

    def __init__(self):
        self.cases = 0
        self.failed = 0
        self.wrong = []

    def check(self, good, *details):
        if not good:
            self.wrong.append(details)
        return good

    def equal(self, got, wanted, *details):
        return self.check(got == wanted, f"got {got!r}, wanted {wanted!r}", *details)

    def end(self, name):
        """Ends a case."""
        self.cases += 1
        self.failed += 1 if self.wrong else 0
        for details in self.wrong:
            for detail in details:
                print("    #", detail)
        print("not ok" if self.wrong else "ok", name, flush=True)
        self.wrong = []

    def run(self, cases):
        """Each function is a case, named by its docstring; and that is all: exits."""
        for case in cases:
            case(self)
            self.end(case.__doc__.splitlines()[0])
        self.finish()

    def finish(self):
        print(f"# {self.cases} cases, {self.failed} failed")
        sys.exit(1 if self.failed or not self.cases else 0)


class Folder:
    """A temporary folder with a configuration that touches nothing outside it."""

    def __init__(self):
        os.umask(0o022)
        self.path = os.path.realpath(tempfile.mkdtemp(prefix="auth0jwtctl."))
        self.accounts = self.write("accounts", "")
        self.write("revoked", "")
        os.mkdir(self.at("cache"), 0o755)
        os.mkdir(self.at("state"), 0o755)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.path)

    def at(self, name):
        return os.path.join(self.path, name)

    def write(self, name, content, mode=0o644):
        path = self.at(name)
        if isinstance(content, str):
            content = content.encode()
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def config(self, tenant="", services="", more_global="", name="auth0jwt.conf"):
        """A configuration with one tenant, main, whose option lines `tenant` overrides or adds to."""
        options = {"issuer": ISSUER, "audience": AUDIENCE, "authorized_parties": "*"}
        for line in tenant.splitlines():
            key, value = line.split("=", 1)
            options[key.strip()] = value.strip()
        text = f"[global]\naccounts_file = {self.accounts}\n"
        text += f"revoked_file = {self.at('revoked')}\n"
        text += f"cache_dir = {self.at('cache')}\nstate_dir = {self.at('state')}\n{more_global}\n"
        text += "[tenant main]\n" + "".join(f"{k} = {v}\n" for k, v in options.items())
        text += services
        return self.write(name, text)


    def write_cache(self, age, keys, **more):
        """The key cache of tenant main, last confirmed `age` seconds ago."""
        now = int(time.time())
        body = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}.well-known/jwks.json", "etag": "", "last_modified": "",
                "fetched": now - age - 100, "checked": now - age, "date_skew": 0, "keys": keys, **more}
        return self.write("cache/main.keys", sealed("auth0jwt-keys", body))


def sealed(magic, body):
    """A file of the key cache."""
    text = json.dumps(body).encode()
    return f"{magic} 1 {hashlib.sha256(text).hexdigest()} {len(text)}\n".encode() + text


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return parse_json(self.out)

    def __repr__(self):
        return f"status {self.status}, stdout {self.out[:2000]!r}, stderr {self.err[:2000]!r}"


def refuse_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"duplicate member in {names}")
    return dict(pairs)


def parse_json(text):
    """Strictly: one value, one line, no duplicate members, no NaN; None where it is not that."""
    try:
        if not text.endswith(b"\n") or text.count(b"\n") != 1:
            return None
        return json.loads(text.decode("utf-8"), object_pairs_hook=refuse_duplicates,
                          parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        return None


def run(*arguments, stdin=b"", env=None):
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH"):
        if name in os.environ:
            environment[name] = os.environ[name]
    environment.update(env or {})
    done = subprocess.run([CTL, *arguments], input=stdin, capture_output=True, env=environment,
                          check=False, timeout=60)
    if b"AddressSanitizer" in done.stderr or b"runtime error:" in done.stderr or done.returncode < 0:
        print("not ok: the program crashed:", arguments[:1], done)
        sys.exit(1)
    return Result(done)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Keys:
    """One RSA and one EC key, with the key set that publishes them."""

    def __init__(self):
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        public = self.rsa.public_key().public_numbers()
        point = self.ec.public_key().public_numbers()
        self.set = {"keys": [
            {"kty": "RSA", "kid": "rsa-1", "alg": "RS256", "use": "sig", "n": number(public.n),
             "e": number(public.e)},
            {"kty": "EC", "kid": "ec-1", "crv": "P-256", "x": b64(point.x.to_bytes(32, "big")),
             "y": b64(point.y.to_bytes(32, "big"))},
            {"kty": "RSA", "kid": "enc-1", "use": "enc", "n": number(public.n),
             "e": number(public.e)},
        ]}

    def token(self, headers=None, key=None, algorithm="RS256", **claims):
        """An access token as the tenant would issue it; a claim that is None is left out."""
        now = int(time.time())
        payload = {"iss": ISSUER, "sub": "auth0|alice", "aud": AUDIENCE, "iat": now - 60,
                   "exp": now + 600, "azp": "app1", "permissions": ["ssh:login", "sudo:use"]}
        payload.update(claims)
        payload = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(payload, key or self.rsa, algorithm=algorithm,
                          headers=headers or {"kid": "rsa-1"})
