#!/usr/bin/python3
"""A small Auth0-like HTTPS tenant for tests and the demo.

It answers what a host asks an Auth0 tenant for (discovery, JWK Set, /oauth/token) and, under
/test/, what only a test may ask: rotate or revoke keys, count requests, misbehave. It listens on
the loopback address with a certificate of its own authority, keeps its keys in one folder, so that
it may be stopped and started again, and is never installed.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import json
import os
import signal
import ssl
import sys
import threading
import time
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import authority  # noqa: E402
import faults  # noqa: E402
import grants  # noqa: E402
from keyring import Keyring  # noqa: E402

DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/.well-known/jwks.json"
TOKEN = "/oauth/token"
MAX_BODY = 1 << 20


class Tenant:
    """What all requests share. The lock guards every member."""

    def __init__(self, folder, issuer, audiences, clients):
        self.lock = threading.RLock()
        self.issuer = issuer
        self.audiences = audiences
        self.clients = clients
        self.keyring = Keyring(os.path.join(folder, "keys.json"))
        self.faults = faults.Faults()
        self.requests = []

    def discovery(self):
        at = self.issuer.rstrip("/")
        return {
            "issuer": self.issuer,
            "authorization_endpoint": at + "/authorize",
            "token_endpoint": at + TOKEN,
            "device_authorization_endpoint": at + "/oauth/device/code",
            "userinfo_endpoint": at + "/userinfo",
            "jwks_uri": at + JWKS,
            "revocation_endpoint": at + "/oauth/revoke",
            "scopes_supported": ["openid", "profile", "offline_access", "email"],
            "response_types_supported": ["code", "token", "id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "claims_supported": ["aud", "exp", "iat", "iss", "sub"],
            "request_uri_parameter_supported": False,
        }

    def counters(self):
        return {"total": len(self.requests), "paths": dict(Counter(p for p, _ in self.requests)),
                "log": [{"path": p, "at": at} for p, at in self.requests]}


def test_rotate(tenant, body):
    """Next becomes current, current becomes previous; `count` times."""
    for _ in range(int(body.get("count", 1))):
        tenant.keyring.rotate()
    return tenant.keyring.states()


def test_revoke(tenant, body):
    """Takes the key `kid`, or every previous one, out of the set; it can still sign by its kid."""
    tenant.keyring.revoke(body.get("kid"))
    return tenant.keyring.states()


def test_key(tenant, body):
    """Adds a key for another algorithm, or the members `jwk` as they are (a broken key)."""
    tenant.keyring.add(body.get("alg"), body.get("jwk"))
    return tenant.keyring.states()


def test_fault(tenant, body):
    tenant.faults.set(body)
    return {"faults": tenant.faults.listed()}


def test_requests(tenant, body):
    """What was asked of the tenant proper since the last reset."""
    counters = tenant.counters()
    if body.get("reset"):
        tenant.requests.clear()
    return counters


TESTS = {"/test/rotate": test_rotate, "/test/revoke": test_revoke, "/test/key": test_key,
         "/test/fault": test_fault, "/test/requests": test_requests,
         "/test/keys": lambda tenant, body: tenant.keyring.states()}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "tenant"
    timeout = 30
    disable_nagle_algorithm = True

    @property
    def tenant(self):
        return self.server.tenant

    def log_message(self, format, *args):
        if self.server.verbose:
            sys.stderr.write("tenant: %s\n" % (format % args))

    def do_GET(self):
        self.dispatch({})

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= MAX_BODY:
            self.close_connection = True
            self.reply_json(413, {"error": "invalid_request"})
            return
        data = self.rfile.read(length)
        try:
            if self.headers.get("Content-Type", "").startswith("application/json"):
                body = json.loads(data or b"{}")
            else:
                body = dict(urllib.parse.parse_qsl(data.decode()))
            if not isinstance(body, dict):
                raise ValueError("no object")
        except ValueError as error:
            self.reply_json(400, {"error": "invalid_request", "error_description": str(error)})
            return
        self.dispatch(body)

    def dispatch(self, body):
        path = self.path.split("?", 1)[0]
        if path in TESTS:
            self.answer_test(TESTS[path], body)
            return
        with self.tenant.lock:
            self.tenant.requests.append((path, time.time()))
            fault = self.tenant.faults.take(path)
        if fault is not None and faults.act(self, fault):
            return
        self.answer(path, body, fault)

    def answer_test(self, what, body):
        try:
            with self.tenant.lock:
                reply = what(self.tenant, body)
        except (KeyError, TypeError, ValueError) as error:
            self.reply_json(400, {"error": "invalid_request", "error_description": repr(error)})
            return
        self.reply_json(200, reply)

    def answer(self, path, body, fault):
        if path == DISCOVERY and self.command == "GET":
            with self.tenant.lock:
                document = self.tenant.discovery()
            self.reply_document(faults.change(document, fault), fault)
        elif path == JWKS and self.command == "GET":
            with self.tenant.lock:
                document = self.tenant.keyring.jwks()
            self.reply_document(faults.change(document, fault), fault)
        elif path == TOKEN and self.command == "POST":
            with self.tenant.lock:
                status, reply = grants.token(self.tenant, body)
            self.reply_json(status, reply)
        else:
            self.reply_json(404, {"error": "not_found"})

    def reply_document(self, document, fault):
        body = json.dumps(document).encode()
        tag = '"%s"' % authority.digest(body)
        headers = {"Cache-Control":
                   "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400",
                   "ETag": tag}
        if fault is None and self.headers.get("If-None-Match") == tag:
            self.reply(304, b"", "application/json", headers)
            return
        self.reply(200, body, "application/json; charset=utf-8", headers)

    def reply_json(self, status, value):
        self.reply(status, json.dumps(value).encode(), "application/json",
                   {"Cache-Control": "no-store"})

    def reply(self, status, body, content_type, headers=()):
        try:
            self.send_response(status)
            if status != 304:
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
            for name, value in dict(headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def finish_request(self, request, client_address):
        """The handshake belongs to the connection's own thread: a client that does not speak must
        not hold up the others."""
        request.settimeout(30)
        try:
            request = self.context.wrap_socket(request, server_side=True)
        except (OSError, ValueError):
            return
        try:
            super().finish_request(request, client_address)
        except OSError:
            pass
        finally:
            try:
                request.close()
            except OSError:
                pass

    def handle_error(self, request, client_address):
        if self.verbose:
            super().handle_error(request, client_address)


def write_json(path, value):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")
    os.rename(path + ".new", path)


def arguments():
    parser = argparse.ArgumentParser(description="A small Auth0-like HTTPS tenant for tests.")
    parser.add_argument("--dir", required=True, help="folder for keys, certificates, tenant.json")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, or the last one")
    parser.add_argument("--address", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--name", default="localhost", help="host name of the issuer")
    parser.add_argument("--audience", action="append", help="identifier of an API (repeatable)")
    parser.add_argument("--client", action="append", metavar="ID:SECRET", help="a machine client")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def last_port(folder):
    try:
        with open(os.path.join(folder, "tenant.json"), encoding="utf-8") as file:
            return int(json.load(file)["port"])
    except (OSError, ValueError, KeyError):
        return 0


def main():
    args = arguments()
    os.makedirs(args.dir, mode=0o755, exist_ok=True)
    paths = authority.make(args.dir, args.name)
    server = Server((args.address, args.port or last_port(args.dir)), Handler)
    server.verbose = args.verbose
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.minimum_version = ssl.TLSVersion.TLSv1_2
    server.context.load_cert_chain(paths["cert"], paths["key"])
    port = server.server_address[1]
    issuer = "https://%s/" % (args.name if port == 443 else "%s:%d" % (args.name, port))
    clients = dict(item.split(":", 1) for item in args.client or
                   ["1fMGzP0oZ6mzDRmNYbQ9eJqYdXIgZ4kT:machine-secret"])
    audiences = args.audience or ["https://login.example.com"]
    server.tenant = Tenant(args.dir, issuer, audiences, clients)
    write_json(os.path.join(args.dir, "tenant.json"),
               {"issuer": issuer, "address": args.address, "port": port, "ca_file": paths["ca"],
                "audiences": server.tenant.audiences, "pid": os.getpid()})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    print("ready %s" % issuer, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
