from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from streamlit import config
from streamlit.web import cli as streamlit

from vitrine.lab.app.app_command import app


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What the command asks of Streamlit, which does not run."""

    def of(*options: str) -> list[str]:
        asked: list[str] = []

        def note(arguments: list[str], **_: Any) -> None:
            asked.extend(arguments)

        monkeypatch.setattr(streamlit, "main", note)
        done = CliRunner().invoke(app, options)
        assert done.exit_code == 0, done.output
        return asked

    return of


def test_the_app_is_for_this_machine_and_tells_nobody(
    given: Callable[..., list[str]], tmp_path: Path
) -> None:
    asked = given("--folder", str(tmp_path), "--port", "8700", "--no-browser")
    assert asked[0] == "run"
    assert Path(asked[1]).name == "main.py"
    assert {
        "--server.address=127.0.0.1",
        "--server.port=8700",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
        "--server.allowedHosts=127.0.0.1",
        "--server.allowedHosts=localhost",
    } <= set(asked)
    assert asked[-2:] == ["--", str(tmp_path)]


def test_streamlit_knows_each_option(given: Callable[..., list[str]]) -> None:
    known = config.get_config_options()
    for option in given():
        if option.startswith("--") and option != "--":
            name, _, _ = option.removeprefix("--").partition("=")
            assert name in known


def test_without_streamlit_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "streamlit.web", None)
    done = CliRunner().invoke(app, [])
    assert done.exit_code == 1
    assert 'pip install "vitrine[lab]"' in done.output


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--folder", str(tmp_path / "nowhere")])
    assert done.exit_code == 2
    assert "does not exist" in done.output


def test_the_help_tells_how_it_is_used() -> None:
    done = CliRunner().invoke(app, ["--help"])
    for words in ("vitrine lab app", "--folder", "VITRINE_MODELS", "this machine only"):
        assert words in done.output
