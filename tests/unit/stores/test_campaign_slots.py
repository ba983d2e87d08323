"""The slot table as the store keeps it: batches written → outcomes of slots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from tests.builders import at, make_mall
from tests.campaign_scenario import make_exposure, make_interaction, make_play
from tests.stand_builders import STAND, make_campaign
from tests.store_users import as_user
from vitrine.campaigns.advance import advance
from vitrine.campaigns.slots import KEPT_NS
from vitrine.campaigns.stand import Rules, Stand
from vitrine.campaigns.summary import MARKS, Kind
from vitrine.clock import SECOND_NS
from vitrine.effects.slots import Side, SlotOutcome
from vitrine.mall import Mall
from vitrine.programme.arms import arm_of
from vitrine.schemas import Event
from vitrine.services.analytics.experiments import ConfiguredExperiments
from vitrine.stores.campaign_slots import load_slots
from vitrine.stores.campaigns import AnalyticsStore, batch_of
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect, plain_hash

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=7200 * SECOND_NS,
    k_anonymity=2,
)
PLAIN: dict[str, Any] = {"arm": "plain", "arm_probability": 0.25}


@pytest.fixture
def server() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


def with_campaign(**fields: Any) -> Mall:
    campaign = make_campaign(**{"holdout": 0.5} | fields)
    return Mall(cameras=(), stands=(STAND,), campaigns=(campaign,))


def write(url: str, now: float, *events: Event, mall: Mall | None = None) -> None:
    """Bring `north` to so many seconds after T0; it goes on from the store, as after a restart."""
    address = as_user(url, "analytics")
    store = AnalyticsStore(lambda: connect(address))
    loaded = store.load({0}, RULES).stands[0]
    stand = loaded[0] if loaded else Stand("north", RULES)
    experiments = ConfiguredExperiments()
    experiments.follow(mall or with_campaign())
    change = advance(
        stand,
        events,
        "UTC",
        watermark_ns=at(now),
        experiments=experiments,
    )
    store.write(batch_of({0: [change]}, {}))


def slots(url: str, kind: Kind = "exact") -> dict[int, SlotOutcome]:
    """Return the outcomes by seconds after T0."""
    redis: Redis = connect(url)
    found = load_slots(redis, "spring", kind)
    return {(slot.slot_ns - at(0)) // SECOND_NS: slot for slot in found}


def people(start: float, *names: str) -> list[Event]:
    return [
        make_exposure(start, start + 10, ((start, start + 2),), (name,))
        for name in names
    ]


def redeemed(name: str, slot: float, when: float, **fields: Any) -> Event:
    return make_interaction(
        "offer-redeemed",
        when,
        interaction_id=name,
        campaign_id="spring",
        slot_ns=at(slot),
        **fields,
    )


def test_slots_of_synthetic_visitors_are_apart(server: str) -> None:
    drawn = make_exposure(402, 412, ((402, 404),), ("c",), synthetic=True)
    plays = [make_play(100, 108, **PLAIN), make_play(400, 408, **PLAIN)]
    write(server, 100, *plays, *people(102, "a", "b"), drawn)
    write(server, 1000)
    redis: Redis = connect(server)
    visitors = {
        origin: [one.visitors for one in load_slots(redis, "spring", "exact", origin)]
        for origin in MARKS
    }
    assert visitors["people"][0] == 2
    assert visitors["synthetic"] == [1]
    assert visitors["virtual"] == []


def test_a_slot_is_told_by_plays_and_an_empty_one_by_the_draw(server: str) -> None:
    write(server, 100, make_play(100, 108, **PLAIN), *people(102, "a", "b"))
    write(server, 1000)
    found = slots(server)
    assert found[0] == SlotOutcome(
        stand_id="north",
        slot_ns=at(0),
        arm="plain",
        probability=0.25,
        visitors=2,
        attention_ns=4 * SECOND_NS,
        own_attention_ns=4 * SECOND_NS,
        redemptions=0,
        sales_minor=0,
    )
    assert found[600] == SlotOutcome(
        stand_id="north",
        slot_ns=at(600),
        arm=arm_of("spring", 0.5, "north", at(600)),
        probability=0.5,
        visitors=0,
        attention_ns=0,
        own_attention_ns=0,
        redemptions=0,
        sales_minor=0,
    )


def test_a_changed_holdout_keeps_the_arms_of_before(server: str) -> None:
    write(server, 100, *people(102, "a"))
    write(server, 1000)
    write(server, 2000, mall=with_campaign(holdout=0.25))
    found = slots(server)
    probabilities = {second: slot.probability for second, slot in found.items()}
    assert probabilities[300] == 0.5
    expected = {0.25: "plain", 0.75: "adaptive"}
    assert expected[probabilities[1200]] == found[1200].arm


def test_a_slot_whose_arm_is_unclear_is_left_out(server: str) -> None:
    plays = [make_play(100, 108, **PLAIN), make_play(200, 208, arm_probability=0.6)]
    write(server, 1000, *plays)
    assert 0 not in slots(server)
    assert 300 in slots(server)


def test_redemptions_come_to_their_slot_however_late(server: str) -> None:
    write(server, 100, make_play(100, 108, **PLAIN), *people(102, "a"))
    days = 20 * 86_400
    write(server, 1000)
    euros = {"minor": 500, "currency": "EUR"}
    write(server, days, redeemed("r1", 0, days, sale=euros))
    write(server, days + 1, redeemed("r2", 0, days, sale=euros))
    write(server, days + 2, redeemed("r3", 0, days))
    pounds = {"minor": 7, "currency": "GBP"}
    write(server, days + 3, redeemed("r4", 300, days, sale=pounds))
    write(server, days + 4, redeemed("r5", 600, days, sale=euros))
    found = slots(server)
    assert (found[0].redemptions, found[0].sales_minor) == (3, 1000)
    # Amounts of two currencies cannot be added: that of fewer slots is left out.
    assert (found[300].redemptions, found[300].sales_minor) == (1, 0)
    assert found[600].sales_minor == 500


def test_where_only_one_arm_has_offers_redemptions_are_no_goal(server: str) -> None:
    mall = with_campaign(offers_in_plain="none")
    write(server, 100, *people(102, "a"), mall=mall)
    sale = {"minor": 500, "currency": "EUR"}
    write(server, 1000, redeemed("r1", 0, 900, sale=sale), mall=mall)
    assert (slots(server)[0].redemptions, slots(server)[0].sales_minor) == (0, 0)


def test_released_slots_end_with_a_step_and_stay_as_they_were(server: str) -> None:
    first = [make_play(100, 108, **PLAIN), *people(102, "a", "b")]
    write(server, 1000, *first, redeemed("r1", 0, 900))
    assert slots(server, "released") == {}
    write(server, 8000)
    # What is released has to be on the bus first.
    assert slots(server, "released") == {}
    write(server, 8000)
    released = slots(server, "released")
    assert (max(released), released[0].visitors) == (0, 2)
    assert released[0].redemptions == 1
    write(server, 8001, redeemed("r2", 0, 8000), *people(7900, "c"))
    assert slots(server, "released") == released
    assert slots(server)[0].redemptions == 2
    write(server, 8100, *people(7950, "d"))
    write(server, 15_500)
    write(server, 15_500)
    assert slots(server, "released")[0].redemptions == 2
    assert max(slots(server, "released")) == 7800


def test_no_ones_id_is_in_the_table(server: str) -> None:
    write(server, 1000, make_play(100, 108, **PLAIN), *people(102, "someone-in-it"))
    write(server, 8000)
    write(server, 9000)
    redis: Redis = connect(server)
    for key in redis.scan_iter("analytics:slots:*"):
        if key.endswith(b":waiting"):
            continue
        content = str(redis.hgetall(key))
        assert "someone-in-it" not in content


def test_thirty_days_are_shown_and_what_is_too_old_goes(server: str) -> None:
    write(server, 100, make_play(100, 108, **PLAIN), *people(102, "a", "b"))
    euros = {"minor": 500, "currency": "EUR"}
    write(server, 1000, redeemed("r1", 0, 900, sale=euros))
    write(server, 31 * 86_400)
    assert min(slots(server)) > 0
    redis: Redis = connect(server)
    first = str(at(0) // (300 * SECOND_NS))
    goals = "analytics:slots:north:goals:exact:spring"
    assert redis.hkeys(goals) == [first.encode(), f"{first} EUR".encode()]
    write(server, 61 * 86_400)
    for key in redis.scan_iter("analytics:slots:north:*"):
        if b":step:" not in key:
            fields = plain_hash(redis, key.decode())
            assert first not in [field.split()[0] for field in fields]


def test_of_goals_only_the_slots_that_are_too_old_go(server: str) -> None:
    days = KEPT_NS / SECOND_NS
    euros = {"minor": 500, "currency": "EUR"}
    write(server, 100, *people(102, "a"))
    write(server, 1000, redeemed("r1", 0, 900, sale=euros))
    write(server, days, redeemed("r2", 300, days - 1, sale=euros))
    write(server, days + 400)
    redis: Redis = connect(server)
    kept = at(300) // (300 * SECOND_NS)
    goals = redis.hgetall("analytics:slots:north:goals:exact:spring")
    assert goals == {f"{kept}".encode(): b"1", f"{kept} EUR".encode(): b"500"}


def test_a_campaign_that_ended_long_ago_leaves_nothing(server: str) -> None:
    write(server, 100, make_play(100, 108, **PLAIN), *people(102, "a", "b"))
    write(server, 1000)
    empty = Mall(cameras=(), stands=(STAND,), campaigns=())
    write(server, 1300, mall=empty)
    write(server, 61 * 86_400, mall=empty)
    redis: Redis = connect(server)
    assert list(redis.scan_iter("analytics:slot*:*spring*")) == []
    assert slots(server) == {}


def test_a_stand_without_configuration_has_no_experiment() -> None:
    experiments = ConfiguredExperiments()
    experiments.follow(make_mall())
    assert experiments.on("nowhere", at(0)) == {}


def test_slots_that_are_too_old_leave_the_store(server: str) -> None:
    days = KEPT_NS / SECOND_NS
    write(server, 700, make_play(40, 50, **PLAIN), make_exposure(40, 48))
    kept = "analytics:slots:north:own:spring"
    with closing(connect(server)) as redis:
        assert redis.hlen("analytics:slots:north:seen") == 1
        assert redis.hlen(kept) == 1
        write(server, days + 100)
        assert redis.hlen(kept) == 1
        write(server, days + 700)
        assert redis.hlen(kept) == 0
        assert redis.hlen("analytics:slots:north:seen") == 0


def test_what_a_slot_tells_of_creatives_comes_with_it(server: str) -> None:
    chance = PLAIN | {"probability": 0.6, "alternatives": {"spring/boot": 0.3}}
    write(server, 100, make_play(100, 108, **chance), *people(102, "a", "b"))
    write(server, 1000)
    (pair,) = slots(server)[0].pairs
    assert (pair.first_id, pair.second_id) == ("boot", "shoe")
    assert pair.first == Side()
    assert (pair.second.people, pair.second.weight) == (2, 3.0)
    assert slots(server)[300].pairs == ()
    # Somebody turns out to have been there: a revision.
    write(server, 1001, *people(102, "c"))
    assert slots(server)[0].pairs[0].second.people == 3
