"""What a lasting site adds to the settings of the environment."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import SecretStr
from rich.console import Console

from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.services.console.settings import ConsoleSettings
from vitrine.services.stand.settings import StandSettings
from vitrine.settings import Settings
from vitrine.site.lasting import LastingSite, files_of
from vitrine.site.own_pages import own_host, passed_on, with_token
from vitrine.site.running import welcome
from vitrine.site.site_command import site
from vitrine.stores.data_folder import DataFolder


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


def test_the_stand_asks_where_the_others_listen_also_where_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_CONSOLE_PORT", "8001")
    monkeypatch.setenv("VITRINE_CUSTOMERS_PUBLIC_URL", "https://club.example")
    pages = passed_on("127.0.0.1", 7001, 7002)
    assert pages[StandSettings] == {
        "console_url": "http://127.0.0.1:8001",
        "analytics_url": "http://127.0.0.1:7002",
        "customers_url": "https://club.example",
    }
    assert pages[ConsoleSettings] == {"port": 8001}
    assert pages[AnalyticsSettings] == {"port": 7002}


def test_an_address_brings_its_token() -> None:
    assert with_token("live", SecretStr("secret")) == "live?token=secret"
    assert with_token("live", None) == "live"
    assert with_token("live", SecretStr("sha256:" + "0" * 64)) == "live"


@pytest.mark.parametrize("users", [None, Path("users.yaml")])
def test_the_token_is_printed_only_where_people_cannot_sign_in(
    users: Path | None,
) -> None:
    token = "the operator's token"  # noqa: S105 - of the test
    fake = SimpleNamespace(
        address="http://127.0.0.1:8000",
        customers_address="http://127.0.0.1:8004",
        settings=Settings(operator_token=SecretStr(token), users=users),
        player_token=None,
        health_port=8080,
        stands=list,
    )
    printed = StringIO()
    welcome(Console(file=printed), cast(LastingSite, fake))
    assert "http://127.0.0.1:8000/live" in printed.getvalue()
    assert "http://127.0.0.1:8004/join" in printed.getvalue()
    assert (token in printed.getvalue()) == (users is None)


def test_the_state_directory_of_systemd_is_the_data_folder(tmp_path: Path) -> None:
    context = site.make_context(
        "site",
        [str(tmp_path)],
        resilient_parsing=False,
    )
    assert context.params["data"] is None
    data = next(option for option in site.params if option.name == "data")
    assert data.envvar == "STATE_DIRECTORY"


def test_what_the_environment_does_not_name_is_in_the_folder(tmp_path: Path) -> None:
    named = Settings(audit_file=tmp_path / "elsewhere", key_file=tmp_path / "key")
    folder = DataFolder(tmp_path)
    assert files_of(Settings(), folder)["audit_file"] == tmp_path / "audit.jsonl"
    assert not {"audit_file", "key_file"} & files_of(named, folder).keys()
