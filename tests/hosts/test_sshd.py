#!/usr/bin/python3
"""Logins over a real sshd by a stock ssh client, with the stacks of pam.d-examples.

    test_sshd.py [PATTERN...]     the cases whose names match, or all

Runs as root inside a private root (tests/root) in which the project is installed.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import hostlib
from hostlib import ALICE, configure, expect, expect_equal, use_stack

PASSWORD = "correct horse battery"
FOLDER = "/work/hosts"
log = hostlib.Log()
tenant = hostlib.Tenant(FOLDER + "/tenant")
sshd = hostlib.Sshd(FOLDER + "/sshd", log)
ssh = hostlib.Ssh(sshd, log)
cases = []


def case(function):
    cases.append((function.__doc__.split("\n")[0].rstrip("."), function))
    return function


def reset():
    """What every case starts with: token-only stack, usual configuration, a tenant that is up, no
    cached keys, no faults."""
    tenant.start()
    tenant.fault("none")
    hostlib.clear_cache()
    configure(tenant)
    use_stack("sshd")
    tenant.forget()
    if sshd.process is None:
        sshd.start()


def accepted(login, user="alice"):
    expect_equal(login.status, 0, "exit status", login)
    expect_equal(login.output, "in as %s\n" % user, "output", login)
    expect_equal(len(login.decisions()), 1, "lines in the log", login)
    expect(": accept service=\"sshd\" user=\"%s\" rhost=" % user in login.decisions()[0],
           "the line does not say accept", login)
    expect_equal(login.level(), "info", "level", login)
    return login


def refused(login, reason, level="notice"):
    expect_equal(login.status, 255, "exit status", login)
    expect_equal(login.output, "", "output", login)
    expect_equal(login.reason(), reason, "reason", login)
    expect_equal(login.level(), level, "level", login)
    return login


def together(users, token):
    """Logins at the same time; what each of them found in the log is everybody's."""
    with ThreadPoolExecutor(len(users)) as pool:
        return list(pool.map(lambda user: ssh.login(user, token), users))


def warm():
    """One login, so that the keys are cached; its requests are not counted."""
    accepted(ssh.login("alice", tenant.token()))
    tenant.forget()


# ---- tokens come in ------------------------------------------------------------------------------

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


# ---- keys ----------------------------------------------------------------------------------------

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


# ---- stacks --------------------------------------------------------------------------------------

def unix_asked(login):
    return login.said("pam_unix(sshd:auth)")


@case
def mixed_password():
    """Mixed stack: an ordinary local password reaches pam_unix, without a network request."""
    use_stack("sshd-mixed")
    for method in ("keyboard-interactive", "password"):
        login = ssh.login("carol", PASSWORD, methods=method)
        expect_equal(login.status, 0, "exit status by " + method, login)
        expect_equal(login.reason(), "not_a_token", "reason", login)
        expect_equal(len(login.prompts), 1, "prompts", login)
    expect_equal(tenant.requests()["total"], 0, "requests")


@case
def mixed_wrong_password():
    """Mixed stack: a wrong local password is refused by pam_unix."""
    use_stack("sshd-mixed")
    login = refused(ssh.login("carol", "no such horse"), "not_a_token")
    expect(unix_asked(login), "pam_unix was not asked", login)


@case
def mixed_token():
    """Mixed stack: a token gets in."""
    use_stack("sshd-mixed")
    login = accepted(ssh.login("alice", tenant.token()))
    expect(not unix_asked(login), "pam_unix was asked", login)


@case
def mixed_refused():
    """Mixed stack: a refused token does not fall through."""
    use_stack("sshd-mixed")
    stale = tenant.token(iat=int(time.time()) - 7200, lifetime=3600)
    tried = {"expired": stale, "wrong_issuer": tenant.token(issuer="https://other.example.com/"),
             "truncated": tenant.token(size=1500), "account_not_mapped": tenant.token(sub="auth0|x")}
    for reason, token in tried.items():
        login = refused(ssh.login("alice", token), reason)
        expect(not unix_asked(login), "pam_unix was asked", login)


@case
def mixed_no_keys():
    """Mixed stack: no keys at hand does not fall through."""
    use_stack("sshd-mixed")
    token = tenant.token()
    tenant.stop()
    login = refused(ssh.login("alice", token), "keys_unavailable", "err")
    expect(not unix_asked(login), "pam_unix was asked", login)


@case
def only_password():
    """Token-only stack: a local password is refused."""
    refused(ssh.login("carol", PASSWORD), "not_a_token")


