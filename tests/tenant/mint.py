#!/usr/bin/python3
"""Gets an access token from a running test tenant and prints it.

    mint.py --tenant DIR --sub 'auth0|alice' --permission ssh:login
    mint.py --tenant DIR --machine
    mint.py --tenant DIR --sub 'auth0|alice' --lifetime 60 --claim 'org_id="org_1"' --decode

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import client as tenant_client  # noqa: E402


def pair(text):
    name, _, value = text.partition("=")
    return name, json.loads(value)


def arguments():
    parser = argparse.ArgumentParser(description="Gets an access token from the test tenant.")
    parser.add_argument("--tenant", required=True, help="the folder that tenant.py runs with")
    parser.add_argument("--sub", help="the user's subject")
    parser.add_argument("--machine", action="store_true", help="client credentials, no user")
    parser.add_argument("--permission", action="append", dest="permissions")
    parser.add_argument("--audience")
    parser.add_argument("--client-id")
    parser.add_argument("--scope")
    parser.add_argument("--profile", choices=["auth0", "rfc9068"])
    parser.add_argument("--lifetime", type=int, help="seconds from iat to exp")
    parser.add_argument("--iat", type=int, help="seconds since the epoch")
    parser.add_argument("--alg")
    parser.add_argument("--kid", help="sign with this key, even a revoked one")
    parser.add_argument("--size", type=int, help="fill the token up to so many bytes")
    parser.add_argument("--claim", action="append", default=[], metavar="NAME=JSON", type=pair)
    parser.add_argument("--header", action="append", default=[], metavar="NAME=JSON", type=pair)
    parser.add_argument("--decode", action="store_true", help="print header and payload instead")
    args = parser.parse_args()
    if args.machine == (args.sub is not None):
        parser.error("give either --sub or --machine")
    return args


def decode(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def main():
    args = arguments()
    names = ("permissions", "audience", "client_id", "scope", "profile", "lifetime", "iat", "alg",
             "kid", "size")
    chosen = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if args.claim:
        chosen["claims"] = dict(args.claim)
    if args.header:
        chosen["header"] = dict(args.header)
    try:
        tenant = tenant_client.Client(args.tenant)
        token = tenant.machine_token(**chosen) if args.machine else tenant.token(args.sub, **chosen)
    except (OSError, tenant_client.TenantError) as error:
        sys.exit("mint.py: no token from the tenant of %s: %s" % (args.tenant, error))
    if args.decode:
        for part in token.split(".")[:2]:
            print(json.dumps(decode(part), indent=2))
    else:
        print(token)


if __name__ == "__main__":
    main()
