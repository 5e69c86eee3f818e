"""What /oauth/token answers: machine clients as Auth0 does it, and a user of the test's choice.

Tokens are signed by PyJWT, so that what the module verifies was not made by its own code.

SPDX-License-Identifier: Apache-2.0
"""

import json
import secrets
import time

from jwt.api_jws import PyJWS

USER_GRANT = "urn:test:user"
FILL = "https://example.com/fill"
LIFETIME = 3600


def refuse(status, error, description):
    return status, {"error": error, "error_description": description}


def words(value):
    """A list, from a list or from words in a string."""
    if value is None:
        return None
    return value.split() if isinstance(value, str) else list(value)


def base_claims(issuer, audience, subject, client, profile, now, lifetime):
    claims = {"iss": issuer, "sub": subject, "aud": audience, "iat": now, "exp": now + lifetime}
    if profile == "rfc9068":
        claims["jti"] = secrets.token_urlsafe(16)
        claims["client_id"] = client
    else:
        claims["azp"] = client
    return claims


def overlay(members, changes):
    """Changes come last; null takes a member away."""
    for name, value in (changes or {}).items():
        if value is None:
            members.pop(name, None)
        else:
            members[name] = value


def sign(claims, key, alg, header):
    """Compact JWS. Payload bytes are handed over ready, so that claims may be as wrong as a test
    wants them."""
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    return PyJWS().encode(payload, key.private, algorithm=alg, headers=header)


def sign_sized(claims, key, alg, header, size):
    """A token of size bytes, or of one more where base64url cannot make that length."""
    token = sign(claims, key, alg, header)
    if size is None:
        return token
    fill = max(0, (size - len(token)) * 3 // 4 - len(FILL) - 12)
    while len(token) < size:
        claims[FILL] = "x" * fill
        token = sign(claims, key, alg, header)
        fill += 1
    return token


def client_credentials(tenant, body):
    client = body.get("client_id")
    if tenant.clients.get(client) is None or tenant.clients[client] != body.get("client_secret"):
        return refuse(401, "access_denied", "Unauthorized")
    if body.get("audience") not in tenant.audiences:
        return refuse(403, "access_denied", "Service not enabled within domain: %s"
                      % body.get("audience"))
    now = int(time.time())
    claims = base_claims(tenant.issuer, body["audience"], client + "@clients", client,
                         body.get("profile", "auth0"), now, LIFETIME)
    claims["gty"] = "client-credentials"
    if body.get("permissions") is not None:
        claims["permissions"] = words(body["permissions"])
    return issue(tenant, body, claims, LIFETIME)


def user(tenant, body):
    """sub is required; permissions, scope, audience, client_id, profile, lifetime, iat, alg, kid,
    size, claims and header may be chosen."""
    now = int(body.get("iat", time.time()))
    lifetime = int(body.get("lifetime", LIFETIME))
    claims = base_claims(body.get("issuer", tenant.issuer),
                         body.get("audience", tenant.audiences[0]), body["sub"],
                         body.get("client_id", "HKdWq0ZbnsXzvEYkGpLBfM2aTcJr7uVx"),
                         body.get("profile", "auth0"), now, lifetime)
    if body.get("scope") is not None:
        claims["scope"] = body["scope"]
    if body.get("permissions") is not None:
        claims["permissions"] = words(body["permissions"])
    return issue(tenant, body, claims, lifetime)


def issue(tenant, body, claims, lifetime):
    overlay(claims, body.get("claims"))
    alg = body.get("alg", "RS256")
    key = tenant.keyring.signer(alg, body.get("kid"))
    header = {"typ": "at+jwt" if body.get("profile") == "rfc9068" else "JWT", "kid": key.kid}
    header.update(body.get("header") or {})
    header = {name: value for name, value in header.items() if value is not None or name == "typ"}
    size = body.get("size")
    token = sign_sized(claims, key, alg, header, None if size is None else int(size))
    reply = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime}
    if "scope" in claims:
        reply["scope"] = claims["scope"]
    return 200, reply


GRANTS = {"client_credentials": client_credentials, USER_GRANT: user}


def token(tenant, body):
    """Status and reply for a request to /oauth/token."""
    grant = GRANTS.get(body.get("grant_type"))
    if grant is None:
        return refuse(403, "unsupported_grant_type",
                      "Unsupported grant type: %s" % body.get("grant_type"))
    try:
        return grant(tenant, body)
    except (KeyError, TypeError, ValueError) as error:
        return refuse(400, "invalid_request", repr(error))