@case
def mixed_empty():
    """Mixed stack: after an empty answer pam_unix asks itself."""
    use_stack("sshd-mixed")
    login = ssh.login("carol", ["", PASSWORD])
    expect_equal(login.status, 0, "exit status", login)
    expect_equal(login.reason(), "no_token", "reason", login)
    expect_equal(len(login.prompts), 2, "prompts", login)
    expect("assword" in login.prompts[1], "second prompt", login)


@case
def exempt_mixed():
    """An exempt account in the mixed stack: its local password, no line in the log."""
    use_stack("sshd-mixed")
    for listed in ("breakglass", "%glass"):
        configure(tenant, service={"exempt": listed})
        login = ssh.login("breakglass", PASSWORD)
        expect_equal(login.status, 0, "exit status", login)
        expect_equal(login.lines, [], "lines of the module", login)
        expect_equal(login.prompts, ["(breakglass@127.0.0.1) Access token: "], "prompts", login)


@case
def exempt_only():
    """An exempt account in the token-only stack: not by password or token, but by public key."""
    configure(tenant, service={"exempt": "breakglass"}, accounts="main %s breakglass\n" % ALICE)
    for answer in (PASSWORD, tenant.token()):
        login = ssh.login("breakglass", answer)
        expect_equal(login.status, 255, "exit status", login)
    login = ssh.login("breakglass", "", methods="publickey")
    expect_equal(login.status, 0, "exit status by public key", login)


@case
def publickey_ignore():
    """Public key, without_token = ignore: gets in."""
    login = ssh.login("alice", "", methods="publickey")
    expect_equal(login.status, 0, "exit status", login)
    expect_equal(login.decisions(), [], "decisions", login)


@case
def publickey_deny():
    """Public key, without_token = deny: kept out by the account phase."""
    configure(tenant, service={"without_token": "deny"})
    login = ssh.login("alice", "", methods="publickey")
    refused(login, "no_token")
    accepted(ssh.login("alice", tenant.token()))


@case
def publickey_after_failure():
    """Public key after a refused token on the same connection: nothing of the token is left."""
    stale = tenant.token(iat=int(time.time()) - 7200, lifetime=3600)
    configure(tenant, service={"without_token": "deny"})
    login = ssh.login("alice", stale, methods="password,publickey")
    expect_equal(login.status, 255, "exit status", login)
    expect_equal(login.reason(), ["expired", "no_token"], "reasons", login)
    configure(tenant)
    login = ssh.login("alice", stale, methods="password,publickey")
    expect_equal(login.status, 0, "exit status", login)


# ---- configuration -------------------------------------------------------------------------------

@case
def no_section():
    """A service without a section."""
    use_stack("sshd", "service=nosuchservice")
    login = refused(ssh.login("alice", tenant.token()), "config_error", "err")
    expect("[service" in (login.decisions() or [""])[0], "no advice", login)


@case
def broken_configuration():
    """A broken configuration: file and line in the log, no login, nor by public key."""
    path = hostlib.CONF + "/auth0jwt.conf"
    text = hostlib.read(path)
    line = text.count("\n") + 1
    hostlib.write(path, text + "requre = ssh:login\n")
    login = refused(ssh.login("alice", tenant.token()), "config_error", "err")
    expect("%s:%d" % (path, line) in login.decisions()[0], "no file and line", login)
    expect("requre" in login.decisions()[0], "the key is not named", login)
    login = ssh.login("alice", "", methods="publickey")
    refused(login, "config_error", "err")


@case
def broken_accounts():
    """A broken accounts file: file and line in the log."""
    configure(tenant, accounts="main  %s  alice\nmain  lonely\n" % ALICE)
    login = refused(ssh.login("alice", tenant.token()), "config_error", "err")
    expect("/accounts:2" in login.decisions()[0], "no file and line", login)


@case
def unsafe_mode():
    """A configuration that anybody may write."""
    os.chmod(hostlib.CONF + "/auth0jwt.conf", 0o666)
    login = refused(ssh.login("alice", tenant.token()), "config_error", "err")
    expect("auth0jwt.conf" in login.decisions()[0], "the file is not named", login)


@case
def mixed_broken():
    """Mixed stack: a broken configuration does not fall through."""
    use_stack("sshd-mixed")
    configure(tenant, service={"nosuchkey": "1"})
    login = refused(ssh.login("carol", PASSWORD), "config_error", "err")
    expect(not unix_asked(login), "pam_unix was asked", login)


# ---- what a stranger can learn -------------------------------------------------------------------

