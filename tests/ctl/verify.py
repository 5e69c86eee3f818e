#!/usr/bin/python3
"""auth0jwtctl verify: options, exit statuses, the shape of --json, and what is printed for people.

SPDX-License-Identifier: Apache-2.0
"""
import grp
import json
import os
import pty
import subprocess
import time

from ctl_case import CTL, Checker, Folder, Keys, run

KEYS = Keys()
MEMBERS = ["verdict", "reason", "detail", "tenant", "kid", "alg", "id", "subject", "account", "permissions",
           "groups", "issued_at", "expires_at", "checks"]
SSHD = "[service sshd]\nrequire = ssh:login\n"
RESULTS = {"ok", "failed", "not reached", "not asked"}


class Stage(Folder):
    """With a key set, a service sshd, and a map that lets auth0|alice be `nobody` by a literal line."""

    def __init__(self, tenant="", services=SSHD, accounts="main auth0|alice nobody\n"):
        super().__init__()
        self.keys = self.write("keys.json", json.dumps(KEYS.set))
        self.accounts = self.write("accounts", accounts)
        self.conf = self.config(tenant, services)

    def verify(self, token, *arguments, **more):
        token = token.encode() if isinstance(token, str) else token
        return run("verify", "--config", self.conf, "--keys", self.keys, *arguments, stdin=token, **more)


def results(answer):
    return {check["name"]: check["result"] for check in answer["checks"]}


def accepts(checker):
    """a good token is accepted, exit 0, with every member"""
    now = int(time.time())
    token = KEYS.token(iat=now - 60, exp=now + 600)
    with Stage() as stage:
        result = stage.verify(token, "--service", "sshd", "--user", "nobody", "--json")
    answer = result.json
    checker.equal(result.status, 0, result)
    checker.equal(list(answer), MEMBERS)
    for name, value in {"verdict": "accept", "reason": "accepted", "detail": None, "tenant": "main",
                        "kid": "rsa-1", "alg": "RS256", "subject": "auth0|alice", "account": "nobody",
                        "permissions": ["ssh:login", "sudo:use"], "issued_at": now - 60,
                        "expires_at": now + 600}.items():
        checker.equal(answer[name], value, name)
    checker.check(len(answer["id"]) == 64 and set(answer["id"]) <= set("0123456789abcdef"), answer["id"])
    checker.check(set(results(answer).values()) <= {"ok", "not asked"}, answer["checks"])
    checker.equal(results(answer)["account allowed"], "ok")


def orders_checks(checker):
    """before the failed check all is ok, behind it nothing is reached"""
    with Stage() as stage:
        result = stage.verify(KEYS.token(aud="https://other.example"), "--service", "sshd", "--user", "nobody",
                              "--json")
    answer = result.json
    checker.equal((result.status, answer["reason"]), (1, "wrong_audience"))
    names = [check["name"] for check in answer["checks"]]
    checker.equal(len(names), len(set(names)), names)
    values = [check["result"] for check in answer["checks"] if check["result"] != "not asked"]
    at = values.index("failed")
    checker.equal(values[:at], ["ok"] * at)
    checker.equal(values[at + 1:], ["not reached"] * (len(values) - at - 1))
    checker.equal(answer["checks"][names.index("audience")]["result"], "failed")
    checker.check(set(values) <= RESULTS)
    checker.equal(answer["account"], None)
    checker.equal(answer["subject"], "auth0|alice", "known after a good signature")


def asks_less(checker):
    """without --service no service's checks, without --user no account's"""
    with Stage() as stage:
        bare = stage.verify(KEYS.token(permissions=[]), "--json")
        service = stage.verify(KEYS.token(), "--service", "sshd", "--json")
        user = stage.verify(KEYS.token(permissions=[]), "--user", "nobody", "--json")
        wrong = stage.verify(KEYS.token(permissions=[]), "--user", "daemon", "--json")
    checker.equal((bare.status, bare.json["account"]), (0, None))
    for name in ("account mapped", "account allowed", "permission", "fresh enough", "not used before"):
        checker.equal(results(bare.json)[name], "not asked", name)
    checker.equal(results(service.json)["permission"], "ok")
    checker.equal(results(service.json)["account mapped"], "not asked")
    checker.equal((user.status, results(user.json)["account mapped"]), (0, "ok"))
    checker.equal((wrong.status, wrong.json["reason"]), (1, "account_not_mapped"))


