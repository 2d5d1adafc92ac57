"""Certificates of authorities that nobody else trusts, for an hour."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certified:
    """What a server shows of itself, and the certificate of the authority that vouches for it."""

    certificate: Path
    key: Path
    authority: Path


def certified(folder: Path, host: str) -> Certified:
    """Make a certificate of a host, by an authority of its own."""
    own, its = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _name("kpidsl's tests")
    as_authority = x509.BasicConstraints(ca=True, path_length=0)
    signs = x509.KeyUsage(
        *(False, False, False, False, False), key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    root = (
        _builder(authority, authority, own.public_key())
        .add_extension(as_authority, critical=True)
        .add_extension(signs, critical=True)
        .sign(own, hashes.SHA256())
    )
    named = x509.SubjectAlternativeName([x509.DNSName(host)])
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key())
    leaf = (
        _builder(_name(host), authority, its.public_key())
        .add_extension(named, critical=False)
        .add_extension(identifier, critical=False)
        .sign(own, hashes.SHA256())
    )
    found = Certified(*(folder / f"{host}.{part}" for part in ("crt", "key", "ca")))
    pem = serialization.Encoding.PEM
    found.certificate.write_bytes(leaf.public_bytes(pem))
    found.authority.write_bytes(root.public_bytes(pem))
    found.key.write_bytes(
        its.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    an_hour = datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - an_hour)
        .not_valid_after(now + an_hour)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
