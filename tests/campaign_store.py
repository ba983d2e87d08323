"""A store with the figures of two campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_interaction,
    make_play,
)
from vitrine.campaigns.advance import advance
from vitrine.campaigns.stand import Rules, Stand
from vitrine.clock import SECOND_NS
from vitrine.schemas import Event
from vitrine.stores.campaigns import AnalyticsStore, batch_of
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=86_400 * SECOND_NS,
    k_anonymity=2,
)


def write(url: str, *events: Event, ended: bool = True) -> None:
    """Write what the events change at the stand `north`, all windows closed if it `ended`.

    The stand goes on from the store each time, as after a restart.
    """
    store = AnalyticsStore(lambda: connect(url))
    stands = store.load({0}, RULES).stands[0]
    stand = stands[0] if stands else Stand("north", RULES)
    change = advance(
        stand,
        events,
        "UTC",
        ended=ended,
    )
    store.write(batch_of({0: [change]}, {}))


@contextmanager
def campaign_store() -> Iterator[str]:
    """Run a store: three synthetic people saw `shoe`; one, not released yet, saw `espresso`.

    The hour of the plays of `espresso` is not over.

    Of the window's 300 s, the only camera was usable for 150 s; of the 16 s of screen time of
    `shoe`, 6 s are proven.
    """
    events: list[Event] = [
        make_play(0, 8, player="page", proven_ns=6 * SECOND_NS),
        make_play(8, 16),
        make_interaction("touch", 3),
    ]
    events += [
        make_exposure(
            0,
            12,
            ((1, 5),),
            (track,),
            synthetic=True,
        )
        for track in "abc"
    ]
    events += [
        make_coverage(start, start + 10)
        for start in range(
            0,
            150,
            10,
        )
    ]
    with embedded_redis() as url:
        write(url, *events)
        espresso = make_play(
            320,
            328,
            campaign_id="coffee",
            advertiser="beans",
            creative_id="espresso",
        )
        seen = make_exposure(320, 328, (), ("d",), synthetic=True)
        later = make_coverage(990, 1000)
        write(url, espresso, seen, later, ended=False)
        yield url
