#!/usr/bin/python3
"""auth0jwtctl check: what is found, and the exit status: 0 clean, 1 warnings, 2 errors.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os

from ctl_case import Checker, Folder, Keys, run

KEYS = Keys()
SSHD = "[service sshd]\nrequire = ssh:login\n"


class Stage(Folder):
    """Clean: keys from a file, one service, one literal line for an account that exists."""

    def __init__(self, tenant="", services=SSHD, accounts="main auth0|alice nobody\n"):
        super().__init__()
        self.keys = self.write("keys.json", json.dumps(KEYS.set))
        self.accounts = self.write("accounts", accounts)
        self.conf = self.config(f"jwks_file = {self.keys}\n{tenant}", services)

    def check(self, *arguments):
        return run("check", "--config", self.conf, *arguments)


def found(result, level, *words):
    """Is there such a finding?"""
    return any(finding["level"] == level and all(word in finding["text"] for word in words)
               for finding in result.json["findings"])


def clean(checker):
    """nothing wrong: exit 0"""
    with Stage() as stage:
        result = stage.check("--json")
        text = stage.check()
    checker.equal((result.status, result.json["result"]), (0, "clean"), result)
    checker.equal(list(result.json), ["result", "findings"])
    for finding in result.json["findings"]:
        checker.equal((list(finding), finding["level"]), (["level", "about", "text"], "ok"))
    checker.check(text.status == 0 and text.out.endswith(b"\nclean\n") and b"\x1b" not in text.out, text)


def configuration(checker):
    """a configuration that cannot be read is an error with file and line"""
    with Stage() as stage:
        stage.write("auth0jwt.conf", "[tenant main]\nissuer = https://tenant.example/\naudience = x\ntypo = 1\n")
        result = stage.check("--json")
        checker.equal((result.status, result.json["result"]), (2, "errors"))
        checker.check(found(result, "error", f"{stage.conf}:4:", "typo"), result)
        os.chmod(stage.conf, 0o666)
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", stage.conf, "written"), result)
        os.remove(stage.conf)
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", stage.conf), result)


def loader_warnings(checker):
    """a warning of the loader is a finding"""
    with Stage() as stage:
        with open(stage.conf, "a", encoding="ascii") as file:
            file.write("later = 1\n[global]\nignore_unknown = later\n")
        result = stage.check("--json")
    checker.equal((result.status, result.json["result"]), (1, "warnings"), result)
    checker.check(found(result, "warning", "later"), result)


def no_service(checker):
    """no service section is a warning"""
    with Stage(services="") as stage:
        result = stage.check("--json")
    checker.check(result.status == 1 and found(result, "warning", "[service NAME]"), result)


def accounts(checker):
    """lines that can let nobody in, and lines said twice, are warnings with their numbers"""
    lines = ("# comment\n"
             "main auth0|alice nobody\n"
             "main auth0|bob no-such-account\n"
             "main auth0|alice nobody\n"
             "main *@clients nobody\n"
             "main ext|* root\n"
             "main auth0|alice root\n"
             "main waad|*@example.com *\n")
    with Stage(accounts=lines) as stage:
        result = stage.check("--json")
    checker.equal(result.status, 1, result)
    for number, word in ((3, "no-such-account"), (4, "line 2"), (5, "literal"), (5, "nobody"), (6, "root")):
        checker.check(found(result, "warning", f"{stage.accounts}:{number}:", word), number, word, result)
    for number in (2, 7, 8):
        checker.check(not found(result, "warning", f"{stage.accounts}:{number}:"), number, result)


def accounts_errors(checker):
    """a malformed or unsafe accounts file is an error, an empty one a warning"""
    with Stage(accounts="main auth0|alice nobody\nmain auth0|bob\n") as stage:
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", f"{stage.accounts}:2:"), result)
        stage.write("accounts", "# nobody\n")
        result = stage.check("--json")
        checker.check(result.status == 1 and found(result, "warning", stage.accounts, "no line"), result)
        os.chmod(stage.accounts, 0o646)
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", stage.accounts), result)
        os.remove(stage.accounts)
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", stage.accounts), "it is named", result)


def revoked(checker):
    """a revoked list with a line is an error in this version"""
    with Stage() as stage:
        stage.write("revoked", "main subject auth0|mallory\n")
        result = stage.check("--json")
    checker.check(result.status == 2 and found(result, "error", f"{stage.at('revoked')}:1:"), result)


def keys(checker):
    """no keys, keys that are none and unsafe key files are errors"""
    with Stage() as stage:
        stage.write("keys.json", "<html>")
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", "main:", "no usable keys", stage.keys), result)
        stage.write("keys.json", '{"keys":[]}')
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", "main:", "no usable keys"), result)
        stage.write("keys.json", json.dumps(KEYS.set), 0o622)
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", stage.keys), result)
        os.remove(stage.keys)
        result = stage.check("--json")
        checker.check(result.status == 2 and found(result, "error", stage.keys), result)


def files(checker):
    """ca_file, refresh program (as the module does) and cache folder are looked at"""
    with Stage() as stage:
        ca_file = stage.write("ca.pem", "")
        program = stage.write("refresh", "#!/bin/sh\n", 0o755)
        stage.conf = stage.config(f"ca_file = {ca_file}", SSHD,
                                  f"refresh_program = {program}")
        result = stage.check("--json")
        checker.check(found(result, "ok", program), result)
        checker.check(found(result, "error", "main:", "absent", "keys refresh"), result)
        for mode in (0o644, 0o655):
            os.chmod(program, mode)
            result = stage.check("--json")
            checker.check(found(result, "error", program, "is not a program"), mode, result)
        os.chmod(program, 0o777)
        result = stage.check("--json")
        checker.check(found(result, "error", program), result)
        os.remove(program)
        result = stage.check("--json")
        checker.check(found(result, "error", program, "does not exist"), result)
        os.chmod(stage.at("cache"), 0o777)
        result = stage.check("--json")
        checker.check(found(result, "error", stage.at("cache")), result)
        os.chmod(ca_file, 0o666)
        result = stage.check("--json")
        checker.check(found(result, "error", ca_file), result)


def usage_errors(checker):
    """usage errors exit 2"""
    with Stage() as stage:
        for arguments in (["--online"], ["x"], ["--tenant", "main"], ["--config"]):
            result = stage.check(*arguments)
            checker.check(result.status == 2 and not result.out and b"--help" in result.err, arguments, result)


Checker().run([clean, configuration, loader_warnings, no_service, accounts, accounts_errors, revoked, keys, files,
               usage_errors])
