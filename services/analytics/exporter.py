"""Campaign figures for Prometheus, read from the store beside scrapes: they survive a restart."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis

from vitrine.beside import beside
from vitrine.campaigns import lifetime
from vitrine.campaigns.figures import EXPORTED, LABELS
from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Cell, Origin, Totals, campaign_of
from vitrine.effects.effect import Effect
from vitrine.errors import Unavailable
from vitrine.mall import Mall
from vitrine.mall.folder import MallSource
from vitrine.services.analytics.configured import (
    configured_families,
    fill_configured,
)
from vitrine.stores.campaign_figures import load_changes, load_figures
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)
Family = CounterMetricFamily | GaugeMetricFamily

# Prometheus scrapes every 5 to 15 s, and released totals move by the window. Chosen, not measured.
REFRESH_S: Final = 10.0
# Reach turns into an estimate as days pass, though nothing is added. Chosen, not measured.
ALL_AGAIN: Final = 60
"""Refreshes after which campaigns are read again that did not change."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Hold by what it is decided which campaigns are shown."""

    mall: Mall
    now_s: float


class Zeros:
    """Keep what campaigns begin with: all their cells at 0, made anew when they change."""

    def __init__(self) -> None:
        self._mall: Mall | None = None
        self._running: tuple[str, ...] = ()
        self._campaigns: Mapping[str, CampaignFigures] = {}

    def at(self, moment: Moment) -> Mapping[str, CampaignFigures]:
        """Return the campaigns that have begun, by `CampaignFigures.line`."""
        running = tuple(
            campaign.id for campaign in lifetime.running(moment.mall, moment.now_s)
        )
        if moment.mall is not self._mall or running != self._running:
            self._mall = moment.mall
            self._running = running
            self._campaigns = begun(moment)
        return self._campaigns


class CampaignCollector(Collector):
    """Show the released totals of all stands as they were at the last `refresh`.

    Only the worker for which `exports` is true shows them: several would show the same people.
    """

    def __init__(
        self,
        connect: Callable[[], Redis],
        exports: Callable[[], bool],
        mall: MallSource,
        now_s: Callable[[], float],
        effects_of: Callable[[str], Sequence[Effect]],
    ) -> None:
        self._connect = connect
        self._exports = exports
        self._mall = mall
        self._now_s = now_s
        self._effects_of = effects_of
        self._changes: Mapping[str, int] = {}
        self._campaigns: dict[str, CampaignFigures] = {}
        self._zeros = Zeros()
        self._refreshes = 0
        self._prepared = families()

    def describe(self) -> list[Family]:
        """Return the metrics without any value, so that registering them asks nobody."""
        return list(families().values())

    def collect(self) -> Iterator[Family]:
        """Yield all families as prepared; without values while another worker exports."""
        shown = self._prepared if self._exports() else families()
        yield from shown.values()

    def refresh(self) -> None:
        """Read the campaigns whose totals changed, and prepare the next scrapes.

        Without values while the store is away.
        """
        prepared = families()
        if self._exports():
            began_s = time.perf_counter()
            try:
                with self._connect() as redis:
                    self._read(redis)
                self._fill(prepared)
            except Unavailable as error:
                metrics.FIGURES_FAILURES.inc()
                logger.warning("campaign figures cannot be shown: %s", error)
                self._forget()
            metrics.FIGURES_SECONDS.set(time.perf_counter() - began_s)
        else:
            self._forget()
        # One assignment: a scrape in another thread sees the old ones or the new ones.
        self._prepared = prepared

    def keep_fresh(self, ended: Event) -> None:
        """Refresh until `ended`, never for more than half of the time."""
        pause_s = REFRESH_S
        while not ended.wait(pause_s):
            began_s = time.monotonic()
            self.refresh()
            pause_s = max(REFRESH_S, time.monotonic() - began_s)

    def _forget(self) -> None:
        self._changes = {}
        self._campaigns = {}

    def _read(self, redis: Redis) -> None:
        if self._refreshes % ALL_AGAIN == 0:
            self._forget()
        changes = load_changes(redis)
        changed = {
            campaign_of(line)
            for line, number in changes.items()
            if number != self._changes.get(line)
        }
        if changed:
            figures = load_figures(redis, campaign=changed, details=False)
            for campaign in figures.campaigns:
                self._campaigns[campaign.line] = campaign
        self._changes = changes
        self._refreshes += 1

    def _fill(self, prepared: dict[str, Family]) -> None:
        moment = Moment(self._mall.current(), self._now_s())
        campaigns = []
        for campaign in self._campaigns.values():
            known = self._effects_of(campaign.line)
            campaigns.append(replace(campaign, effects=known))
        fill(prepared, campaigns, moment, self._zeros.at(moment))
        fill_configured(prepared, moment.mall, moment.now_s)


