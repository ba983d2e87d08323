"""Settings come from the environment, and an unknown name is a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine import settings
from vitrine.errors import ConfigurationError
from vitrine.settings import Settings


def test_settings_are_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_BUS", "memory")
    assert Settings.load().bus == "memory"


def test_a_variable_of_a_service_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_STAND_PORT", "8001")
    Settings.load()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "VITRINE_KAFKA_SERVER",
            "localhost:9092",
            r"VITRINE_KAFKA_SERVER is no setting; did you mean VITRINE_KAFKA_SERVERS\?",
        ),
        ("VITRINE_BUS", "rabbit", "VITRINE_BUS: expected 'memory' or 'kafka'"),
        ("VITRINE_FINITE", "maybe", "VITRINE_FINITE: expected true or false$"),
        ("VITRINE_HEALTH_PORT", "70000", "expected less than or equal to 65535$"),
        ("VITRINE_OPERATOR_TOKEN", "short", "expected at least 16 characters$"),
        ("VITRINE_SERVICES_TOKEN", "sha256:" + "0" * 64, "expected the token itself"),
        ("VITRINE_OIDC_ISSUER", "http://mall.example", "expected https://"),
        ("VITRINE_OIDC_ISSUER", "https://mall.example", "set all or none$"),
        (
            "VITRINE_HEALTH_PORT",
            "http",
            "VITRINE_HEALTH_PORT: expected a whole number$",
        ),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=expected):
        Settings.load()


def test_the_environment_wins_over_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HEALTH_PORT", "9000")
    loaded = Settings.load({"health_port": 1, "startup_limit_s": 5.0})
    assert (loaded.health_port, loaded.startup_limit_s) == (9000, 5.0)


def test_an_override_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_BUS", "kafka")
    assert Settings.load(bus="memory").bus == "memory"


def test_a_default_for_no_setting_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="VITRINE_PORT_OF_HEALTH: Extra"):
        Settings.load({"port_of_health": 1})


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_REDIS_URL", "redis://:hunter2@localhost:6379/0")
    assert "hunter2" not in repr(Settings.load())


def test_a_secret_may_be_a_file_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "SECRETS", tmp_path)
    (tmp_path / "vitrine_kafka_password").write_text("from a file\n")
    (tmp_path / "vitrine_redis_url").write_text("redis://file:6379/0\n")
    (tmp_path / "keys").write_text("somebody else's\n")
    monkeypatch.setenv("VITRINE_REDIS_URL", "redis://environment:6379/0")
    loaded = Settings.load()
    assert loaded.kafka_password is not None
    assert loaded.kafka_password.get_secret_value() == "from a file"
    assert loaded.redis_url.get_secret_value() == "redis://environment:6379/0"


@pytest.mark.parametrize("end", ["\n", "\r\n", "  ", "\t\n\n"])
def test_values_are_stripped(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setenv("VITRINE_OPERATOR_TOKEN", f"0123456789abcdef{end}")
    monkeypatch.setenv("VITRINE_BUS", f"memory{end}")
    monkeypatch.setenv("VITRINE_HEALTH_PORT", f" 9000{end}")
    monkeypatch.setenv("VITRINE_CONFIG", f"site{end}")
    loaded = Settings.load()
    assert loaded.operator_token is not None
    assert loaded.operator_token.get_secret_value() == "0123456789abcdef"
    assert (loaded.bus, loaded.health_port) == ("memory", 9000)
    assert loaded.config == Path("site")


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    monkeypatch.setenv("VITRINE_KEY_FILE", empty)
    monkeypatch.setenv("VITRINE_HEALTH_PORT", empty)
    loaded = Settings.load({"health_port": 1})
    assert loaded.key_file is None
    assert loaded.health_port == 1


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_around_a_value_are_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, quote: str
) -> None:
    monkeypatch.setenv("VITRINE_OPERATOR_TOKEN", f"{quote}geheim-0123456789{quote}")
    with pytest.raises(ConfigurationError) as error:
        Settings.load()
    assert str(error.value).startswith("VITRINE_OPERATOR_TOKEN is in quotes")
    assert "geheim" not in str(error.value)


def test_the_state_folder_is_the_one_given_or_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("VITRINE_STATE", raising=False)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert Settings.load().state_folder() == Path("/home/me/.local/state/vitrine")
    monkeypatch.setenv("XDG_STATE_HOME", "/home/me/state")
    assert Settings.load().state_folder() == Path("/home/me/state/vitrine")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/vitrine")
    assert Settings.load().state_folder() == Path("/var/lib/vitrine")
    monkeypatch.setenv("VITRINE_STATE", "/state")
    assert Settings.load().state_folder() == Path("/state")
