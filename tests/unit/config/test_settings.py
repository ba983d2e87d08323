"""Settings come from the environment, and a name we do not know is a mistake."""

from __future__ import annotations

import pytest

from vitrine.errors import ConfigurationError
from vitrine.settings import Settings


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_BUS", "memory")
    monkeypatch.setenv("VITRINE_STAND_PORT", "8001")  # another service's
    assert Settings.load().bus == "memory"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "VITRINE_KAFKA_SERVER",
            "localhost:9092",
            "VITRINE_KAFKA_SERVER is no setting; known are: .*KAFKA_SERVERS",
        ),
        ("VITRINE_BUS", "rabbit", "VITRINE_BUS: Input should be 'memory' or 'kafka'"),
        ("VITRINE_HEALTH_PORT", "http", "VITRINE_HEALTH_PORT: Input should be a valid integer"),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=expected):
        Settings.load()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_REDIS_URL", "redis://:hunter2@localhost:6379/0")
    assert "hunter2" not in repr(Settings.load())
