#!/usr/bin/python3
"""auth0jwtctl keys show, refresh and clear; the cache file is written here, by the format's description.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import time

from ctl_case import ISSUER, Checker, Folder, Keys, run, sealed

KEYS = Keys()


class Stage(Folder):
    def __init__(self, tenant="", services="[service sshd]\nrequire = ssh:login\n", more_global=""):
        super().__init__()
        self.conf = self.config(tenant, services, more_global)

    def cache(self, age=0, **more):
        bad = {"kid": "bad\x1b[2J", "unusable": "e is even\x1b[2J"}
        return self.write_cache(age, **{"keys": [*KEYS.set["keys"][:2], bad], **more})

    def state(self, **more):
        body = {"last_attempt": 0, "last_unknown_kid_attempt": 0, "unknown_kid_misses": 0, "failures": 0,
                "last_error": "", **more}
        return self.write("cache/main.state", sealed("auth0jwt-state", body), 0o600)

    def keys(self, *arguments, **more):
        return run("keys", *arguments, "--config", self.conf, **more)


def shows(checker):
    """show: keys, which can be used and why not, ages, next refresh"""
    with Stage() as stage:
        stage.cache(age=130)
        text = stage.keys("show")
        answer = stage.keys("show", "--json")
    checker.equal((text.status, answer.status), (0, 0), text, answer)
    tenant = answer.json["tenants"][0]
    checker.equal(len(answer.json["tenants"]), 1)
    checker.equal((tenant["tenant"], tenant["issuer"], tenant["state"]), ("main", ISSUER, "fresh"))
    checker.check(130 <= tenant["age"] <= 150, tenant["age"])
    checker.equal(tenant["next_refresh"] - tenant["checked"], 600)
    checker.equal(tenant["used_until"] - tenant["checked"], 86400)
    checker.equal(tenant["checked"] - tenant["fetched"], 100)
    checker.equal(tenant["jwks_uri"], f"{ISSUER}.well-known/jwks.json")
    rsa, elliptic, bad = tenant["keys"]
    checker.equal(rsa, {"kid": "rsa-1", "kty": "RSA", "curve": None, "bits": 2048, "alg": "RS256", "usable": True,
                        "unusable": None})
    checker.equal(elliptic, {"kid": "ec-1", "kty": "EC", "curve": "P-256", "bits": 256, "alg": None,
                             "usable": True, "unusable": None})
    checker.equal(bad, {"kid": "bad\x1b[2J", "kty": "unknown", "curve": None, "bits": None, "alg": None,
                        "usable": False, "unusable": "e is even\x1b[2J"})
    checker.check(all(byte == 10 or 32 <= byte < 127 for byte in text.out + answer.out + text.err), text)
    for words in (b"rsa-1", b"2048 bits", b"P-256", b"fresh", b"not usable: e is even", b"2 minutes ago",
                  b"in 7 minutes"):
        checker.check(words in text.out, words, text)


def shows_states(checker):
    """show: stale keys are keys, keys that are too old, damaged, foreign or absent are none (exit 3)"""
    with Stage() as stage:
        for age, state, status in ((0, "fresh", 0), (599, "fresh", 0), (660, "stale", 0), (86300, "stale", 0),
                                   (86500, "too old", 3)):
            stage.cache(age=age)
            result = stage.keys("show", "--json")
            checker.equal((result.status, result.json["tenants"][0]["state"]), (status, state), age)
        path = stage.cache()
        with open(path, "r+b") as file:
            file.seek(200)
            file.write(b"~")
        damaged = stage.keys("show", "--json")
        checker.equal((damaged.status, damaged.json["tenants"][0]["state"]), (3, "absent"), damaged)
        checker.check("damaged" in damaged.json["tenants"][0]["problem"], damaged)
        stage.cache(issuer="https://other.example/")
        checker.equal(stage.keys("show").status, 3)
        stage.cache(keys=[{"kid": "x", "unusable": "y"}])
        checker.equal(stage.keys("show").status, 3, "a set without a usable key")
        os.remove(path)
        absent = stage.keys("show", "--json")
        checker.equal((absent.status, absent.json["tenants"][0]["keys"]), (3, []))


def shows_attempts(checker):
    """show: failed attempts and the last error"""
    now = int(time.time())
    with Stage() as stage:
        stage.cache()
        stage.state(last_attempt=now - 120, failures=3, last_error="could not connect\x1b[1m")
        text = stage.keys("show")
        tenant = stage.keys("show", "--json").json["tenants"][0]
    checker.equal((tenant["last_attempt"], tenant["failures"], tenant["last_error"]),
                  (now - 120, 3, "could not connect\x1b[1m"))
    checker.equal(tenant["last_unknown_kid_attempt"], None)
    checker.check(b"3 in a row" in text.out and b"could not connect" in text.out and b"\x1b" not in text.out, text)


def shows_file(checker):
    """show: a jwks_file has keys but no age"""
    with Stage() as stage:
        path = stage.write("jwks.json", json.dumps(KEYS.set))
        stage.conf = stage.config(f"jwks_file = {path}", "")
        tenant = stage.keys("show", "--json").json["tenants"][0]
        checker.equal((tenant["state"], tenant["age"], tenant["jwks_file"]), ("file", None, path))
        checker.equal([key["usable"] for key in tenant["keys"]], [True, True, False])
        stage.write("jwks.json", "<html>")
        checker.equal(stage.keys("show").status, 3)
        os.chmod(path, 0o666)
        unsafe = stage.keys("show")
        checker.equal(unsafe.status, 2, unsafe)
        checker.check(path.encode() in unsafe.err, unsafe)


def chooses_tenant(checker):
    """--tenant names one; an unknown one exits 2"""
    other = "[tenant other]\nissuer = https://other.example/\naudience = x\nauthorized_parties = *\n"
    with Stage(services=other) as stage:
        stage.cache()
        both = stage.keys("show", "--json")
        one = stage.keys("show", "--json", "--tenant", "main")
        none = stage.keys("show", "--tenant", "nope")
        cleared = stage.keys("clear", "--json", "--tenant", "other")
        left = os.listdir(stage.at("cache"))
    checker.equal((both.status, [t["tenant"] for t in both.json["tenants"]]), (3, ["main", "other"]))
    checker.equal((one.status, [t["tenant"] for t in one.json["tenants"]]), (0, ["main"]))
    checker.check(none.status == 2 and b"nope" in none.err and not none.out, none)
    checker.equal((cleared.status, left), (0, ["main.keys"]), cleared)


def clears(checker):
    """clear: removes keys and state, leaves the lock and other files"""
    with Stage() as stage:
        stage.cache()
        stage.state()
        stage.write("cache/main.lock", "", 0o600)
        stage.write("cache/other.keys", "")
        first = stage.keys("clear")
        left = sorted(os.listdir(stage.at("cache")))
        again = stage.keys("clear", "--json")
        checker.equal((first.status, left), (0, ["main.lock", "other.keys"]), first)
        checker.check(b"main.keys" in first.out and b"main.state" in first.out, first)
        checker.equal((again.status, again.json),
                      (0, {"tenants": [{"tenant": "main", "keys_removed": False, "state_removed": False}]}))
        path = stage.cache()
        os.chmod(stage.at("cache"), 0o777)
        unsafe = stage.keys("clear")
        checker.check(unsafe.status == 2 and stage.at("cache").encode() in unsafe.err, unsafe)
        checker.check(os.path.exists(path), "an unsafe folder is left alone")
        os.chmod(stage.at("cache"), 0o755)
        os.rename(stage.at("cache"), stage.at("real"))
        os.symlink(stage.at("real"), stage.at("cache"))
        linked = stage.keys("clear")
        checker.equal(linked.status, 2, linked)
        checker.check(os.path.exists(stage.at("real/main.keys")), "a link is not followed")
        os.remove(stage.at("cache"))
        checker.equal(stage.keys("clear").status, 0, "a missing folder holds nothing")


def refreshes(checker):
    """refresh: runs the program with --force, passes configuration, tenant and exit status on"""
    with Stage() as stage:
        log = stage.at("log")
        program = stage.write("refresh", f"#!/bin/sh\nprintf '%s\\n' \"$@\" >'{log}'\nenv >>'{log}'\n"
                                         f"exit $(cat '{stage.at('status')}')\n", 0o755)
        stage.conf = stage.config("", "", f"refresh_program = {program}")
        for status, result in ((0, "refreshed"), (1, "failed"), (2, "configuration"), (3, "not_now"), (4, "locked")):
            stage.write("status", str(status))
            done = stage.keys("refresh", "--json", "--tenant", "main", env={"LD_PRELOAD": ""})
            checker.equal((done.status, done.json), (status, {"result": result, "status": status}))
            checker.equal(stage.keys("refresh").status, status)
        stage.write("status", "0")
        stage.keys("refresh", "--tenant", "main", env={"CURL_CA_BUNDLE": "/evil"})
        with open(log, encoding="ascii") as file:
            seen = file.read()
        checker.check(seen.startswith(f"--force\n--config\n{stage.conf}\n--tenant=main\n"), seen)
        checker.check("CURL_CA_BUNDLE" not in seen, "the environment is not handed on", seen)
        os.chmod(program, 0o777)
        unsafe = stage.keys("refresh")
        checker.check(unsafe.status == 2 and b"go-w" in unsafe.err, unsafe)
        os.remove(program)
        missing = stage.keys("refresh")
        checker.check(missing.status == 2 and program.encode() in missing.err, missing)


def usage_errors(checker):
    """usage and configuration errors exit 2"""
    with Stage() as stage:
        for arguments in ([], ["nope"], ["show", "clear"], ["show", "--service", "sshd"], ["show", "--nope"]):
            result = stage.keys(*arguments)
            checker.check(result.status == 2 and not result.out and b"--help" in result.err, arguments, result)
        stage.write("auth0jwt.conf", "[global]\nnope = 1\n")
        for action in ("show", "refresh", "clear"):
            result = stage.keys(action)
            checker.check(result.status == 2 and f"{stage.conf}:2:".encode() in result.err, result)


Checker().run([shows, shows_states, shows_attempts, shows_file, chooses_tenant, clears, refreshes, usage_errors])
