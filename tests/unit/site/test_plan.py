"""The settings that a plan gives to its services."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.builders import make_mall
from vitrine.bus.memory import MemoryBus
from vitrine.errors import ConfigurationError
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.stand.settings import StandSettings
from vitrine.settings import SERVICES, Settings
from vitrine.site.plan import Plan, defaults_of
from vitrine.site.process import find_build
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS


def test_a_plan_says_how_ingest_and_the_stand_run() -> None:
    plan = Plan(
        Settings(),
        FixedMall(make_mall()),
        speed="max",
        seconds=5.0,
        port=0,
        record=Path("run"),
    )
    defaults = defaults_of(plan)
    assert defaults[StandSettings] == {"port": 0}
    assert defaults[IngestSettings] == {
        "speed": "max",
        "seconds": 5.0,
        "truth": Path("run/truth.jsonl"),
    }


def test_what_a_plan_names_adds_to_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(
        Settings(),
        FixedMall(make_mall()),
        speed="max",
        defaults={IngestSettings: {"start_ns": 7, "quality": 50}},
    )
    monkeypatch.setenv("VITRINE_INGEST_QUALITY", "60")
    settings = IngestSettings.load(defaults_of(plan)[IngestSettings])
    assert (settings.speed, settings.start_ns, settings.quality) == ("max", 7, 60)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_takes_its_settings_from_the_context(name: str) -> None:
    settings = import_module(f"vitrine.services.{name}.settings")
    own = getattr(settings, f"{name.capitalize()}Settings")
    context = Context(
        settings=Settings(),
        bus=MemoryBus(TOPICS),
        mall=FixedMall(make_mall()),
        health=Health(),
        redis=lambda: connect("redis://127.0.0.1:1"),
        defaults={own: {"unheard_of": 1}},
    )
    build = find_build(name)
    with pytest.raises(ConfigurationError, match="UNHEARD_OF: Extra inputs"):
        build(context)