def no_effects(_: str) -> Sequence[Effect]:
    """Return none, as none were computed."""
    return ()


@contextmanager
def exported(
    registry: CollectorRegistry,
    connect: Callable[[], Redis],
    exports: Callable[[], bool],
    mall: MallSource,
    stop: Event,
    now_s: Callable[[], float] = time.time,
    effects_of: Callable[[str], Sequence[Effect]] = no_effects,
) -> Iterator[CampaignCollector]:
    """Keep the campaign figures in the registry, and fresh, while the block runs.

    An error that nobody expected sets `stop`: figures that stand still would look like no visitors.
    """
    collector = CampaignCollector(
        connect,
        exports,
        mall,
        now_s,
        effects_of,
    )
    collector.refresh()
    registry.register(collector)
    try:
        with beside(collector.keep_fresh, "campaign figures", stop):
            yield collector
    finally:
        registry.unregister(collector)


def families() -> dict[str, Family]:
    """Return an empty family for each exported figure, by the figure's name."""
    found: dict[str, Family] = {}
    for figure in EXPORTED:
        family: type[Family] = GaugeMetricFamily
        if figure.kind == "counter":
            family = CounterMetricFamily
        found[figure.name] = family(
            figure.metric_name,
            figure.metric,
            labels=LABELS,
        )
    return found | configured_families()


def fill(
    found: dict[str, Family],
    figures: Iterable[CampaignFigures],
    moment: Moment,
    zeros: Mapping[str, CampaignFigures],
) -> None:
    """Add the values of the campaigns that are shown; what nothing was released of yet is 0.

    A series that began with its first step would hide that step from every rate over it. Before a
    virtual player nobody saw anything: that is in no series.
    """
    campaigns = dict(zeros)
    for released in figures:
        if released.origin == "virtual" or not is_shown(released, moment):
            continue
        empty = campaigns.get(released.line, released)
        cells = {**empty.cells, **released.cells}
        campaigns[released.line] = replace(released, cells=cells)
    for campaign in campaigns.values():
        fill_campaign(found, campaign)
        for cell, totals in campaign.cells.items():
            fill_cell(found, campaign.advertiser, cell, totals)


def begun(moment: Moment) -> dict[str, CampaignFigures]:
    """Return the configured campaigns that have begun, each with all its cells at 0."""
    campaigns = {}
    for campaign in lifetime.running(moment.mall, moment.now_s):
        by_origin: defaultdict[Origin, dict[Cell, Totals]] = defaultdict(dict)
        for cell in lifetime.cells_of(campaign, moment.mall):
            zero = Totals(synthetic=cell.origin == "synthetic")
            by_origin[cell.origin][cell] = zero
        for origin, cells in by_origin.items():
            empty = CampaignFigures(
                campaign_id=campaign.id,
                advertiser=campaign.advertiser,
                cells=cells,
                steps=(),
                reach=0,
                reach_quality="exact",
                origin=origin,
            )
            campaigns[empty.line] = empty
    return campaigns


def is_shown(campaign: CampaignFigures, moment: Moment) -> bool:
    """Tell whether a campaign's figures are shown now."""
    last_ns = max((totals.end_ns for totals in campaign.cells.values()), default=0)
    return lifetime.shows(
        campaign.campaign_id,
        last_ns,
        moment.mall,
        moment.now_s,
    )


def fill_cell(
    found: dict[str, Family],
    advertiser: str,
    cell: Cell,
    totals: Totals,
) -> None:
    """Add the figures of a cell, with all labels; a ratio without a whole has no value."""
    labels = [
        advertiser,
        cell.campaign_id,
        cell.creative_id,
        cell.stand_id,
        label(totals.synthetic),
    ]
    for figure in EXPORTED:
        if figure.kind == "gauge":
            continue
        value = figure.value(totals)
        if value is not None:
            found[figure.name].add_metric(labels, value)


def fill_campaign(found: dict[str, Family], campaign: CampaignFigures) -> None:
    """Add the figures of a campaign as a whole, with empty labels of creative and stand."""
    labels = [
        campaign.advertiser,
        campaign.campaign_id,
        "",
        "",
        label(campaign.synthetic),
    ]
    totals = campaign.totals
    for figure in EXPORTED:
        if figure.kind != "gauge":
            continue
        value = figure.value(totals, campaign)
        if value is not None:
            found[figure.name].add_metric(labels, value)


def label(synthetic: bool) -> str:
    """Return the value of the label `synthetic`."""
    return "true" if synthetic else "false"
