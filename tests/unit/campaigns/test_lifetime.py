"""When figures of a campaign are shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vitrine.campaigns.lifetime import life_of, shows
from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign, Creative, Mall, Stand

WEEK_S = 7 * 24 * 3600


def mall_of(*stands: Stand) -> Mall:
    """Return a mall with one campaign, on 28 March 2027, at all its stands."""
    days = {"from": "2027-03-28", "to": "2027-03-28"}
    campaign = Campaign(
        id="spring",
        advertiser="acme",
        stands=tuple(stand.id for stand in stands),
        creatives=(Creative(id="shoe", file="shoe.html"),),
        **days,
    )
    return Mall(cameras=(), stands=stands, campaigns=(campaign,))


def utc_s(text: str) -> int:
    """Return a second of UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("zones", "start", "end"),
    [
        (["UTC"], "2027-03-28 00:00", "2027-03-29 00:00"),
        # The day on which summer time begins has 23 hours.
        (["Europe/Berlin"], "2027-03-27 23:00", "2027-03-28 22:00"),
        (["Asia/Tokyo", "America/New_York"], "2027-03-27 15:00", "2027-03-29 04:00"),
    ],
)
def test_a_campaign_lives_from_the_first_midnight_to_the_last(
    zones: list[str], start: str, end: str
) -> None:
    stands = [Stand(id=f"s{place}", time_zone=zone) for place, zone in enumerate(zones)]
    mall = mall_of(*stands)

    life = life_of(mall.campaigns[0], mall)

    assert (life.start_s, life.end_s) == (utc_s(start), utc_s(end))


def test_what_is_not_configured_any_more_leaves_a_week_after_its_last_figure() -> None:
    last_s = utc_s("2027-02-01 12:00")
    mall = mall_of(Stand(id="north"))

    assert shows("gone", last_s * SECOND_NS, mall, last_s + WEEK_S - 1)
    assert not shows("gone", last_s * SECOND_NS, mall, last_s + WEEK_S)
