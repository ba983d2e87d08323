"""Certificates: made, read, and renewed while they are served."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from vitrine.cli.certificate_command import certificate as command
from vitrine.errors import ConfigurationError
from vitrine.telemetry.metrics import CERTIFICATE_ENDS
from vitrine.web.authority import make_site_certificate
from vitrine.web.certificate import Certificate

NAMES = ["screens.mall.example", "10.0.4.2"]


def shown(folder: Path) -> bytes:
    """The certificate of the file, without those that lead to its authority."""
    chain = x509.load_pem_x509_certificates((folder / "site.pem").read_bytes())
    return chain[0].fingerprint(SHA256())


def read(folder: Path) -> Certificate:
    return Certificate(folder / "site.pem", folder / "site-key.pem")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Connect in memory. Raises SSLError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = server.wrap_bio(to_server, to_client, server_side=True)
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    for _ in range(4):
        for side in (here, there):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    here.getpeercert()


def test_whoever_trusts_the_authority_takes_the_names_of_the_site(
    tmp_path: Path,
) -> None:
    ends = make_site_certificate(tmp_path, NAMES)
    assert timedelta(396) < ends - datetime.now(UTC) < timedelta(397)
    client = ssl.create_default_context(cafile=tmp_path / "authority.pem")
    server = read(tmp_path).context
    for name in (*NAMES, "localhost", "127.0.0.1", "::1"):
        handshake(server, client, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "another.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, ssl.create_default_context(), NAMES[0])


def test_a_client_on_the_machine_takes_it_by_any_name(tmp_path: Path) -> None:
    make_site_certificate(tmp_path, NAMES)
    pair = read(tmp_path)
    handshake(pair.context, pair.client_context(), "0.0.0.0")  # noqa: S104 - as it listens
    other = tmp_path / "other"
    make_site_certificate(other, NAMES)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(read(other).context, pair.client_context(), NAMES[0])


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    make_site_certificate(tmp_path, NAMES)
    for name in ("authority-key.pem", "site-key.pem"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_renewed_pair_is_shown_and_a_bad_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_site_certificate(tmp_path, NAMES)
    authority = (tmp_path / "authority.pem").read_bytes()
    client = ssl.create_default_context(cafile=tmp_path / "authority.pem")
    pair = read(tmp_path)
    before = shown(tmp_path)
    ends = make_site_certificate(tmp_path, ["new.example"])
    pair.look()
    assert (tmp_path / "authority.pem").read_bytes() == authority
    assert shown(tmp_path) != before
    handshake(pair.context, client, "new.example")
    assert CERTIFICATE_ENDS.labels("own")._value.get() == int(ends.timestamp())
    (tmp_path / "site-key.pem").write_text("half a f")
    pair.look()
    pair.look()
    assert caplog.text.count("the renewed certificate is refused") == 1
    handshake(pair.context, client, "new.example")


@pytest.mark.parametrize("file", ["site.pem", "site-key.pem"])
def test_what_is_no_pair_is_said(tmp_path: Path, file: str) -> None:
    make_site_certificate(tmp_path, NAMES)
    other = tmp_path / "other"
    make_site_certificate(other, NAMES)
    (tmp_path / file).write_bytes((other / file).read_bytes())
    with pytest.raises(ConfigurationError, match="are no certificate and its key"):
        read(tmp_path)
    (tmp_path / file).write_text("")
    with pytest.raises(ConfigurationError, match="`vitrine certificate` makes a pair"):
        read(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(ConfigurationError, match=f"{file} is not there"):
        read(tmp_path)


@pytest.mark.parametrize("file", ["authority.pem", "authority-key.pem"])
def test_half_an_authority_is_not_replaced(tmp_path: Path, file: str) -> None:
    make_site_certificate(tmp_path, NAMES)
    (tmp_path / file).unlink()
    with pytest.raises(ConfigurationError, match="bring them back"):
        make_site_certificate(tmp_path, NAMES)
    (tmp_path / file).write_text("damaged")
    with pytest.raises(ConfigurationError, match="bring them back"):
        make_site_certificate(tmp_path, NAMES)
    other = tmp_path / "other"
    make_site_certificate(other, NAMES)
    (tmp_path / file).write_bytes((other / file).read_bytes())
    with pytest.raises(ConfigurationError, match="bring the right one back"):
        make_site_certificate(tmp_path, NAMES)


def test_the_command_says_what_to_do_next(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "tls"
    result = CliRunner().invoke(command, [str(folder), *NAMES])
    assert result.exit_code == 0
    assert f"Screens have to trust {folder / 'authority.pem'}" in result.output
    wrong = CliRunner().invoke(command, [str(folder), "https://site"])
    assert "'https://site' is no name of a host" in str(wrong.exception)