def tells_nothing_unverified(checker):
    """of a token with a bad signature no claim is shown"""
    token = KEYS.token()
    head, payload, signature = token.split(".")
    forged = ".".join([head, payload, ("A" if signature[0] != "A" else "B") + signature[1:]])
    with Stage() as stage:
        result = stage.verify(forged, "--json")
        text = stage.verify(forged)
    answer = result.json
    checker.equal((result.status, answer["reason"]), (1, "bad_signature"))
    for name in ("subject", "account", "permissions", "issued_at", "expires_at", "groups"):
        checker.equal(answer[name], None, name)
    checker.equal((answer["tenant"], answer["kid"], answer["alg"]), ("main", "rsa-1", "RS256"))
    checker.check(b"auth0|alice" not in text.out + text.err, text)


def explains_permission(checker):
    """a missing permission is found, and said, after the account"""
    with Stage() as stage:
        result = stage.verify(KEYS.token(permissions=["x"]), "--service", "sshd", "--user", "nobody", "--json")
    checker.equal((result.status, result.json["reason"]), (1, "missing_permission"))
    checker.equal(result.json["account"], "nobody")
    checker.check("ssh:login" in result.json["detail"], result.json)
    checker.equal(result.json["permissions"], ["x"])


def refuses_account(checker):
    """an account that passwd does not know is refused"""
    with Stage(accounts="main auth0|alice no-such-account\n") as stage:
        result = stage.verify(KEYS.token(), "--user", "no-such-account", "--json")
    checker.equal((result.status, result.json["reason"]), (1, "account_refused"))
    checker.equal(results(result.json)["account mapped"], "ok")
    checker.equal(results(result.json)["account allowed"], "failed")


def says_exempt(checker):
    """an exempt account is said in detail and judged all the same"""
    group = grp.getgrgid(0).gr_name
    services = SSHD + f"exempt = nobody %{group}\n"
    with Stage(services=services) as stage:
        good = stage.verify(KEYS.token(), "--service", "sshd", "--user", "nobody", "--json")
        bad = stage.verify(KEYS.token(exp=10), "--service", "sshd", "--user", "root", "--json")
        other = stage.verify(KEYS.token(), "--service", "sshd", "--user", "daemon", "--json")
    checker.equal((good.status, good.json["reason"]), (0, "accepted"))
    checker.check("exempt" in (good.json["detail"] or ""), good.json)
    checker.equal((bad.status, bad.json["reason"]), (1, "expired"))
    checker.check("exempt" in bad.json["detail"], bad.json)
    checker.check("exempt" not in (other.json["detail"] or ""), other.json)


def trims(checker):
    """white space around a token and a leading Bearer are dropped"""
    token = KEYS.token()
    with Stage() as stage:
        for typed in (f"{token}\n", f"  {token}\r\n", f"Bearer {token}\n", f"\tBearer   {token}  "):
            checker.equal(stage.verify(typed).status, 0, repr(typed[:12]))
        checker.equal(stage.verify(token[:50] + "\n" + token[50:], "--json").json["reason"], "not_a_token")


def reads_files(checker):
    """the token comes from a file, from - or from standard input"""
    token = KEYS.token()
    with Stage() as stage:
        path = stage.write("token", token + "\n", 0o600)
        checker.equal(stage.verify(b"", path).status, 0)
        checker.equal(stage.verify(token, "-").status, 0)
        checker.equal(stage.verify(token).status, 0)
        missing = stage.verify(b"", stage.at("missing"), "--json")
        checker.equal((missing.status, missing.out), (2, b""), missing)
        folder = stage.verify(b"", stage.path)
        checker.equal(folder.status, 2, folder)
        empty = stage.verify(b"", "--json")
        checker.equal(empty.status, 1, empty)


