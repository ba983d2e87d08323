"""Run a scenario through the whole pipeline, in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vitrine.campaigns.summary import Figures
from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.fieldtest.case import Case
from vitrine.fieldtest.labels import Labels, labelled_truth
from vitrine.fieldtest.matching import settled
from vitrine.fieldtest.measured import Measured, Played, Totals, read_measured
from vitrine.fieldtest.sabotage import Fault
from vitrine.fieldtest.scenarios import Scenario
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

# Fixed, so that runs can be compared; any time would do at which no run passes midnight.
START: Final = datetime(2026, 6, 15, 10, tzinfo=UTC)
START_NS: Final = int(START.timestamp()) * SECOND_NS
"""Capture time of the first picture of every run."""


# How often somebody who waits sees the figures move. Chosen, not measured.
PROGRESS_S: Final = 0.25

Progress = Callable[[Site, int], None]
"""Called with the site and the frames to expect."""


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what is run, and where it is recorded."""

    scenario: Scenario
    settings: Settings
    folder: Path
    fault: Fault | None = None
    labels: Labels | None = None
    """Of a recording; synthetic scenes know the truth themselves."""


def perform(run: Run, progress: Progress) -> Case:
    """Run the scenario to its end.

    `progress` is called a few times a second with the site and the frames to expect. Raises
    ConfigurationError when a model is missing, and what stopped a service.
    """
    _refuse_other_settings(run)
    mall = run.scenario.mall(load_mall(CONFIG).campaigns)
    site = Site(_plan(run, mall))
    expected = _expected_frames(run.scenario)
    with site.running():
        while not site.sources_ended:
            site.check()
            progress(site, expected)
            site.changed.wait(PROGRESS_S)
        site.finish()
        progress(site, max(expected, site.recorder.counts.frames))
        # While the site runs: its own Redis goes with it.
        redis = connect(site.redis_url)
        figures = load_figures(redis, "exact")
    for error in (site.source_error, site.recorder.error):
        if error is not None:
            raise ConfigurationError(f"the run is incomplete: {error}") from error
    measured = read_measured(
        run.folder,
        journal=_journal(site),
        totals=_totals(figures),
    )
    return Case(
        truth=_truth(run, mall, measured),
        measured=measured,
        mall=mall,
        tolerances=run.scenario.tolerances,
    )


def _refuse_other_settings(run: Run) -> None:
    """Raise ConfigurationError for a variable of the environment that the run sets itself.

    It would win over the run's own value; with a Redis of its own, figures of another run would
    be counted too.
    """
    ours = {Settings.variable("redis_url")}
    for settings, values in _defaults(run).items():
        ours.update(settings.variable(name) for name in values)
    # Sorted, so that the message is always the same.
    found = sorted(ours & os.environ.keys())
    if found:
        names = ", ".join(found)
        raise ConfigurationError(
            f"a field test sets {names} itself: take it out of the environment"
        )


def _defaults(run: Run) -> Defaults:
    """Return the settings of services in this run."""
    ours: Defaults = {IngestSettings: {"start_ns": START_NS}}
    if run.fault is None:
        return ours
    return {**ours, **run.fault.defaults}


def _plan(run: Run, mall: Mall) -> Plan:
    fault = run.fault or Fault("")
    seconds = None
    if run.labels is not None:
        # A synthetic camera ends by itself; its address says when.
        seconds = run.scenario.seconds
    return Plan(
        run.settings.model_copy(update={"config": CONFIG}),
        FixedMall(mall),
        speed="max",
        seconds=seconds,
        # Any free port: another site may run on this machine.
        port=0,
        record=run.folder,
        defaults=_defaults(run),
        context_of=fault.context_of,
    )


def _expected_frames(scenario: Scenario) -> int:
    """Return the frames of all cameras; 0 when nobody knows."""
    if scenario.seconds is None:
        return 0
    cameras = sum(map(len, scenario.cameras.values()))
    length_s = scenario.seconds * scenario.days
    return round(length_s * scenario.fps * cameras)


def _truth(run: Run, mall: Mall, measured: Measured) -> Truth:
    if run.labels is not None:
        return labelled_truth(run.labels, measured.frames, mall.stands[0].zone)
    frames = read_frames(run.folder / "truth.jsonl")
    # Before presences are made of them: whether a covered face is there decides their ends.
    certain = settled(frames, measured.frames)
    return truth_of(certain, mall)


def _journal(site: Site) -> Sequence[Played]:
    journal = []
    for stand, report in site.journal:
        played = Played(
            play_id=report.play_id,
            stand_id=stand,
            start_ns=report.start_ns,
            end_ns=report.end_ns,
            completed=report.completed,
        )
        journal.append(played)
    return journal


def _totals(figures: Figures) -> Totals:
    """Sum the figures of all campaigns."""
    plays = 0
    ots = 0
    watchers = 0
    dwell_ns = 0
    attention_ns = 0
    reach = 0
    for campaign in figures.campaigns:
        totals = campaign.totals
        plays += totals.plays
        ots += totals.ots
        watchers += totals.watchers
        dwell_ns += totals.dwell_ns
        attention_ns += totals.attention_ns
        # It is known of a whole campaign.
        reach += campaign.reach or 0
    return Totals(
        plays=plays,
        ots=ots,
        watchers=watchers,
        dwell_s=dwell_ns / SECOND_NS,
        attention_s=attention_ns / SECOND_NS,
        reach=reach,
    )
