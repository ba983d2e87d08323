"""Plans in the store: frozen once, looked at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from tests.unit.effects.test_plan import PLAN, slots
from vitrine.clock import SECOND_NS
from vitrine.effects.plan import Planned, look_once
from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.services.analytics.experiments import plans_of
from vitrine.stores.campaign_plans import (
    freeze_plans,
    load_planned,
    look_as_planned,
)
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect


@pytest.fixture
def redis() -> Iterator[Redis]:
    with embedded_redis() as url, connect(url) as client:
        yield client


def test_the_first_plan_stays_and_so_does_its_look(redis: Redis) -> None:
    assert load_planned(redis, "spring", "people") is None
    freeze_plans(redis, {"spring": PLAN})
    freeze_plans(redis, {"spring": replace(PLAN, slots=5000)})
    assert load_planned(redis, "spring", "people") == Planned(PLAN)
    look_as_planned(redis, "spring", "people", slots(20))
    assert load_planned(redis, "spring", "people") == Planned(PLAN)
    look_as_planned(redis, "spring", "people", slots(90))
    found = Planned(PLAN, look_once(PLAN, slots(90)))
    assert found.look is not None
    assert load_planned(redis, "spring", "people") == found
    # Its first slots are too old to be kept: it is not looked at again.
    look_as_planned(redis, "spring", "people", slots(90, first=60))
    assert load_planned(redis, "spring", "people") == found
    assert load_planned(redis, "spring", "synthetic") == Planned(PLAN)


def test_a_plan_counts_from_when_it_was_read_to_the_end_of_its_day() -> None:
    days = {"from": "2027-03-01", "to": "2027-03-31"}
    shoe = Creative(id="shoe", file="shoe.html")
    plan = {"outcome": "sales", "slots": 600, "until": "2027-03-28"}
    planned = Campaign(
        id="spring",
        advertiser="acme",
        stands=("north",),
        creatives=(shoe,),
        plan=plan,
        **days,
    )
    other = planned.model_copy(update={"id": "summer", "plan": None})
    mall = Mall(cameras=(), stands=(Stand(id="north"),), campaigns=(planned, other))
    (found,) = plans_of(mall, 7).items()
    assert found[0] == "spring"
    assert (found[1].outcome, found[1].slots, found[1].frozen_ns) == ("sales", 600, 7)
    # 29 March 2027, 00:00 UTC.
    assert found[1].end_ns == 1_806_278_400 * SECOND_NS