def refuses_argument(checker):
    """a token on the command line is refused and not repeated"""
    token = KEYS.token()
    with Stage() as stage:
        for arguments in ([token], ["Bearer", token], [f"Bearer {token}"], [f" {token}"], [f"--token={token}"],
                          ["--keys", token], [f"--user={token}"], ["--tenant", token]):
            result = run("verify", "--config", stage.conf, *arguments, stdin=b"")
            checker.equal(result.status, 2, arguments[0][:8], result.err[:80])
            checker.check(token[:8].encode() not in result.out + result.err and result.err, result)
        result = run(token)
        checker.check(result.status == 2 and token[:8].encode() not in result.err, result)


def chooses_tenant(checker):
    """--tenant narrows: another iss is wrong_issuer, an unknown or unfit name exit 2 without an object"""
    second = ("[tenant other]\nissuer = https://other.example/\naudience = x\nauthorized_parties = *\n"
              "[service imap]\nrequire = none\ntenants = other\n")
    with Stage(services=SSHD + second) as stage:
        right = stage.verify(KEYS.token(), "--tenant", "main", "--json")
        wrong = stage.verify(KEYS.token(), "--tenant", "other", "--json")
        unknown = stage.verify(KEYS.token(), "--tenant", "nope\x1b[31m", "--json")
        unfit = stage.verify(KEYS.token(), "--tenant", "main", "--service", "imap", "--json")
        narrowed = stage.verify(KEYS.token(), "--service", "imap", "--json")
    checker.equal(right.status, 0, right)
    checker.equal((wrong.status, wrong.json["reason"]), (1, "wrong_issuer"))
    checker.equal((unknown.status, unknown.out), (2, b""), unknown)
    checker.check(b"\x1b" not in unknown.err, unknown)
    checker.equal((unfit.status, unfit.out), (2, b""), unfit)
    checker.equal((narrowed.status, narrowed.json["reason"]), (1, "wrong_issuer"))


def configuration_errors(checker):
    """a configuration error is a verdict: exit 2, with the object"""
    with Stage() as stage:
        service = stage.verify(KEYS.token(), "--service", "nope", "--json")
        stage.write("auth0jwt.conf", "[tenant main]\nissuer = nonsense\n")
        broken = stage.verify(KEYS.token(), "--json")
        text = stage.verify(KEYS.token())
        os.remove(stage.conf)
        missing = stage.verify(KEYS.token(), "--json")
    for result in (service, broken, missing):
        checker.equal((result.status, result.json["verdict"], result.json["reason"]),
                      (2, "reject", "config_error"), result)
        checker.equal(list(result.json), MEMBERS)
        checker.equal(results(result.json)["configuration"], "failed")
        checker.check(stage.conf in result.json["detail"], result.json)
    checker.check("nope" in service.json["detail"], service.json)
    checker.check(f"{stage.conf}:" in broken.json["detail"], broken.json)
    checker.check(text.status == 2 and b"config_error" in text.out, text)


def map_errors(checker):
    """a malformed accounts file is a configuration error with file and line"""
    with Stage(accounts="main auth0|alice\n") as stage:
        result = stage.verify(KEYS.token(), "--user", "nobody", "--json")
        checker.equal((result.status, result.json["reason"]), (2, "config_error"), result)
        checker.check(f"{stage.accounts}:1:" in result.json["detail"], result.json)


def keys_errors(checker):
    """keys that are none: exit 3; but cheaper refusals first"""
    with Stage() as stage:
        stage.keys = stage.write("html", "<html>502 Bad Gateway</html>")
        html = stage.verify(KEYS.token(), "--json")
        issuer = stage.verify(KEYS.token(iss="https://evil.example/"), "--json")
        stage.keys = stage.write("empty", '{"keys":[]}')
        empty = stage.verify(KEYS.token(), "--json")
        stage.keys = stage.at("missing")
        missing = stage.verify(KEYS.token(), "--json")
        cache = run("verify", "--config", stage.conf, "--json", stdin=KEYS.token().encode())
        left = os.listdir(stage.at("cache"))
    checker.equal((html.status, html.json["reason"]), (3, "keys_unavailable"), html)
    checker.check("--keys" in html.json["detail"], html.json)
    checker.equal((issuer.status, issuer.json["reason"]), (1, "wrong_issuer"), issuer)
    checker.equal((empty.status, empty.json["reason"]), (1, "key_not_found"), empty)
    checker.equal((missing.status, missing.out), (2, b""), missing)
    checker.equal((cache.status, cache.json["reason"]), (3, "keys_unavailable"), cache)
    checker.check("would run auth0jwt-refresh" in cache.json["detail"], cache.json)
    checker.equal(left, [], "verify changes nothing")


