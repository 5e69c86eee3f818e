"""The tenant's signing keys: one current, one next, previous ones until they are revoked.

Auth0 keeps its keys like this: the set that it publishes holds the current key, the next one and
the previous ones. A revoked key leaves the set but is kept here, so that a test can still sign with
it.

SPDX-License-Identifier: Apache-2.0
"""

import base64
import json
import os
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CURVES = {"ES256": (ec.SECP256R1, "P-256"), "ES384": (ec.SECP384R1, "P-384"),
          "ES512": (ec.SECP521R1, "P-521")}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64int(number, length=None):
    return b64(number.to_bytes(length or (number.bit_length() + 7) // 8, "big"))


def generate(alg):
    if alg in CURVES:
        return ec.generate_private_key(CURVES[alg][0]())
    if alg == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_members(key, alg):
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": b64int(numbers.n), "e": b64int(numbers.e)}
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers = public.public_numbers()
        length = (public.curve.key_size + 7) // 8
        return {"kty": "EC", "crv": CURVES[alg][1], "x": b64int(numbers.x, length),
                "y": b64int(numbers.y, length)}
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}


class Key:
    def __init__(self, state, alg, kid=None, private=None, jwk=None):
        self.state = state
        self.alg = alg
        self.kid = kid or secrets.token_urlsafe(16)[:21]
        self.raw_jwk = jwk
        self.private = private
        if self.private is None and jwk is None:
            self.private = generate(alg)

    def jwk(self):
        if self.raw_jwk is not None:
            return self.raw_jwk
        members = {"alg": self.alg, "use": "sig", "kid": self.kid}
        members.update(public_members(self.private, self.alg))
        return members

    def pem(self):
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()).decode()

    def saved(self):
        return {"state": self.state, "alg": self.alg, "kid": self.kid, "jwk": self.raw_jwk,
                "pem": None if self.private is None else self.pem()}

    @staticmethod
    def load(saved):
        private = None
        if saved["pem"] is not None:
            private = serialization.load_pem_private_key(saved["pem"].encode(), None)
        return Key(saved["state"], saved["alg"], saved["kid"], private, saved["jwk"])


class Keyring:
    def __init__(self, path):
        self.path = path
        self.keys = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.keys = [Key.load(item) for item in json.load(file)]
        else:
            self.keys = [Key("current", "RS256"), Key("next", "RS256")]
            self.save()

    def save(self):
        descriptor = os.open(self.path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump([key.saved() for key in self.keys], file)
        os.rename(self.path + ".new", self.path)

    def rotate(self):
        for key in self.keys:
            key.state = {"current": "previous", "next": "current"}.get(key.state, key.state)
        self.keys.append(Key("next", "RS256"))
        self.save()

    def revoke(self, kid=None):
        chosen = [key for key in self.keys
                  if (key.kid == kid if kid else key.state == "previous")]
        if not chosen:
            raise ValueError("no such key")
        for key in chosen:
            key.state = "revoked"
        self.save()

    def add(self, alg, jwk):
        """A key of the customer's own: published in front of the tenant's, as Auth0 does."""
        self.keys.insert(0, Key("own", alg, jwk=jwk, kid=(jwk or {}).get("kid")))
        self.save()

    def signer(self, alg, kid=None):
        """The key that signs: the one called kid, revoked or not, else the current one for alg."""
        rsa_family = alg[:2] in ("RS", "PS")
        for key in self.keys:
            if key.private is None:
                continue
            if kid is not None:
                if key.kid == kid:
                    return key
            elif rsa_family and key.state == "current":
                return key
            elif not rsa_family and key.alg == alg and key.state == "own":
                return key
        raise ValueError("no key for %s" % (kid or alg))

    def jwks(self):
        return {"keys": [key.jwk() for key in self.keys if key.state != "revoked"]}

    def states(self):
        return {"keys": [{"kid": key.kid, "alg": key.alg, "state": key.state}
                         for key in self.keys]}
