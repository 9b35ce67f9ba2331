"""A CA of our own and servers' certificates under it: good, expired, for another name, signed by itself."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

WRONG = ("expired", "wrong name", "self-signed")
_CA = "Lam Hà CA"
_DAY = timedelta(days=1)


class Authority:
    """A CA that exists for one test; its files are made in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = ec.generate_private_key(ec.SECP256R1())
        self.trusted = folder / "ca.pem"
        """The certificate of the CA, for those who are to believe it."""
        own = _certificate(_CA, self._root, _CA, self._root, until=_DAY, host="127.0.0.1", ca=True)
        self.trusted.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def server(self, kind: str, host: str = "127.0.0.1") -> ssl.SSLContext:
        """What a server at `host` (a name or an address) shows: "good", or one of `WRONG`."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, by = ("máy", key) if kind == "self-signed" else (_CA, self._root)
        named = "127.0.0.2" if kind == "wrong name" else host
        cert = _certificate("máy", key, issuer, by, until=-_DAY if kind == "expired" else _DAY, host=named)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self._folder / f"{kind} {host}.pem"
        file.write_bytes(cert.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _certificate(
    common: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *,
    until: timedelta, host: str, ca: bool = False,
) -> x509.Certificate:  # fmt: skip
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder().subject_name(_name(common)).issuer_name(_name(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=30)).not_valid_after(now + until)
        .add_extension(x509.SubjectAlternativeName([_subject(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .sign(by, hashes.SHA256())
    )  # fmt: skip


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _subject(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
