"""Campaign figures for Prometheus, read from the store at each scrape: they survive a restart."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis

from vitrine.campaigns.figures import EXPORTED, LABELS
from vitrine.campaigns.summary import CampaignFigures, Figures
from vitrine.errors import Unavailable
from vitrine.stores.campaign_figures import load_figures

logger = logging.getLogger(__name__)
Family = CounterMetricFamily | GaugeMetricFamily


class CampaignCollector(Collector):
    """Collect the released totals of all stands.

    Only the worker for which `exports` is true shows them: several would show the same people.
    """

    def __init__(
        self, connect: Callable[[], Redis], exports: Callable[[], bool]
    ) -> None:
        self._connect = connect
        self._exports = exports

    def describe(self) -> list[Family]:
        """Return the metrics without any value, so that registering them asks nobody."""
        return list(families().values())

    def collect(self) -> Iterator[Family]:
        """Yield all families; without values while the store is away."""
        found = families()
        if self._exports():
            try:
                with self._connect() as redis:
                    fill(found, load_figures(redis, steps=False))
            except Unavailable as error:
                logger.warning("campaign figures cannot be shown: %s", error)
        yield from found.values()


@contextmanager
def exported(
    registry: CollectorRegistry,
    connect: Callable[[], Redis],
    exports: Callable[[], bool],
) -> Iterator[None]:
    """Keep the campaign figures in the registry while the block runs."""
    collector = CampaignCollector(connect, exports)
    registry.register(collector)
    try:
        yield
    finally:
        registry.unregister(collector)


def families() -> dict[str, Family]:
    """Return an empty family for each exported figure, by the figure's name."""
    found: dict[str, Family] = {}
    for figure in EXPORTED:
        family: type[Family] = GaugeMetricFamily
        if figure.kind == "counter":
            family = CounterMetricFamily
        name = f"vitrine_campaign_{figure.name}"
        found[figure.name] = family(
            name,
            figure.metric,
            labels=LABELS,
        )
    return found


def fill(found: dict[str, Family], figures: Figures) -> None:
    """Add the values of all campaigns."""
    for campaign in figures.campaigns:
        fill_cells(found, campaign)
        fill_campaign(found, campaign)


def fill_cells(found: dict[str, Family], campaign: CampaignFigures) -> None:
    """Add the figures of each cell, with all labels; what has no value yet is 0."""
    for cell, totals in campaign.cells.items():
        labels = [
            campaign.advertiser,
            cell.campaign_id,
            cell.creative_id,
            cell.stand_id,
            label(totals.synthetic),
        ]
        for figure in EXPORTED:
            if figure.kind == "gauge":
                continue
            value = figure.value(totals)
            found[figure.name].add_metric(labels, value or 0.0)


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
