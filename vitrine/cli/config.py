"""Check, begin and show the files of a site."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import yaml
from pydantic import SecretStr

from vitrine.cli.config_warnings import warnings_of
from vitrine.errors import ConfigurationError
from vitrine.mall import Mall
from vitrine.mall.checking import FILES, checked
from vitrine.mall.folder import read_files
from vitrine.mall.last_good import LastGood
from vitrine.mall.problems import Problem, Refused
from vitrine.settings import SERVICES, EnvironmentSettings, Settings
from vitrine.shipped import CONFIG

MASKED = "******"


def check_folder(folder: Path | None) -> None:
    """Print problems and warnings; end with status 1 if there is a problem."""
    place = folder or Settings.load().config
    try:
        found = checked(place, read_files(place))
    except Refused as error:
        _print(error.problems)
        count = _counted(error.problems, "mistake")
        click.echo(f"{place}: {count} to correct")
        sys.exit(1)
    today = datetime.now(UTC).date()
    warnings = warnings_of(found, today)
    _print(warnings, "warning: ")
    mall = found.mall
    click.echo(
        f"{place}: good: {_counted(mall.cameras, 'camera')}, "
        f"{_counted(mall.stands, 'stand')}, {_counted(mall.campaigns, 'campaign')}; "
        f"{_counted(warnings, 'warning')}"
    )


def _counted(things: Sequence[object], name: str) -> str:
    if len(things) == 1:
        return f"1 {name}"
    return f"{len(things)} {name}s"


def _print(problems: Sequence[Problem], before: str = "") -> None:
    for problem in problems:
        click.echo(f"{before}{problem}")


def begin_folder(folder: Path) -> None:
    """Copy the examples. Raises ConfigurationError where a site is already, or none can be."""
    for name in FILES:
        path = folder / f"{name}.yaml"
        if path.exists():
            raise ConfigurationError(
                f"{path} is already there, and nothing is overwritten; name another folder"
            )
    if not CONFIG.is_dir():
        raise ConfigurationError(
            "the examples are not in this installation (an image without them); "
            "run this where Vitrine was installed as a package"
        )
    try:
        shutil.copytree(
            CONFIG,
            folder,
            dirs_exist_ok=True,
            copy_function=_copy_new,
        )
    except (OSError, shutil.Error) as error:
        raise ConfigurationError(f"{folder} cannot be written: {error}") from None
    click.echo(
        f"{folder} holds a site with one stand; change it, then\n"
        f"  vitrine config check {folder}\n"
        f"  vitrine site {folder}"
    )


def _copy_new(source: str, target: str) -> None:
    """Copy one file, unless there is one already."""
    if not Path(target).exists():
        shutil.copyfile(source, target)


def show_folder(folder: Path | None) -> None:
    """Print settings and configuration as YAML. Raises ConfigurationError without any."""
    settings = Settings.load()
    place = folder or settings.config
    try:
        mall = checked(place, read_files(place)).mall
    except Refused as error:
        mall = _last_good(settings, place, error)
    click.echo(f"# {place}, version {mall.version}")
    for part in ({"settings": _settings()}, _files(mall)):
        text = yaml.safe_dump(part, allow_unicode=True, sort_keys=False)
        click.echo(text, nl=False)


def _last_good(
    settings: Settings,
    folder: Path,
    error: Refused,
) -> Mall:
    """Return the last good configuration, and print what keeps the newer one out of force."""
    state = settings.state_folder()
    mall = None
    if state is not None:
        mall = LastGood(state, folder).mall()
    if mall is None:
        raise error
    for problem in error.problems:
        click.echo(f"# not in force: {problem}")
    return mall


def _settings() -> dict[str, Any]:
    """Return the settings of all programs by the names of their variables."""
    shown: dict[str, Any] = {}
    loaded: list[EnvironmentSettings] = [Settings.load()]
    for service in SERVICES:
        module = import_module(f"vitrine.services.{service}.settings")
        kind = getattr(module, f"{service.capitalize()}Settings")
        loaded.append(kind.load())
    for settings in loaded:
        for name, value in settings:
            shown[settings.variable(name)] = _masked(value)
    return shown


def _masked(value: object) -> object:
    if isinstance(value, SecretStr):
        return MASKED
    if isinstance(value, Path):
        return str(value)
    return value


def _files(mall: Mall) -> Mapping[str, Any]:
    """Return the configuration in plain values; of a camera's address, scheme and host."""
    plain = mall.model_dump(
        mode="json",
        by_alias=True,
        exclude_none=True,
    )
    for camera, shown in zip(mall.cameras, plain["cameras"], strict=True):
        shown["uri"] = str(camera.uri)
    return plain
