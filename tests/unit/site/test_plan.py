"""The settings that a plan gives to its services."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import make_mall
from vitrine.mall.folder import FixedMall
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.stand.settings import StandSettings
from vitrine.settings import Settings
from vitrine.site.plan import Plan, defaults_of


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
