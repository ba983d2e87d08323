"""The operator's page names every setting."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from vitrine.settings import SERVICES, EnvironmentSettings, Settings

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def settings_classes() -> list[type[EnvironmentSettings]]:
    with_settings = [
        name for name in SERVICES if find_spec(f"services.{name}.settings")
    ]
    modules = [import_module(f"services.{name}.settings") for name in with_settings]
    return [
        Settings,
        *(
            getattr(m, f"{m.__name__.split('.')[1].capitalize()}Settings")
            for m in modules
        ),
    ]


@pytest.mark.parametrize("settings", settings_classes())
def test_every_setting_stands_in_the_table_with_its_meaning(
    settings: type[EnvironmentSettings],
) -> None:
    for name, field in settings.model_fields.items():
        assert field.description, f"{settings.__name__}.{name} has no description"
        assert f"| `{settings.prefix}{name.upper()}` |" in PAGE
        assert field.description in PAGE
