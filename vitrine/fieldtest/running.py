"""A scenario through the whole pipeline, in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vitrine.campaigns.summary import Figures
from vitrine.errors import ConfigurationError
from vitrine.fieldtest.case import Case
from vitrine.fieldtest.labels import Labels, labelled_truth
from vitrine.fieldtest.matching import settled
from vitrine.fieldtest.measured import Measured, Played, Totals, read_measured
from vitrine.fieldtest.sabotage import Fault
from vitrine.fieldtest.scenarios import Scenario
from vitrine.fieldtest.spans import SECOND
from vitrine.fieldtest.truth import Truth, read_frames, truth_of
from vitrine.mall import Mall
from vitrine.mall.folder import FixedMall, load_mall
from vitrine.services.ingest.settings import IngestSettings
from vitrine.settings import Defaults, Settings
from vitrine.shipped import CONFIG
from vitrine.site.embedded import Site
from vitrine.site.plan import Plan
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect

START_NS: Final = int(datetime(2026, 6, 15, 10, tzinfo=UTC).timestamp()) * SECOND
"""Capture time of the first picture of every run."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is run, and where it is recorded."""

    scenario: Scenario
    settings: Settings
    folder: Path
    fault: Fault | None = None
    labels: Labels | None = None
    """Of a recording; synthetic scenes know the truth themselves."""


def perform(run: Run, progress: Callable[[Site, int], None]) -> Case:
    """Run the scenario to its end. `progress` is called a few times a second with the frames to expect.

    Raises ConfigurationError when a model is missing, and what stopped a service.
    """
    _refuse_other_settings(run)
    mall = run.scenario.mall(load_mall(CONFIG).campaigns)
    site = Site(_plan(run, mall))
    expected = _expected_frames(run.scenario)
    with site.running():
        while not site.sources_ended:
            site.check()
            progress(site, expected)
            site.changed.wait(0.25)
        site.finish()
        progress(site, max(expected, site.recorder.counts.frames))
        totals = _totals(load_figures(connect(site.redis_url), "exact"))
    for error in (site.source_error, site.recorder.error):
        if error is not None:
            raise ConfigurationError(f"the run is incomplete: {error}") from error
    measured = read_measured(run.folder, _journal(site), totals)
    return Case(_truth(run, mall, measured), measured, mall, run.scenario.tolerances)


def _refuse_other_settings(run: Run) -> None:
    """Raise ConfigurationError for a variable of the environment that the run sets itself.

    It would win over the run's own value; with a Redis of its own, figures of another run would
    be counted too.
    """
    ours = {Settings.variable("redis_url")}
    for settings, values in _defaults(run).items():
        ours.update(settings.variable(name) for name in values)
    found = sorted(ours & os.environ.keys())
    if found:
        raise ConfigurationError(
            f"a field test sets {', '.join(found)} itself: take it out of the environment"
        )


def _defaults(run: Run) -> Defaults:
    """Return the settings of services in this run."""
    ours: Defaults = {IngestSettings: {"start_ns": START_NS}}
    if run.fault is None:
        return ours
    return {**ours, **run.fault.defaults}


def _plan(run: Run, mall: Mall) -> Plan:
    fault = run.fault or Fault("")
    recording = run.labels is not None
    return Plan(
        run.settings.model_copy(update={"config": CONFIG}),
        FixedMall(mall),
        speed="max",
        seconds=run.scenario.seconds if recording else None,
        port=0,
        record=run.folder,
        defaults=_defaults(run),
        context_of=fault.context_of,
    )


def _expected_frames(scenario: Scenario) -> int:
    """0 when nobody knows."""
    cameras = sum(map(len, scenario.cameras.values()))
    return round((scenario.seconds or 0) * scenario.days * scenario.fps * cameras)


def _truth(run: Run, mall: Mall, measured: Measured) -> Truth:
    if run.labels is not None:
        return labelled_truth(run.labels, measured.frames, mall.stands[0].zone)
    return truth_of(
        settled(read_frames(run.folder / "truth.jsonl"), measured.frames), mall
    )


def _journal(site: Site) -> Sequence[Played]:
    return [
        Played(r.play_id, stand, r.start_ns, r.end_ns, r.completed)
        for stand, r in site.journal
    ]


def _totals(figures: Figures) -> Totals:
    sums = [campaign.totals for campaign in figures.campaigns]
    return Totals(
        plays=sum(s.plays for s in sums),
        ots=sum(s.ots for s in sums),
        watchers=sum(s.watchers for s in sums),
        dwell_s=sum(s.dwell_ns for s in sums) / SECOND,
        attention_s=sum(s.attention_ns for s in sums) / SECOND,
        reach=sum(campaign.reach for campaign in figures.campaigns),
    )
