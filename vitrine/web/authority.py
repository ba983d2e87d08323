"""A certificate authority of one's own, for screens that somebody sets up by hand."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vitrine.errors import ConfigurationError
from vitrine.output import replace_file
from vitrine.settings import NAME

AUTHORITY: Final = "authority.pem"
AUTHORITY_KEY: Final = "authority-key.pem"
SITE: Final = "site.pem"
SITE_KEY: Final = "site-key.pem"

# As long as a screen hangs. Chosen, not measured.
AUTHORITY_DAYS: Final = 3_650
# What browsers accept of public authorities (CA/Browser Forum, before the shorter ones).
SITE_DAYS: Final = 397
# Clocks of screens may be behind.
EARLIER: Final = timedelta(hours=1)
# A site reaches its own pages by these.
OWN_NAMES: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Authority:
    """Hold what signs the certificates of a site."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def make_site_certificate(folder: Path, names: Sequence[str]) -> datetime:
    """Write a certificate for a site's names and addresses, and its key; return when it ends.

    The authority of the folder signs it, made the first time. Raises ConfigurationError.
    """
    now = datetime.now(UTC)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        authority = _authority_of(folder, now)
        key = generate_private_key(SECP256R1())
        certificate = _signed(authority, key, names, now)
        # Who reads one and then the other finds no pair, and looks again.
        _write_key(folder / SITE_KEY, key)
        chain = _pem(certificate) + _pem(authority.certificate)
        _write_certificate(folder / SITE, chain)
    except OSError as error:
        raise ConfigurationError(f"{folder}: {error.strerror}") from error
    return certificate.not_valid_after_utc


def _authority_of(folder: Path, now: datetime) -> Authority:
    certificate_path = folder / AUTHORITY
    key_path = folder / AUTHORITY_KEY
    if not certificate_path.exists() and not key_path.exists():
        authority = _new_authority(now)
        _write_key(key_path, authority.key)
        _write_certificate(certificate_path, _pem(authority.certificate))
        return authority
    try:
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        key = load_pem_private_key(key_path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{certificate_path} and {key_path} are no authority ({error}); bring them back, or "
            "remove both for a new one, which every screen has to be told"
        ) from None
    is_pair = certificate.public_key() == key.public_key()
    if not isinstance(key, EllipticCurvePrivateKey) or not is_pair:
        raise ConfigurationError(
            f"{key_path} is not the key of {certificate_path}; bring the right one back"
        )
    return Authority(certificate, key)


def _new_authority(now: datetime) -> Authority:
    key = generate_private_key(SECP256R1())
    name = _named("Vitrine authority")
    usage = _usage(signs_certificates=True)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - EARLIER,
        not_valid_after=now + timedelta(days=AUTHORITY_DAYS),
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    builder = builder.add_extension(usage, True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(identifier, False)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def _signed(
    authority: Authority,
    key: EllipticCurvePrivateKey,
    names: Sequence[str],
    now: datetime,
) -> x509.Certificate:
    """Return a certificate of a server; it never outlives its authority."""
    ends = now + timedelta(days=SITE_DAYS)
    builder = x509.CertificateBuilder(
        issuer_name=authority.certificate.subject,
        subject_name=_named("Vitrine site"),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - EARLIER,
        not_valid_after=min(ends, authority.certificate.not_valid_after_utc),
    )
    own = [_general(name) for name in dict.fromkeys([*names, *OWN_NAMES])]
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        authority.key.public_key()
    )
    builder = builder.add_extension(x509.SubjectAlternativeName(own), False)
    builder = builder.add_extension(constraints, True)
    builder = builder.add_extension(_usage(signs_certificates=False), True)
    builder = builder.add_extension(server, False)
    builder = builder.add_extension(issuer, False)
    return builder.sign(authority.key, hashes.SHA256())


def _general(name: str) -> x509.GeneralName:
    """Return a host's name or address as a certificate has it. Raises ConfigurationError."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name of a host and no address; give one as screens.mall.example, "
            "other letters as browsers send them (xn--…)"
        )
    return x509.DNSName(name)


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _write_certificate(path: Path, text: str) -> None:
    replace_file(path, text)
    path.chmod(0o644)


def _write_key(path: Path, key: EllipticCurvePrivateKey) -> None:
    """Write a key for its owner alone; that is the owner of the folder, where root does so."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    replace_file(path, text.decode())
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
