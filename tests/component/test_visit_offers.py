"""An offer for a customer's fifth visit: by the store's count at the moment, and only by that."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from redis import Redis

from tests.builders import T0_NS, at, make_engagement, make_identity, make_person
from tests.component.test_stand_offers import begun, desk_of
from tests.customer_builders import VECTOR, customer_store
from tests.stand_builders import make_campaign, make_command, make_offer
from vitrine.customers.consents import Purpose, granted
from vitrine.programme.audience import Audience
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.stores.customers import CustomerStore

DAY_S = 86_400
ALL: tuple[Purpose, ...] = ("recognise", "offers", "profile")
FIFTH = make_offer(
    id="fifth", when={"visits": 5}, codes="signed", budget=1000, once_per="day"
)
CAMPAIGN = make_campaign(offers=[FIFTH], to="2027-01-25")


@pytest.fixture
def store(redis: Redis) -> CustomerStore:
    begun(redis)
    return customer_store(redis, redis)


def enrol(store: CustomerStore, purposes: tuple[Purpose, ...] = ALL) -> str:
    consents = granted(purposes, at_ns=T0_NS, days=365, text_version="1")
    return store.enrol("Ada", [VECTOR], "m", consents, now_ns=T0_NS)


def visit(
    store: CustomerStore,
    customer_id: str,
    number: int,
    day: int = 0,
) -> Audience:
    """A customer is there and engaged, as identity tells the stand, who came so often that day."""
    track = f"{customer_id}-{day}"
    visit_id = f"visit-{track}-{number}"
    store.link_visit(visit_id, customer_id, now_ns=at(day * DAY_S))
    who = make_identity(track, known=True, offers=True)
    audience = Audience()
    audience.identify(who.model_copy(update={"visit_id": visit_id}))
    for second in (0, 1, 2):
        # A new presence each time, of one visitor of the day.
        person = make_person(track, presence_id=f"{track}-{number}", score=80)
        audience.observe(make_engagement(day * DAY_S + second, person), [60])
    return audience


def offered(desk: OfferDesk, audience: Audience, day: int = 0) -> str | None:
    """The offer that is granted now, if one is."""
    now_ns = at(day * DAY_S + 2)
    shown = desk.grant(CAMPAIGN, make_command(), audience, now_ns, "UTC")
    return shown.offer.id if shown is not None else None


def refusals() -> float:
    labels = {"stand": "north", "outcome": "other-visit"}
    return REGISTRY.get_sample_value("vitrine_offers_total", labels) or 0.0


def test_it_is_granted_on_the_fifth_visit_whatever_the_day(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    desk = desk_of(redis, tmp_path)
    ada = enrol(store)
    days = (0, 1, 1, 3, 3, 3, 4)
    found = []
    for number, day in enumerate(days):
        found.append(offered(desk, visit(store, ada, number, day), day))
    assert found == [None, None, None, None, "fifth", None, None]


def test_the_store_is_asked_once_a_visit_and_the_refusal_is_counted(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    desk = desk_of(redis, tmp_path)
    before = refusals()
    audience = visit(store, enrol(store), 0)
    for _ in range(3):
        assert offered(desk, audience) is None
    assert refusals() == before + 1


@pytest.mark.parametrize(
    "purposes", [("recognise", "offers"), ("recognise", "profile")]
)
def test_without_both_consents_there_is_no_fifth_visit(
    redis: Redis,
    tmp_path: Path,
    store: CustomerStore,
    purposes: tuple[Purpose, ...],
) -> None:
    desk = desk_of(redis, tmp_path)
    ada = enrol(store, purposes)
    assert [offered(desk, visit(store, ada, number)) for number in range(7)] == 7 * [
        None
    ]


def test_a_profile_that_is_withdrawn_ends_it_and_begins_to_count_anew(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    desk = desk_of(redis, tmp_path)
    ada = enrol(store)
    for number in range(4):
        visit(store, ada, number)
    fifth = visit(store, ada, 4)
    store.withdraw(ada, "profile", now_ns=at(1))
    assert offered(desk, fifth) is None
    profile = granted(("profile",), at_ns=at(1), days=365, text_version="1")
    store.agree(ada, profile, now_ns=at(1))
    found = [offered(desk, visit(store, ada, number)) for number in range(5, 10)]
    assert found == [None, None, None, None, "fifth"]


def test_who_comes_for_another_time_gets_what_is_for_anybody(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    anybody = make_offer(codes="signed")
    campaign = make_campaign(offers=[FIFTH, anybody])
    desk = desk_of(redis, tmp_path)
    audience = visit(store, enrol(store), 0)
    found = []
    for _ in range(3):
        shown = desk.grant(campaign, make_command(), audience, at(2), "UTC")
        found.append(shown.offer.id if shown is not None else None)
    assert found == [None, "ten", None]
