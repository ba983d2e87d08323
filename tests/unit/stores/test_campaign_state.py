"""What a worker goes on from: stands as they were, with their events and rows on pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.builders import at
from tests.campaign_scenario import make_coverage, make_exposure, make_play
from tests.store_users import as_user
from vitrine.campaigns.advance import advance
from vitrine.campaigns.stand import Change, Rules, Stand
from vitrine.campaigns.totals import Cell
from vitrine.clock import SECOND_NS
from vitrine.schemas import Event
from vitrine.stores.campaigns import AnalyticsStore, batch_of
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=7200 * SECOND_NS,
    k_anonymity=2,
)
SHOE = Cell("spring", "shoe", "north")
STATE = "analytics:stand:north"


@pytest.fixture
def server() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


def loaded(url: str) -> tuple[AnalyticsStore, Stand]:
    """The stand as a worker finds it that starts now."""
    address = as_user(url, "analytics")
    store = AnalyticsStore(lambda: connect(address))
    stands = store.load({0}, RULES).stands[0]
    return store, stands[0] if stands else Stand("north", RULES)


def write(url: str, *events: Event) -> Change:
    """Write what the events change, as a worker that was restarted."""
    store, stand = loaded(url)
    change = advance(stand, events, "UTC")
    store.write(batch_of({0: [change]}, {}))
    return change


def test_a_worker_finds_events_of_closed_windows_on_pages(server: str) -> None:
    play = make_play(0, 8)
    write(server, play, make_exposure(0, 8), make_play(900, 908))
    _, stand = loaded(server)
    assert [key.name for key, _ in stand.events.own_events()] == ["play-900"]
    assert stand.events.plays.get("play-0") == play
    with closing(connect(server)) as redis:
        assert redis.hlen(f"{STATE}:events") == 1
        assert redis.hkeys(f"{STATE}:event-pages") == [str(at(0)).encode()]


def test_a_row_is_revised_after_a_restart(server: str) -> None:
    write(server, make_play(0, 8), make_exposure(0, 8), make_coverage(890, 900))
    change = write(server, make_exposure(2, 6, tracks=("b",)))
    (row,) = change.published
    assert (row.revision, row.plays, row.ots) == (1, 1, 2)
    _, stand = loaded(server)
    assert stand.rows.of(at(0))[SHOE].totals.ots == 2


def test_final_pages_leave_the_store(server: str) -> None:
    write(server, make_play(0, 8), make_coverage(890, 900))
    # Events go with the horizon, rows a day later.
    write(server, make_coverage(9000, 9010))
    with closing(connect(server)) as redis:
        assert redis.hkeys(f"{STATE}:event-pages") == []
        assert redis.hlen(f"{STATE}:row-pages") == 1
        write(server, make_coverage(30 * 3600, 30 * 3600 + 10))
        assert redis.hlen(f"{STATE}:row-pages") == 0
