"""What is configured of campaigns, for Prometheus: annotations and clocks of dashboards."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from vitrine.campaigns import lifetime
from vitrine.mall import Mall

Family = CounterMetricFamily | GaugeMetricFamily
START: Final = "vitrine_campaign_start_timestamp_seconds"
END: Final = "vitrine_campaign_end_timestamp_seconds"
FINGERPRINT: Final = "vitrine_campaign_fingerprint"
OFFSET: Final = "vitrine_campaign_utc_offset_seconds"
CAMPAIGN_LABELS: Final = ("advertiser", "campaign")
STAND_LABELS: Final = ("advertiser", "campaign", "stand")


def configured_families() -> dict[str, Family]:
    """Return an empty family for each metric of this page, by its name."""
    found: dict[str, Family] = {}
    for name, help_text, labels in (
        (
            START,
            "Second of UTC in which the campaign's first day begins.",
            CAMPAIGN_LABELS,
        ),
        (END, "Second of UTC in which the campaign's last day ends.", CAMPAIGN_LABELS),
        (
            FINGERPRINT,
            "A number that changes whenever the campaign's configuration does.",
            CAMPAIGN_LABELS,
        ),
        (
            OFFSET,
            "How far the clock of the campaign's stand is ahead of UTC now.",
            STAND_LABELS,
        ),
    ):
        found[name] = GaugeMetricFamily(name, help_text, labels=labels)
    return found


def fill_configured(
    found: dict[str, Family],
    mall: Mall,
    now_s: float,
) -> None:
    """Add what is configured of the campaigns whose figures are shown now."""
    for campaign in lifetime.running(mall, now_s):
        labels = [campaign.advertiser, campaign.id]
        life = lifetime.life_of(campaign, mall)
        found[START].add_metric(labels, life.start_s)
        found[END].add_metric(labels, life.end_s)
        found[FINGERPRINT].add_metric(labels, lifetime.fingerprint(campaign))
        for stand_id in campaign.stands:
            zone = lifetime.time_zone(stand_id, mall)
            found[OFFSET].add_metric([*labels, stand_id], utc_offset_s(zone, now_s))


def utc_offset_s(time_zone: str, now_s: float) -> float:
    """Return how far a zone's clocks are ahead of UTC, seconds."""
    local = datetime.fromtimestamp(now_s, ZoneInfo(time_zone))
    offset = local.utcoffset()
    if offset is None:
        return 0.0
    return offset.total_seconds()
