"""Talks to the test tenant: for the tests, the demo and mint.py.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


class TenantError(Exception):
    """The tenant refused; the text is its own."""


class Client:
    """A tenant that runs, found by the folder that it was started with."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "tenant.json"), encoding="utf-8") as file:
            self.facts = json.load(file)
        self.issuer = self.facts["issuer"]
        self.ca_file = self.facts["ca_file"]
        self.base = "https://%s:%d" % (self.facts["address"], self.facts["port"])
        self.context = ssl.create_default_context(cafile=self.ca_file)
        handlers = [urllib.request.ProxyHandler({}),
                    urllib.request.HTTPSHandler(context=self.context)]
        self.opener = urllib.request.build_opener(*handlers)

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data,
                                         headers={"Content-Type": "application/json"})
        try:
            with self.opener.open(request, timeout=20) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise TenantError("%s: %s %s" % (path, error.code, error.read().decode())) from None

    def token(self, sub, **chosen):
        """An access token for a user; see grants.user for what may be chosen."""
        body = {"grant_type": "urn:test:user", "sub": sub}
        body.update(chosen)
        return self.call("/oauth/token", body)["access_token"]

    def machine_token(self, client_id="1fMGzP0oZ6mzDRmNYbQ9eJqYdXIgZ4kT", secret="machine-secret",
                      audience=None, **chosen):
        body = {"grant_type": "client_credentials", "client_id": client_id,
                "client_secret": secret, "audience": audience or self.facts["audiences"][0]}
        body.update(chosen)
        return self.call("/oauth/token", body)["access_token"]

    def rotate(self, count=1):
        return self.call("/test/rotate", {"count": count})["keys"]

    def revoke(self, kid=None):
        return self.call("/test/revoke", {"kid": kid})["keys"]

    def keys(self):
        return self.call("/test/keys")["keys"]

    def current_kid(self):
        return next(key["kid"] for key in self.keys() if key["state"] == "current")

    def fault(self, kind, **more):
        return self.call("/test/fault", dict(more, kind=kind))

    def requests(self, reset=False):
        """{"total": ..., "paths": {path: count}} since the last reset, without the tests' own."""
        return self.call("/test/requests", {"reset": reset})


def start(folder, *options, wait=15):
    """Starts a tenant and returns (process, Client) once it answers."""
    process = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "tenant.py"), "--dir", folder, *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if not line.startswith("ready "):
        process.kill()
        raise TenantError("the tenant did not start")
    end = time.monotonic() + wait
    client = Client(folder)
    while True:
        try:
            client.call("/test/keys")
            return process, client
        except OSError:
            if time.monotonic() > end:
                process.kill()
                raise
            time.sleep(0.05)
