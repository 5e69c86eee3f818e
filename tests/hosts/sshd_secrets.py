"""Cases for sshd: what a stranger, and a reader of the log, can learn.

SPDX-License-Identifier: Apache-2.0
"""

import os
import statistics
from concurrent.futures import ThreadPoolExecutor

import hostlib
from hostlib import expect, expect_equal, use_stack
from sshd_world import case, log, ssh, sshd, tenant, together, warm


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


def mean_seconds(users, answer):
    """Time until refused, of several logins at once. pam_faildelay varies by a half."""
    times = {user: [] for user in users}
    for _ in range(2):
        mixed = list(users) * 4
        for user, login in zip(mixed, together(mixed, answer)):
            expect_equal(login.status, 255, "exit status", login)
            times[user].append(login.seconds)
    for user, seconds in times.items():
        expect(min(seconds) > 0.95, "%s: refused after %.2f s" % (user, min(seconds)))
    return [statistics.mean(times[user]) for user in users]


@case
def takes_alike():
    """The time does not tell whether a user exists."""
    warm()
    forged = forged_answers()
    for stack in ("sshd", "sshd-mixed"):
        use_stack(stack)
        for name in ("forged signature", "another tenant", "a word"):
            known, missing = mean_seconds(("alice", "nosuchuser"), forged[name])
            print("# %s, %s: mean %.2f s, %.2f s" % (stack, name, known, missing), flush=True)
            expect(abs(known - missing) < 0.75, "%s, %s: the means differ" % (stack, name))


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
    for name in os.listdir(hostlib.CACHE):
        text = hostlib.read(os.path.join(hostlib.CACHE, name))
        expect(not any(text[at:at + 16] in pieces for at in range(len(text) - 15)),
               "pieces of tokens in the cache")
