"""What a lasting site adds to the settings of the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from vitrine.site.lasting import own_host
from vitrine.site.running import with_token
from vitrine.site.site_command import site


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - nothing listens
        ("::", "127.0.0.1"),
        ("::1", "[::1]"),
        ("192.168.1.5", "192.168.1.5"),
        ("localhost", "localhost"),
    ],
)
def test_the_site_reaches_its_own_pages(host: str, expected: str) -> None:
    assert own_host(host) == expected


def test_an_address_brings_its_token() -> None:
    assert with_token("live", SecretStr("secret")) == "live?token=secret"
    assert with_token("live", None) == "live"


def test_the_state_directory_of_systemd_is_the_data_folder(tmp_path: Path) -> None:
    context = site.make_context(
        "site",
        [str(tmp_path)],
        resilient_parsing=False,
    )
    assert context.params["data"] is None
    data = next(option for option in site.params if option.name == "data")
    assert data.envvar == "STATE_DIRECTORY"
