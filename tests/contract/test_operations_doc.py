"""The operator's page names every setting."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from vitrine.services.analytics.delivery_settings import ReportSettings
from vitrine.settings import SERVICES, EnvironmentSettings, Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()


def settings_classes() -> list[type[EnvironmentSettings]]:
    classes: list[type[EnvironmentSettings]] = [Settings]
    for service in SERVICES:
        module = import_module(f"vitrine.services.{service}.settings")
        classes.append(getattr(module, f"{service.capitalize()}Settings"))
    classes.append(ReportSettings)
    return classes


@pytest.mark.parametrize("settings", settings_classes())
def test_every_setting_stands_in_the_table_with_its_meaning(
    settings: type[EnvironmentSettings],
) -> None:
    for name, field in settings.model_fields.items():
        assert field.description, f"{settings.__name__}.{name} has no description"
        assert f"| `{settings.prefix}{name.upper()}` |" in PAGE
        assert field.description in PAGE
