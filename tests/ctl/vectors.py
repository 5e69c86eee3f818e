#!/usr/bin/python3
"""Runs every vector (tests/vectors/README.md) through `auth0jwtctl verify --json`.

Not run here: cases with `untrimmed`, which say what holds for exactly those octets, while a command line drops white
space and "Bearer " around a token.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import glob
import json
import os

from ctl_case import SOURCE, Checker, Folder, run

ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
MEMBERS = ["verdict", "reason", "detail", "tenant", "kid", "alg", "id", "subject", "account", "permissions",
           "groups", "issued_at", "expires_at", "checks"]


def octets(value):
    if isinstance(value, str):
        return value.encode()
    if "$raw" in value:
        return value["$raw"].encode()
    if "$b64" in value:
        return base64.b64decode(value["$b64"], validate=True)
    if "$concat" in value:
        return "".join(part if isinstance(part, str) else part["repeat"] * part["count"]
                       for part in value["$concat"]).encode()
    return json.dumps(value).encode()


def config_text(folder, config):
    """The case's configuration as a file of ours."""
    require = " ".join(config["required_permissions"]) or "none"
    profile = {"auth0": "either", "strict": "rfc9068"}[config["typ_policy"]]
    algorithms = " ".join(name for name in config["algorithms"] if name in ALGORITHMS)
    lines = [
        "[global]",
        f"max_token_size = {config['max_token_bytes']}",
        f"accounts_file = {folder.accounts}",
        f"revoked_file = {folder.at('revoked')}",
        f"cache_dir = {folder.at('cache')}",
        f"state_dir = {folder.at('state')}",
        "[tenant t]",
        f"issuer = {config['issuer']}",
        f"audience = {' '.join(config['audience'])}",
        "authorized_parties = *",
        f"algorithms = {algorithms}",
        f"leeway = {config['leeway']}",
        f"profile = {profile}",
        "[service t]",
        f"require = {require}",
    ]
    if config["max_age"] is not None:
        lines.append(f"max_token_age = {config['max_age']}")
    return "\n".join(lines) + "\n"


class Files:
    """Each distinct content is written once."""

    def __init__(self, folder):
        self.folder = folder
        self.known = {}

    def path(self, content):
        if content not in self.known:
            self.known[content] = self.folder.write(f"file{len(self.known)}", content)
        return self.known[content]


def judge(checker, case, expected, result):
    """The whole answer of one case: verdict, reason, exit status, shape and claims."""
    answer = result.json
    if not checker.check(answer is not None and list(answer) == MEMBERS, "shape", result):
        return
    accept = expected["expect"] == "accept"
    checker.equal(answer["verdict"], expected["expect"], case["comment"], answer)
    good = {"accepted"} if accept else {expected["reason"], *expected["also_ok"]}
    checker.check(answer["reason"] in good, f"reason {answer['reason']}, not in {good}",
                  case["comment"], answer)
    status = {"accepted": 0, "keys_unavailable": 3}.get(answer["reason"], 1)
    checker.equal(result.status, status, "exit status", result)
    results = [check["result"] for check in answer["checks"]]
    checker.equal(results.count("failed"), 0 if accept else 1, "failed checks", answer)
    claims = case.get("claims") if accept else None
    if claims:
        checker.equal(answer["subject"], claims["sub"], "subject")
        if "permissions" in claims:
            checker.equal(answer["permissions"], claims["permissions"], "permissions")


def run_file(checker, folder, files, path):
    with open(path, encoding="ascii") as file:
        vectors = json.load(file)
    count = 0
    for case in vectors["cases"]:
        if case.get("untrimmed"):
            continue
        count += 1
        expected = {"expect": case["expect"], "reason": case.get("reason"),
                    "also_ok": case.get("also_ok", [])}
        if case["layer"] == "jws":
            expected = {"expect": "reject", **case["full"]}
        config = files.path(config_text(folder, {**vectors["config"], **case["config"]}).encode())
        keys = files.path(octets(vectors["jwks"][case["jwks"]]))
        token = octets(case["token"])
        result = run("verify", "--json", "--config", config, "--service", "t", "--keys", keys,
                     "--now", str(case["now"]), stdin=token)
        judge(checker, case, expected, result)
        checker.end(case["id"])
    return count


def main():
    checker = Checker()
    paths = sorted(glob.glob(os.path.join(SOURCE, "tests", "vectors", "*.json")))
    total = 0
    with Folder() as folder:
        files = Files(folder)
        for path in paths:
            total += run_file(checker, folder, files, path)
    checker.equal((len(paths), total), (18, 774))
    checker.end("all families, all cases but the untrimmed ones")
    checker.finish()


main()