def cached_keys(checker):
    """without --keys the cache is read, and detail says where the module would refresh it"""
    keys = KEYS.set["keys"]
    with Stage() as stage:
        def ask(age, token, published=None):
            stage.write_cache(age, published or keys)
            return run("verify", "--config", stage.conf, "--json", stdin=token.encode())

        fresh = ask(10, KEYS.token())
        stale = ask(3000, KEYS.token())
        too_old = ask(90000, KEYS.token())
        unknown = ask(10, KEYS.token(headers={"kid": "new"}))
        bad = ask(10, KEYS.token(), [{"kid": "rsa-1", "unusable": "\x1b[2J"}])
        left = os.listdir(stage.at("cache"))
    checker.equal((fresh.status, fresh.json["detail"]), (0, None))
    checker.check(stale.status == 0 and "auth0jwt-refresh" in stale.json["detail"], stale)
    checker.equal((too_old.status, too_old.json["reason"]), (3, "keys_unavailable"))
    checker.check("auth0jwt-refresh" in too_old.json["detail"], too_old)
    checker.equal((unknown.status, unknown.json["reason"]), (1, "key_not_found"))
    checker.check("--unknown-kid" in unknown.json["detail"], unknown)
    checker.equal((bad.status, bad.json["reason"]), (1, "bad_key"), bad)
    checker.equal(left, ["main.keys"])


def takes_time(checker):
    """--now decides as at another time"""
    token = KEYS.token(iat=1800000000, exp=1800000600)
    with Stage() as stage:
        for now, reason in ((1800000001, "accepted"), (1800000604, "accepted"), (1800000605, "expired"),
                            (1799999990, "not_yet_valid"), (0, "not_yet_valid"), (253402300799, "expired")):
            checker.equal(stage.verify(token, "--now", str(now), "--json").json["reason"], reason, now)
        for now in ("", "x", "-1", "+1", " 1", "1.5", "1x", "253402300800", "99999999999999999999"):
            result = stage.verify(token, "--now", now, "--json")
            checker.equal((result.status, result.out), (2, b""), now)


def fractions(checker):
    """dates with a fraction are shown as they are"""
    with Stage() as stage:
        answer = stage.verify(KEYS.token(iat=1800000000.25, exp=1800000600.5), "--now", "1800000100",
                              "--json").json
    checker.equal((answer["issued_at"], answer["expires_at"]), (1800000000.25, 1800000600.5))


def usage_errors(checker):
    """usage errors exit 2 and say where help is; --help and --version exit 0"""
    for arguments in (["--nope"], ["--nope=1"], ["-x"], ["--config"], ["a", "b"], ["--json=1"]):
        result = run("verify", *arguments)
        checker.check(result.status == 2 and result.out == b"" and b"--help" in result.err, arguments, result)
    for arguments in (["verify", "--help"], ["verify", "-h"], ["--help"], ["check", "--help"], ["keys", "--help"]):
        result = run(*arguments)
        checker.check(result.status == 0 and result.out.startswith(b"Usage: auth0jwtctl") and not result.err,
                      arguments, result)
    for arguments in (["--version"], ["verify", "--version"], ["check", "--version"], ["keys", "--version"]):
        result = run(*arguments)
        checker.check(result.status == 0 and result.out.startswith(b"auth0jwtctl ") and
                      result.out.count(b"\n") == 1, arguments, result)
    checker.equal(run().status, 2)
    checker.equal(run("nope").status, 2)


def relative_config(checker):
    """--config may be relative to the current folder"""
    with Stage() as stage:
        done = subprocess.run([CTL, "verify", "--config", "auth0jwt.conf", "--keys", "keys.json"], cwd=stage.path,
                              input=KEYS.token().encode(), capture_output=True, check=False)
    checker.equal(done.returncode, 0, done)


