"""Cases for sshd: tokens that get in, and tokens that do not.

SPDX-License-Identifier: Apache-2.0
"""

import re
import time

from hostlib import ALICE, configure, expect, expect_equal
from sshd_world import accepted, case, refused, ssh, sshd, tenant


@case
def kbdint_900():
    """A token of 900 bytes by keyboard-interactive."""
    login = accepted(ssh.login("alice", tenant.token(size=900)))
    expect_equal(login.prompts, ["(alice@127.0.0.1) Access token: "], "prompts", login)
    expect_equal(login.field("sub"), ALICE, "sub", login)
    expect_equal(login.field("tenant"), "main", "tenant", login)
    expect_equal(login.field("kid"), tenant.current_kid(), "kid", login)
    expect_equal(login.field("keys"), "refreshed", "keys", login)
    expect(re.fullmatch(r"[0-9a-f]{16}", login.field("id") or ""), "no id", login)


@case
def password_900():
    """A token of 900 bytes by the password method."""
    login = accepted(ssh.login("alice", tenant.token(size=900), methods="password"))
    expect_equal(login.prompts, ["alice@127.0.0.1's password: "], "prompts", login)


@case
def rfc9068():
    """A token of the RFC 9068 profile."""
    accepted(ssh.login("alice", tenant.token(profile="rfc9068")))


@case
def kbdint_parts():
    """A token of 4000 bytes in parts by keyboard-interactive."""
    token = tenant.token(size=4000)
    login = accepted(ssh.login_in_parts("alice", token))
    count = (len(token) + 498) // 499
    wanted = ["(alice@127.0.0.1) Access token: "]
    wanted += ["(alice@127.0.0.1) Access token (part %d): " % n for n in range(2, count + 1)]
    expect_equal(login.prompts, wanted, "prompts", login)


@case
def kbdint_parts_limit():
    """A token of 16000 bytes in parts by keyboard-interactive."""
    login = accepted(ssh.login_in_parts("alice", tenant.token(size=16000)))
    expect_equal(len(login.prompts), 33, "number of prompts", login)


@case
def with_bearer():
    """White space and "Bearer " around a token are dropped."""
    accepted(ssh.login("alice", "  Bearer %s " % tenant.token()))


@case
def second_try():
    """A refused token, then a good one, on one connection."""
    login = ssh.login("alice", [tenant.token(audience="https://other.example.com"),
                                tenant.token()], tries=2)
    expect_equal(login.status, 0, "exit status", login)
    expect_equal(login.reason(), "wrong_audience", "reason of the first", login)
    expect_equal(len(login.decisions()), 2, "decisions", login)
    expect_equal(len(login.prompts), 2, "prompts", login)


@case
def machine():
    """A machine token is let in by a literal line."""
    accepted(ssh.login("deploy", tenant.machine_token()), "deploy")


@case
def machine_pattern():
    """A machine token is not let in by a pattern."""
    configure(tenant, accounts="main *@clients deploy\n")
    refused(ssh.login("deploy", tenant.machine_token()), "account_not_mapped")


# ---- tokens that are refused ---------------------------------------------------------------------

@case
def truncated():
    """A token that ssh cuts at 1023 bytes: its own reason and a message that helps."""
    login = refused(ssh.login("alice", tenant.token(size=1500)), "truncated")
    expect("1023 bytes" in login.errors and "parts" in login.errors, "no help", login)


@case
def wrong_account():
    """Another person's account."""
    login = refused(ssh.login("bob", tenant.token()), "account_not_mapped")
    expect("does not give access to this account" in login.errors, "no sentence", login)
    expect_equal(login.field("sub"), ALICE, "sub", login)


@case
def unknown_user():
    """A user that does not exist: not named in the log."""
    login = refused(ssh.login("nosuchuser", tenant.token()), "not_a_token")
    expect_equal(login.field("user"), "?", "user", login)


@case
def expired():
    """An expired token."""
    token = tenant.token(iat=int(time.time()) - 4320, lifetime=3600)
    login = refused(ssh.login("alice", token), "expired")
    expect("expired 12 minutes ago" in login.errors, "no sentence", login)


@case
def expired_by_password():
    """An expired token by the password method."""
    token = tenant.token(iat=int(time.time()) - 4320, lifetime=3600)
    refused(ssh.login("alice", token, methods="password"), "expired")


@case
def wrong_audience():
    """A token for another audience."""
    login = refused(ssh.login("alice", tenant.token(audience="https://other.example.com")),
                    "wrong_audience")
    expect("another audience" in login.errors, "no sentence", login)


@case
def not_yet_valid():
    """A token of the future."""
    refused(ssh.login("alice", tenant.token(iat=int(time.time()) + 600)), "not_yet_valid")


@case
def missing_permission():
    """A token without the permission."""
    login = refused(ssh.login("alice", tenant.token(permissions=["mail:read"])),
                    "missing_permission")
    expect("ssh:login" in login.errors, "the permission is not named", login)


@case
def bad_signature():
    """A token with another's signature."""
    good, other = tenant.token(), tenant.token(claims={"n": 1})
    forged = good.rsplit(".", 1)[0] + "." + other.rsplit(".", 1)[1]
    login = refused(ssh.login("alice", forged), "bad_signature")
    expect("The log of this host says why" in login.errors, "no sentence", login)


@case
def wrong_issuer():
    """A token of another tenant causes no network request."""
    refused(ssh.login("alice", tenant.token(issuer="https://other.example.com/")), "wrong_issuer")
    expect_equal(tenant.fetches(), (0, 0), "requests")


# ---- root ----------------------------------------------------------------------------------------

ROOT_LINE = "main  %s  root\n" % ALICE


def root_login(permit, accounts, **chosen):
    sshd.start(PermitRootLogin=permit)
    try:
        configure(tenant, accounts=accounts)
        return ssh.login("root", tenant.token(**chosen))
    finally:
        sshd.stop()


@case
def root_no():
    """Root with PermitRootLogin no."""
    refused(root_login("no", ROOT_LINE), "not_a_token")


@case
def root_prohibit():
    """Root with PermitRootLogin prohibit-password."""
    refused(root_login("prohibit-password", ROOT_LINE), "not_a_token")


@case
def root_literal():
    """Root with PermitRootLogin yes and a literal line."""
    accepted(root_login("yes", ROOT_LINE), "root")


@case
def root_pattern():
    """Root with PermitRootLogin yes and a pattern that makes its name."""
    refused(root_login("yes", "main  auth0|*  *\n", sub="auth0|root"), "account_refused")
