"""HTTPS servers whose certificate or TLS is wrong in one way each.

SPDX-License-Identifier: Apache-2.0
"""

import datetime
import os
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs server certificates and knows its own file."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = _name(name)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.ca_file = os.path.join(folder, name.replace(" ", "-") + ".pem")
        certificate = self._sign(self.name, self.key.public_key(), 0, 365,
                                 x509.BasicConstraints(ca=True, path_length=0), True)
        self._write(self.ca_file, certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, public_key, start, end, extension, critical):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
                .public_key(public_key).serial_number(x509.random_serial_number())
                .not_valid_before(now + datetime.timedelta(days=start - 1))
                .not_valid_after(now + datetime.timedelta(days=end))
                .add_extension(extension, critical).sign(self.key, hashes.SHA256()))

    def _write(self, path, data):
        with open(path, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(data)

    def certificate(self, name, start=0, end=30):
        """Path of a file with certificate and key for this host name."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(_name(name), key.public_key(), start, end,
                                 x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        path = os.path.join(self.folder, "server-%s-%d-%d.pem" % (name, start, end))
        self._write(path, certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
        return path


class OddServer:
    """Answers every request with one document, over TLS (without a certificate: in the clear)."""

    def __init__(self, certificate, document=b"{}", maximum=None):
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        if maximum is not None:
            self.context.set_ciphers("ALL:@SECLEVEL=0")
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            self.context.maximum_version = maximum
        self.document = document
        self.requests = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        try:
            connection.settimeout(10)
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            if not connection.recv(4096).startswith(b"GET "):
                return
            self.requests += 1
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               b"Content-Length: %d\r\nConnection: close\r\n\r\n%s"
                               % (len(self.document), self.document))
        except OSError:
            pass
        finally:
            connection.close()

    def close(self):
        self.listener.close()
