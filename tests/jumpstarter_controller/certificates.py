"""Server certificates for the controller: every kind that a lab has been seen to use, good and bad."""

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

KINDS = {
    "self-signed": "self-signed, CA:FALSE: what the real controller makes by default",
    "self-signed-ca": "self-signed, CA:TRUE: what `openssl req -x509` makes by default",
    "signed": "signed by a private CA",
    "expired": "self-signed, no longer valid",
    "wrong-name": "self-signed, for another host",
}


@dataclass
class Certificate:
    key: bytes  # PEM
    chain: bytes  # PEM, what the server sends
    trust: bytes  # PEM, what a client must trust


def make(kind):
    """A fresh certificate of one of KINDS, for 127.0.0.1 and localhost."""
    now = datetime.datetime.now(datetime.timezone.utc)
    until = now - datetime.timedelta(hours=1) if kind == "expired" else now + datetime.timedelta(days=30)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    if kind == "wrong-name":
        names = [x509.DNSName("elsewhere.example")]
    key = ec.generate_private_key(ec.SECP256R1())
    if kind == "signed":
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _certificate("Test CA", ca_key.public_key(), "Test CA", ca_key, until, ca=True)
        leaf = _certificate("controller", key.public_key(), "Test CA", ca_key, until, names=names)
        return Certificate(_pem(key), _pem(leaf), _pem(ca))
    own = _certificate(
        "controller", key.public_key(), "controller", key, until, names, ca=kind == "self-signed-ca"
    )
    return Certificate(_pem(key), _pem(own), _pem(own))


def _certificate(subject, public_key, issuer, issuer_key, until, names=(), ca=False):
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - datetime.timedelta(days=60))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(thing):
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    return thing.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
