"""The demo's logins: one that is accepted, three that are not. Runs inside the private root.

SPDX-License-Identifier: Apache-2.0
"""

import base64
import json
import os
import re
import shutil
import sys
import textwrap
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
import hostlib  # noqa: E402
import sshlib  # noqa: E402

FOLDER = "/scratch/demo"


def heading(text):
    print("\n== %s\n" % text, flush=True)


def indented(text):
    print(textwrap.indent(text.rstrip("\n"), "    "), flush=True)


def show_file(path):
    print("  %s" % path)
    indented(hostlib.read(path))
    print()


def show_stack(path):
    """Only the lines that speak of the auth and account phases: the file explains itself."""
    print("  %s (the lines that matter)" % path)
    lines = [line for line in hostlib.read(path).splitlines()
             if re.match(r"(auth|account)\b.*pam_(auth0jwt|unix|faildelay)", line)]
    indented("\n".join(lines))
    print()


def decode(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def clock(seconds):
    return time.strftime("%H:%M:%S", time.gmtime(seconds))


def show_token(token):
    header, payload = (decode(part) for part in token.split(".")[:2])
    print("  %d bytes: %s...%s" % (len(token), token[:24], token[-6:]))
    print("  header")
    indented(json.dumps(header, indent=2))
    print("  payload (issued %s, expires %s UTC)" % (clock(payload["iat"]), clock(payload["exp"])))
    indented(json.dumps(payload, indent=2))


def show_login(user, login):
    print("  $ ssh %s@host 'echo in as $USER'" % user)
    for prompt in login.prompts:
        indented(prompt + "(the token is pasted)")
    indented((login.errors + login.output).replace("\r", ""))
    print("  the log says")
    for line in login.decisions():
        indented("\n".join(textwrap.wrap(line, 96, subsequent_indent="    ",
                                         break_long_words=False, break_on_hyphens=False)))


def wanted(condition, login):
    if not condition:
        print("\nThis is not what the demo expects:")
        print(login.describe())
        raise SystemExit(1)


def set_up(tenant, sshd):
    heading("A tenant like Auth0's, an sshd, two people")
    tenant.start()
    print("  The tenant answers at %s with a certificate of its own authority." % tenant.issuer)
    hostlib.make_account("alice")
    hostlib.make_account("bob")
    hostlib.configure(tenant, accounts="main  %s  alice\n" % hostlib.ALICE)
    hostlib.clear_cache()
    hostlib.use_stack("sshd")
    sshd.start(PasswordAuthentication="no")
    print("  The sshd is Debian's (%s)." % sshd.version().split(",")[0])
    print("  alice and bob have local accounts without passwords.\n")
    show_file(hostlib.CONF + "/auth0jwt.conf")
    show_file(hostlib.CONF + "/accounts")
    show_stack("/etc/pam.d/sshd")


def accept(tenant, ssh):
    heading("Alice's access token")
    token = tenant.token()
    show_token(token)
    heading("Alice logs in with stock ssh")
    login = ssh.login("alice", token)
    show_login("alice", login)
    wanted(login.status == 0 and login.output == "in as alice\n", login)
    print("\n  The keys were fetched for this first login. The next one asks nobody:")
    tenant.forget()
    login = ssh.login("alice", token)
    wanted(login.status == 0 and tenant.requests()["total"] == 0, login)
    print("    in again after %.2f s, %s inside the module, %d requests to the tenant"
          % (login.seconds, login.field("took"), tenant.requests()["total"]))


def refuse(tenant, ssh):
    refusals = (
        ("an expired token", "alice", "expired",
         dict(iat=int(time.time()) - 4320, lifetime=3600)),
        ("a token for another audience", "alice", "wrong_audience",
         dict(audience="https://shop.example.com")),
        ("Alice's token for Bob's account", "bob", "account_not_mapped", {}),
    )
    for words, user, reason, chosen in refusals:
        heading("Refused: %s" % words)
        login = ssh.login(user, tenant.token(**chosen))
        show_login(user, login)
        wanted(login.status == 255 and login.reason() == reason, login)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    log = hostlib.Log()
    tenant = hostlib.Tenant(FOLDER + "/tenant")
    sshd = sshlib.Sshd(FOLDER + "/sshd", log)
    ssh = sshlib.Ssh(sshd, log)
    try:
        set_up(tenant, sshd)
        accept(tenant, ssh)
        refuse(tenant, ssh)
    finally:
        sshd.stop()
        tenant.stop()
        shutil.rmtree(FOLDER + "/tenant", ignore_errors=True)
    heading("Done")
    print("  One login, three refusals, each with one line in the log that says why.")
    print("  The root in build/root-bookworm stays for the next time: tests/root remove bookworm")
    print("  deletes it. `sudo ./check` runs every test.")


if __name__ == "__main__":
    main()