def readable(checker):
    """for people: each check, verdict, times in UTC and relative; no colour without a terminal"""
    token = KEYS.token(iat=1800000000, exp=1800000720)
    with Stage() as stage:
        good = stage.verify(token, "--now", "1800000000", "--service", "sshd", "--user", "nobody")
        late = stage.verify(token, "--now", "1800001440", env={"TERM": "xterm"})
    text = good.out.decode("ascii")
    for words in ("Verdict      accept", "signature                ok", "in 12 minutes", "2027-01-15 08:12:00 UTC",
                  "auth0|alice", "ssh:login", "rsa-1, RS256", "Account      nobody"):
        checker.check(words in text, words, text)
    text = late.out.decode("ascii")
    checker.check("reject: expired" in text and "12 minutes ago" in text, text)
    checker.check("\x1b" not in text, text)
    checker.equal((good.err, late.err), (b"", b""))


def on_terminal(arguments, token_path, env):
    """Standard output is a terminal; what it got."""
    master, slave = pty.openpty()
    with open(token_path, "rb") as token:
        subprocess.run([CTL, *arguments], stdin=token, stdout=slave, check=False, env=env)
    os.close(slave)
    got = b""
    try:
        while chunk := os.read(master, 65536):
            got += chunk
    except OSError:  # the other end is closed
        pass
    os.close(master)
    return got


def colour(checker):
    """colour on a terminal, but never with NO_COLOR nor in JSON"""
    with Stage() as stage:
        path = stage.write("token", KEYS.token())
        arguments = ["verify", "--config", stage.conf, "--keys", stage.keys]
        checker.check(b"\x1b[32m" in on_terminal(arguments, path, {"TERM": "xterm"}))
        for env in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "xterm", "NO_COLOR": ""}, {"TERM": "dumb"}):
            got = on_terminal(arguments, path, env)
            checker.check(b"\x1b" not in got and b"accept" in got, env, got)
        got = on_terminal(arguments + ["--json"], path, {"TERM": "xterm"})
        checker.check(b"\x1b" not in got and b'"accept"' in got, got)


def harmless(checker):
    """no control character of a token reaches the output, nor does the token"""
    evil = "\u009b31m\x85\u2028é\U0001f511\uffff"
    token = KEYS.token(sub="auth0|" + evil, permissions=["a\x1b[2Jb", "\n\rfake: accept", "ssh:login"],
                       azp="\x07bell\u202e", headers={"kid": "rsa-1", "typ": "JWT"})
    odd_kid = KEYS.token(headers={"kid": "\x1b]0;title\x07\nx"})
    odd_iss = KEYS.token(iss="\x1b[31m\nVerdict      accept")
    with Stage() as stage:
        for text in (token, odd_kid, odd_iss):
            plain = stage.verify(text, "--service", "sshd")
            both = plain.out + plain.err
            checker.check(all(byte == 10 or 32 <= byte < 127 for byte in both), plain)
            checker.equal(plain.out.count(b"\nVerdict "), 1, plain)
            for part in text.split("."):
                checker.check(part[:40].encode() not in both, "a part of the token is in the output")
            answer = stage.verify(text, "--service", "sshd", "--json")
            checker.check(answer.json is not None and
                          all(byte == 10 or 32 <= byte < 127 for byte in answer.out), answer)
        answer = stage.verify(token, "--service", "sshd", "--json").json
    checker.equal(answer["subject"], "auth0|" + evil, "the value is exact in JSON")
    checker.equal(answer["permissions"][0], "a\x1b[2Jb")


def full_disk(checker):
    """a verdict that cannot be written is no verdict"""
    with Stage() as stage, open("/dev/full", "wb") as full:
        done = subprocess.run([CTL, "verify", "--config", stage.conf, "--keys", stage.keys],
                              input=KEYS.token().encode(), stdout=full, stderr=subprocess.PIPE, check=False)
    checker.equal(done.returncode, 2, done)


Checker().run([accepts, orders_checks, asks_less, tells_nothing_unverified, explains_permission, refuses_account,
               says_exempt, trims, reads_files, refuses_argument, chooses_tenant, configuration_errors,
               map_errors, keys_errors, cached_keys, takes_time, fractions, usage_errors, relative_config,
               readable, colour, harmless, full_disk])