def forged_answers():
    good, other = tenant.token(size=900), tenant.token(size=900, claims={"n": 1})
    return {
        "forged signature": good.rsplit(".", 1)[0] + "." + other.rsplit(".", 1)[1],
        "unknown key": tenant.token(header={"kid": "nosuchkey"}),
        "another tenant": tenant.token(issuer="https://other.example.com/"),
        "cut": tenant.token(size=1500),
        "three dots": "a.b.c", "a word": "letmein", "500 bytes": "e" * 500, "nothing": "",
    }


def appearance(user, answer, parts):
    """All that ssh shows, without the name."""
    login = ssh.login_in_parts(user, answer) if parts else ssh.login(user, answer)
    return repr((login.status, login.output, login.errors, login.prompts)).replace(user, "USER")


@case
def looks_alike():
    """Prompts, messages and number of prompts do not tell whether a user exists."""
    answers = [(name, text, False) for name, text in forged_answers().items()]
    answers.append(("in parts", tenant.token(size=2500, header={"kid": "nosuchkey"}), True))
    users = ("alice", "bob", "nosuchuser")
    for stack in ("sshd", "sshd-mixed"):
        use_stack(stack)
        with ThreadPoolExecutor(9) as pool:
            shown = {(name, user): pool.submit(appearance, user, text, parts)
                     for name, text, parts in answers for user in users}
        for name, _, _ in answers:
            known, unmapped, missing = (shown[name, user].result() for user in users)
            expect(known.startswith("(255, ''"), "%s: %s: let in: %s" % (stack, name, known))
            expect_equal(unmapped, known, "%s: %s: another known user" % (stack, name))
            expect_equal(missing, known, "%s: %s: a user that does not exist" % (stack, name))


@case
def takes_alike():
    """Mixed stack: the time does not tell whether a user exists."""
    use_stack("sshd-mixed")
    warm()
    token = tenant.token(issuer="https://other.example.com/")
    times = {"alice": [], "nosuchuser": []}
    for _ in range(2):
        users = list(times) * 4
        for user, login in zip(users, together(users, token)):
            expect_equal(login.status, 255, "exit status", login)
            times[user].append(login.seconds)
    means = {user: statistics.mean(values) for user, values in times.items()}
    print("# mean seconds: %s" % {user: round(mean, 2) for user, mean in means.items()})
    for user, values in times.items():
        expect(min(values) > 1.4, "%s: refused after %.2f s" % (user, min(values)))
    expect(abs(means["alice"] - means["nosuchuser"]) < 0.75, "the means differ: %r" % means)


@case
def canary():
    """No 16 bytes of any token in the log, at debug levels too."""
    sshd.start(LogLevel="DEBUG3")
    try:
        for stack in ("sshd", "sshd-mixed"):
            use_stack(stack, "debug")
            tried = [tenant.token(), tenant.token(sub="auth0|x"), tenant.token(size=1500),
                     tenant.token(issuer="https://other.example.com/"),
                     tenant.token(header={"kid": "nosuchkey"})]
            with ThreadPoolExecutor(8) as pool:
                for token in tried:
                    for user in ("alice", "nosuchuser"):
                        pool.submit(ssh.login, user, token)
                        pool.submit(ssh.login, user, token, methods="password")
            ssh.login_in_parts("alice", tenant.token(size=2500))
    finally:
        sshd.stop()
    text = log.text()
    expect("debug1: " in text and len(tenant.tokens) > 20, "nothing was logged")
    pieces = {token[at:at + 16] for token in tenant.tokens for at in range(len(token) - 15)}
    found = sum(text[at:at + 16] in pieces for at in range(len(text) - 15))
    print("# %d tokens, %d bytes of log" % (len(tenant.tokens), len(text)))
    expect_equal(found, 0, "pieces of tokens in the log")


def prepare():
    hostlib.make_group("glass")
    for name, password, group in (("alice", None, None), ("bob", None, None),
                                  ("carol", PASSWORD, None), ("deploy", None, None),
                                  ("breakglass", PASSWORD, "glass")):
        hostlib.make_account(name, password, group)
    for name in ("alice", "breakglass"):
        ssh.authorize(name)


def main():
    print("# %s" % sshd.version(), flush=True)
    os.makedirs(FOLDER, exist_ok=True)
    prepare()
    try:
        passed, failed = hostlib.run_cases(cases, reset, sys.argv[1:])
    finally:
        sshd.stop()
        tenant.stop()
    print("%d passed, %d failed" % (passed, failed))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
