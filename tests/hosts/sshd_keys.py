"""Cases for sshd: the key cache, rotated and revoked keys, a tenant that does not answer.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import time

import hostlib
from hostlib import configure, expect, expect_equal
from sshd_world import accepted, case, refused, ssh, sshd, tenant, together, warm


@case
def cold_then_warm():
    """A cold cache makes one fetch, a warm one none."""
    login = accepted(ssh.login("alice", tenant.token()))
    expect_equal(tenant.fetches(), (1, 1), "requests of the first", login)
    login = accepted(ssh.login("alice", tenant.token()))
    expect_equal(tenant.fetches(), (1, 1), "requests of both", login)
    expect_equal(login.field("keys"), "fresh", "keys", login)


@case
def cold_together():
    """Ten logins at once on a cold cache make one fetch."""
    token = tenant.token()
    for login in together(["alice"] * 10, token):
        expect_equal(login.status, 0, "exit status", login)
    expect_equal(tenant.fetches(), (1, 1), "requests")


@case
def revoked_key():
    """A revoked key: gone from the set, the cache older than allowed."""
    warm()
    old = tenant.current_kid()
    token = tenant.token()
    tenant.rotate()
    tenant.revoke()
    accepted(ssh.login("alice", token))
    expect_equal(tenant.fetches(), (0, 0), "requests while the cache is fresh")
    hostlib.age_cache(25 * 3600)
    login = refused(ssh.login("alice", token), "key_not_found")
    expect_equal(login.field("kid"), old, "kid", login)
    expect(tenant.fetches()[1] >= 1, "no fetch", login)
    accepted(ssh.login("alice", tenant.token()))


@case
def rotated_key():
    """A rotated key, unknown to the cache: exactly one fetch."""
    warm()
    tenant.rotate(2)
    login = accepted(ssh.login("alice", tenant.token()))
    expect_equal(tenant.fetches()[1], 1, "requests for keys", login)
    expect_equal(login.field("keys"), "refreshed", "keys", login)
    expect_equal(login.field("kid"), tenant.current_kid(), "kid", login)


@case
def unknown_kid_cooldown():
    """Forged kids: one fetch, then none while the cooldown lasts."""
    warm()
    for number in range(4):
        token = tenant.token(header={"kid": "forged-%d" % number})
        refused(ssh.login("alice", token), "key_not_found")
    expect_equal(tenant.fetches()[1], 1, "requests for keys")


@case
def down_warm():
    """Tenant down, warm cache: works, and does not wait."""
    warm()
    token = tenant.token()
    tenant.stop()
    login = accepted(ssh.login("alice", token))
    expect_equal(login.field("keys"), "fresh", "keys", login)
    expect(login.seconds < 1.5, "took %.1f s" % login.seconds, login)


@case
def down_stale():
    """Tenant silent, cache older than key_refresh: works, and does not wait."""
    warm()
    token = tenant.token()
    hostlib.age_cache(3600)
    tenant.fault("hang")
    login = accepted(ssh.login("alice", token))
    expect_equal(login.field("keys"), "stale", "keys", login)
    expect(login.seconds < 1.5, "took %.1f s" % login.seconds, login)


@case
def stale_background():
    """A cache older than key_refresh is renewed in the background."""
    warm()
    hostlib.age_cache(3600)
    accepted(ssh.login("alice", tenant.token()))
    end = time.monotonic() + 5
    while tenant.fetches()[1] == 0 and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    expect_equal(tenant.fetches()[1], 1, "requests for keys")
    login = accepted(ssh.login("alice", tenant.token()))
    expect_equal(login.field("keys"), "fresh", "keys", login)


def no_keys(seconds):
    """By both methods; sshd tells the PAM code only of the password method, and at debug level."""
    sshd.start(LogLevel="DEBUG1")
    try:
        token = tenant.token()
        if seconds:
            tenant.fault("hang")
        else:
            tenant.stop()
        for method in ("password", "keyboard-interactive"):
            hostlib.clear_cache()
            login = refused(ssh.login("alice", token, methods=method), "keys_unavailable", "err")
            took = int(re.match(r"(\d+)", login.field("took") or "999999")[1])
            expect(took <= seconds * 1000 + 250, "took %d ms" % took, login)
            print("# %s: took %d ms" % (method, took))
            if method == "password":
                expect(login.said("Authentication service cannot retrieve authentication info"),
                       "not PAM_AUTHINFO_UNAVAIL", login)
    finally:
        sshd.stop()


@case
def down_cold():
    """Tenant down, no cache: PAM_AUTHINFO_UNAVAIL at once."""
    no_keys(0)


@case
def silent_cold():
    """Tenant silent, no cache: PAM_AUTHINFO_UNAVAIL within fetch_timeout."""
    configure(tenant, tenant_={"fetch_timeout": "3s"})
    no_keys(3)


@case
def bad_answers():
    """HTML, an error, half a body, a huge one, a redirect: refused, the old keys stay."""
    warm()
    path = hostlib.CACHE + "/main.keys"
    for kind in ("html", "500", "half", "huge", "redirect", "no_keys"):
        token = tenant.token(header={"kid": "unknown-" + kind})
        hostlib.age_cache(0)
        before = hostlib.read(path)
        tenant.fault(kind, path="/.well-known/jwks.json")
        refused(ssh.login("alice", token), "key_not_found")
        tenant.fault("none")
        expect_equal(hostlib.read(path), before, "the cached keys after " + kind)
        accepted(ssh.login("alice", tenant.token()))


@case
def bad_discovery():
    """Discovery with another issuer, another host or plain http: no keys."""
    for kind in ("wrong_issuer", "other_host", "plain_http", "no_jwks_uri", "html"):
        hostlib.clear_cache()
        token = tenant.token()
        tenant.fault(kind, path="/.well-known/openid-configuration")
        refused(ssh.login("alice", token), "keys_unavailable", "err")
        tenant.fault("none")


@case
def wrong_authority():
    """A tenant whose certificate nobody vouches for."""
    configure(tenant, tenant_={"ca_file": None})
    refused(ssh.login("alice", tenant.token()), "keys_unavailable", "err")


@case
def flipped_cache():
    """A cache with a flipped bit is as good as none."""
    warm()
    path = hostlib.CACHE + "/main.keys"
    with open(path, "r+b") as file:
        file.seek(-40, os.SEEK_END)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    login = accepted(ssh.login("alice", tenant.token()))
    expect_equal(login.field("keys"), "refreshed", "keys", login)
