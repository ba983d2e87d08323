"""Plan of a site in one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from vitrine.mall.folder import MallSource
from vitrine.runtime import Context
from vitrine.services.console.settings import ConsoleSettings
from vitrine.services.customers.settings import CustomersSettings
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.stand.settings import StandSettings
from vitrine.settings import (
    Defaults,
    EnvironmentSettings,
    Settings,
)


def unchanged(
    name: str,  # noqa: ARG001 - part of the interface
    context: Context,
) -> Context:
    """Return the common context for every service."""
    return context


@dataclass(frozen=True, slots=True)
class Plan:
    """Say how a site is run."""

    settings: Settings
    mall: MallSource
    speed: Literal["realtime", "max"] = "realtime"
    seconds: float | None = None
    port: int = 8000
    console_token: SecretStr | None = None
    """Opens the live view once."""
    record: Path | None = None
    defaults: Defaults = field(default_factory=dict)
    """Settings of single services; a variable of the environment wins over them."""
    context_of: Callable[[str, Context], Context] = unchanged
    """Gives the context of a service, or of `player`, from the common one.

    The field test puts its faults there.
    """


def defaults_of(plan: Plan) -> Defaults:
    """Return the settings of services that follow from a plan, and those it names."""
    ingest: dict[str, Any] = {"speed": plan.speed}
    if plan.seconds is not None:
        ingest["seconds"] = plan.seconds
    if plan.record is not None:
        ingest["truth"] = plan.record / "truth.jsonl"
    defaults: dict[type[EnvironmentSettings], Mapping[str, Any]] = {}
    defaults[IngestSettings] = ingest
    defaults[StandSettings] = {"port": plan.port}
    defaults[ConsoleSettings] = {
        # A free one, unless `defaults` name another.
        "port": 0,
        "one_time_token": plan.console_token,
    }
    defaults[CustomersSettings] = {"public_port": 0}
    for settings, values in plan.defaults.items():
        before = defaults.get(settings, {})
        defaults[settings] = {**before, **values}
    return defaults
