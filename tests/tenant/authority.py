"""The tenant's certificate authority and its server certificate.

SPDX-License-Identifier: Apache-2.0
"""

import datetime
import hashlib
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def digest(data):
    return hashlib.sha256(data).hexdigest()[:32]


def _save(path, data, mode):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)


def _private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject, issuer, public_key, signer, extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
               .public_key(public_key).serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(days=1))
               .not_valid_after(now + datetime.timedelta(days=365)))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256())


def _key_usage(**on):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


def _make(paths, name):
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("Test tenant authority")
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = _certificate(ca_name, ca_name, ca_key.public_key(), ca_key, [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_key_usage(key_cert_sign=True, crl_sign=True), True),
        (ca_id, False)])
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(item) for item in sorted({name, "localhost"})]
    names += [x509.IPAddress(ipaddress.ip_address(item)) for item in ("127.0.0.1", "::1")]
    certificate = _certificate(_name(name), ca_name, key.public_key(), ca_key, [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(names), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), False)])
    _save(paths["ca"], ca.public_bytes(serialization.Encoding.PEM), 0o644)
    _save(paths["cert"], certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    _save(paths["key"], _private_pem(key), 0o600)


def make(folder, name):
    """Paths of ca, cert and key below folder; they are made where one is missing."""
    folder = os.path.abspath(folder)
    paths = {what: os.path.join(folder, what + ".pem") for what in ("ca", "cert", "key")}
    if not all(os.path.exists(path) for path in paths.values()):
        _make(paths, name)
    return paths
