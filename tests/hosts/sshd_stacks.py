"""Cases for sshd: the shipped PAM stacks, exempt accounts, public keys, broken configuration.

SPDX-License-Identifier: Apache-2.0
"""

import os
import time

import hostlib
from hostlib import ALICE, configure, expect, expect_equal, use_stack
from sshd_world import PASSWORD, accepted, case, refused, ssh, sshd, tenant


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
             "truncated": tenant.token(size=1500),
             "account_not_mapped": tenant.token(sub="auth0|x")}
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
def shipped_drop_in():
    """The shipped sshd_config drop-in: tokens by keyboard-interactive, no password method."""
    sshd.start(Include=os.path.join(hostlib.PROJECT, "pam.d-examples/sshd_config.d/*.conf"))
    try:
        accepted(ssh.login("alice", tenant.token()))
        login = ssh.login("alice", tenant.token(), methods="password")
        expect_equal(login.status, 255, "exit status by password", login)
        expect_equal(login.prompts, [], "prompts by password", login)
        expect_equal(login.decisions(), [], "decisions by password", login)
    finally:
        sshd.stop()


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
    path = hostlib.CONF + "/auth0jwt.conf"
    hostlib.write(path, hostlib.read(path).replace("[service sshd]", "[service sudo]"))
    login = refused(ssh.login("alice", tenant.token()), "config_error", "err")
    expect("[service" in login.decisions()[0], "no advice", login)
    refused(ssh.login("alice", "", methods="publickey"), "config_error", "err")
    configure(tenant)
    use_stack("sshd", "service=nosuchservice")
    refused(ssh.login("alice", tenant.token()), "config_error", "err")


@case
def section_for_all():
    """A service without a section of its own, and [service *]."""
    path = hostlib.CONF + "/auth0jwt.conf"
    hostlib.write(path, hostlib.read(path).replace("[service sshd]", "[service *]"))
    accepted(ssh.login("alice", tenant.token()))


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
def mixed_broken_accounts():
    """Mixed stack: a broken accounts file does not fall through, for a password neither."""
    use_stack("sshd-mixed")
    configure(tenant, accounts="main  lonely\n")
    login = refused(ssh.login("carol", PASSWORD), "config_error", "err")
    expect(not unix_asked(login), "pam_unix was asked", login)


@case
def mixed_broken():
    """Mixed stack: a broken configuration does not fall through."""
    use_stack("sshd-mixed")
    configure(tenant, service={"nosuchkey": "1"})
    login = refused(ssh.login("carol", PASSWORD), "config_error", "err")
    expect(not unix_asked(login), "pam_unix was asked", login)
