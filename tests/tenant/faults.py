"""How the tenant misbehaves when a test asks for it.

A fault is {"kind": ..., "path": ..., "count": ...}: path is the one it holds for (every path where
it is absent), count how often (for ever where it is absent). {"kind": "none"} ends all of them.
Some faults replace the answer (act), some change the document that is answered (change).

SPDX-License-Identifier: Apache-2.0
"""

import json
import socket
import time

HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>\n"


class Faults:
    def __init__(self):
        self.active = []

    def set(self, fault):
        kind = fault["kind"]
        if kind == "none":
            self.active.clear()
        elif kind in ACTIONS or kind in CHANGES:
            self.active.append(dict(fault))
        else:
            raise ValueError("unknown kind of fault: %s" % kind)

    def take(self, path):
        """The fault for this path, or None."""
        for fault in self.active:
            if fault.get("path", path) != path:
                continue
            if "count" in fault:
                fault["count"] -= 1
                if fault["count"] <= 0:
                    self.active.remove(fault)
            return fault
        return None

    def listed(self):
        return self.active


def slow(handler, fault):
    """Answers, but only after a while."""
    time.sleep(float(fault.get("seconds", 3)))
    return False


def hang(handler, fault):
    """Takes the request and says nothing."""
    time.sleep(float(fault.get("seconds", 60)))
    close(handler, fault)
    return True


def drip(handler, fault):
    """One byte at a time: no single wait is long, all of them are."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "4096")
    handler.end_headers()
    end = time.monotonic() + float(fault.get("seconds", 60))
    try:
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(float(fault.get("pause", 0.2)))
    except OSError:
        pass
    close(handler, fault)
    return True


def close(handler, fault):
    """Ends the connection without a word."""
    handler.close_connection = True
    try:
        handler.connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    return True


def html(handler, fault):
    handler.reply(200, HTML, "text/html")
    return True


def status(handler, fault):
    headers = {}
    if "retry_after" in fault:
        headers["Retry-After"] = str(fault["retry_after"])
    body = json.dumps({"error": "fault"}).encode()
    handler.reply(int(fault.get("status", 500)), body, "application/json", headers)
    return True


def huge(handler, fault):
    """A key set with a great deal of room in it."""
    size = int(fault.get("size", 300 * 1024))
    handler.reply(200, b'{"keys":[' + b" " * (size - 11) + b"]}", "application/json")
    return True


def half(handler, fault):
    """Announces a body and sends the first half of it."""
    body = json.dumps(handler.tenant.keyring.jwks()).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[:len(body) // 2])
    handler.wfile.flush()
    return close(handler, fault)


def redirect(handler, fault):
    location = fault.get("location", handler.tenant.issuer + ".well-known/elsewhere.json")
    handler.reply(int(fault.get("status", 302)), b"", "text/plain", {"Location": location})
    return True


def body(handler, fault):
    """Any body at all."""
    handler.reply(int(fault.get("status", 200)), fault["body"].encode("utf-8", "surrogateescape"),
                  fault.get("content_type", "application/json"))
    return True


ACTIONS = {"slow": slow, "hang": hang, "drip": drip, "close": close, "html": html, "500": status,
           "status": status, "huge": huge, "half": half, "redirect": redirect, "body": body}

CHANGES = {
    "wrong_issuer": lambda document, fault: document.update(
        issuer=fault.get("issuer", "https://other.example.com/")),
    "other_host": lambda document, fault: document.update(
        jwks_uri=fault.get("jwks_uri", "https://other.example.com/.well-known/jwks.json")),
    "plain_http": lambda document, fault: document.update(
        jwks_uri=document["jwks_uri"].replace("https://", "http://")),
    "no_jwks_uri": lambda document, fault: document.pop("jwks_uri"),
    "no_keys": lambda document, fault: document.update(keys=[]),
    "many_keys": lambda document, fault: document.update(
        keys=document["keys"] * int(fault.get("factor", 40))),
}


def act(handler, fault):
    """True where the request has been dealt with."""
    action = ACTIONS.get(fault["kind"])
    return action is not None and action(handler, fault)


def change(document, fault):
    if fault is not None and fault["kind"] in CHANGES:
        CHANGES[fault["kind"]](document, fault)
    return document
