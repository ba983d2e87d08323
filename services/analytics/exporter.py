"""Campaign figures for Prometheus, read from the store at each scrape: they survive a restart."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis

from vitrine.campaigns.figures import CampaignFigures, Figures, load_figures
from vitrine.errors import Unavailable
from vitrine.telemetry.metrics import CAMPAIGN_GAUGES, CAMPAIGN_LABELS, CAMPAIGN_METRICS

logger = logging.getLogger(__name__)
Family = CounterMetricFamily | GaugeMetricFamily
NANO = 1e-9


class CampaignCollector(Collector):
    """Released totals. Only the worker that `exports` tells shows them: they are of all stands."""

    def __init__(
        self, connect: Callable[[], Redis], exports: Callable[[], bool]
    ) -> None:
        self._connect = connect
        self._exports = exports

    def describe(self) -> list[Family]:
        """The metrics without any value, so that registering them asks nobody."""
        return list(families().values())

    def collect(self) -> Iterator[Family]:
        """All families; without values while the store is away."""
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
    """Campaign figures are part of the registry while the block runs."""
    collector = CampaignCollector(connect, exports)
    registry.register(collector)
    try:
        yield
    finally:
        registry.unregister(collector)


def families() -> dict[str, Family]:
    """By the names of their declarations."""
    counters: dict[str, Family] = {
        name: CounterMetricFamily(
            f"vitrine_campaign_{name}", text, labels=CAMPAIGN_LABELS
        )
        for name, text in CAMPAIGN_METRICS.items()
    }
    gauges: dict[str, Family] = {
        name: GaugeMetricFamily(
            f"vitrine_campaign_{name}", text, labels=CAMPAIGN_LABELS
        )
        for name, text in CAMPAIGN_GAUGES.items()
    }
    return counters | gauges


def fill(found: dict[str, Family], figures: Figures) -> None:
    """Figures of a cell carry all labels; those of a campaign as a whole have no creative and no stand."""
    for campaign in figures.campaigns:
        for cell in campaign.cells:
            names = (
                campaign.advertiser,
                campaign.campaign_id,
                cell.creative_id,
                cell.stand_id,
            )
            labels = [*names, label(cell.synthetic)]
            sums = cell.sums
            values = {
                "attention_seconds": sums.attention_ns * NANO,
                "dwell_seconds": sums.dwell_ns * NANO,
                "scored_seconds": sums.scored_ns * NANO,
                "usable_seconds": sums.usable_ns * NANO,
                "camera_seconds": sums.camera_ns * NANO,
                "engagement": sums.score_mean,
                "coverage": sums.coverage,
            }
            for name in [*CAMPAIGN_METRICS, "engagement", "coverage"]:
                value = values[name] if name in values else getattr(sums, name)
                found[name].add_metric(labels, value)
        fill_campaign(found, campaign)


def fill_campaign(found: dict[str, Family], campaign: CampaignFigures) -> None:
    """Reach and what it rests on, and uplift where there is one."""
    labels = [
        campaign.advertiser,
        campaign.campaign_id,
        "",
        "",
        label(campaign.synthetic),
    ]
    found["reach"].add_metric(labels, campaign.reach)
    found["reach_exact"].add_metric(labels, campaign.reach_quality == "exact")
    effect = campaign.uplift
    values = {
        "uplift": effect.estimate,
        "uplift_lower": effect.lower,
        "uplift_upper": effect.upper,
    }
    for name, value in values.items():
        if value is not None:
            found[name].add_metric(labels, value)


def label(synthetic: bool) -> str:
    """As Prometheus shows it."""
    return "true" if synthetic else "false"
