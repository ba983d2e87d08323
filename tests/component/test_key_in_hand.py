"""Where a stand asks for keys in hand, a template opens only while a phone allows it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.builders import make_mall
from tests.component.test_joining import joined
from tests.customers_builders import RunningCustomers, running_customers, store_of
from vitrine.customers.hands import Allowance
from vitrine.mall import Stand
from vitrine.sealing import Sealer
from vitrine.services.customers import allow_page, joinings
from vitrine.services.customers.texts import text_version
from vitrine.stores.hand_keys import Listener
from vitrine.stores.redis import connect

NORTH = Stand(id="north", recognition="key-in-hand")
SOUTH = Stand(id="south", recognition="none")
WAIT_S = 20


@pytest.fixture
def customers(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningCustomers]:
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    mall = make_mall(NORTH, SOUTH)
    with running_customers(tmp_path, redis_url, mall=mall) as running:
        yield running


@pytest.fixture
def ada(customers: RunningCustomers) -> Iterator[httpx.Client]:
    """The phone of somebody who has joined."""
    with customers.phone() as phone:
        joined(customers, phone, profile="on", offers="on")
        yield phone


@pytest.fixture
def listener(customers: RunningCustomers) -> Iterator[Listener]:
    """What `identity` hears."""
    with closing(connect(customers.redis_url)) as redis:
        yield Listener(redis, Sealer.load(customers.keys))


def heard(listener: Listener, count: int) -> list[Allowance]:
    """Wait until so many allowances are said."""
    ends_s = time.monotonic() + WAIT_S
    while time.monotonic() < ends_s:
        found = listener.heard(time.time_ns())
        if len(found) == count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"expected {count} allowances, heard {found}")


def allow(phone: httpx.Client, where: str, stand: str = "") -> httpx.Response:
    return phone.post("/allow", data={"where": where, "stand": stand})


def templates(
    customers: RunningCustomers, redis: Redis, allowances: list[Allowance]
) -> int:
    """How many templates open with what is allowed."""
    keys = {each.customer_id: each.key for each in allowances}
    store = store_of(customers, redis)
    return len(store.templates_in_hand(keys, time.time_ns()))


def test_the_consent_says_that_the_phone_has_the_key(
    customers: RunningCustomers, redis: Redis
) -> None:
    with customers.phone() as phone:
        assert "a key that only your phone has" in phone.get("/join").text
        joined(customers, phone)
    (customer,) = store_of(customers, redis).customers()
    version = text_version("en", 365, in_hand=True)
    assert {each.text_version for each in customer.consents} == {version}


def test_templates_open_where_and_while_the_phone_allows_it(
    customers: RunningCustomers,
    ada: httpx.Client,
    redis: Redis,
    listener: Listener,
    tmp_path: Path,
) -> None:
    assert store_of(customers, redis).templates(time.time_ns()) == []
    assert heard(listener, 0) == []
    page = ada.get("/allow?stand=north").text
    assert "Not allowed anywhere now." in page
    assert allow(ada, "stand", "north").status_code == 303
    (allowance,) = heard(listener, 1)
    assert allowance.stand_id == "north"
    left_s = (allowance.until_ns - time.time_ns()) / 1e9
    assert 0 < left_s <= allow_page.STAND_SECONDS
    assert templates(customers, redis, [allowance]) == 3
    assert "Allowed at north until" in ada.get("/allow?stand=north").text
    assert allow(ada, "nowhere").status_code == 303
    assert heard(listener, 0) == []
    audit = (tmp_path / "audit.jsonl").read_text()
    said = [json.loads(line)["what"] for line in audit.splitlines()]
    assert said == ["joined", "allowed recognition at a stand", "ended recognition"]


def test_the_whole_mall_is_allowed_until_the_end_of_its_day(
    ada: httpx.Client, listener: Listener
) -> None:
    allow(ada, "mall")
    (allowance,) = heard(listener, 1)
    assert allowance.stand_id is None
    assert allowance.until_ns - time.time_ns() <= 25 * 3600 * 10**9
    assert "in the whole mall until 00:00" in ada.get("/allow").text


@pytest.mark.parametrize(
    ("where", "stand"),
    [("stand", "south"), ("stand", "nowhere"), ("stand", ""), ("", "north")],
)
def test_another_place_is_refused(
    ada: httpx.Client, listener: Listener, where: str, stand: str
) -> None:
    assert allow(ada, where, stand).status_code == 422
    assert heard(listener, 0) == []


def test_an_address_with_a_stand_of_somebodys_making_stays_one_address(
    ada: httpx.Client,
) -> None:
    answer = allow(ada, "nowhere", "a\r\nX: y&<b>")
    assert answer.headers["Location"] == "/allow?stand=a%0D%0AX%3A+y%26%3Cb%3E"
    assert "<b>" not in ada.get(answer.headers["Location"]).text


def test_somebody_elses_phone_allows_nothing(
    customers: RunningCustomers, ada: httpx.Client, listener: Listener
) -> None:
    with customers.phone() as other:
        assert other.get("/allow?stand=north").status_code == 401
        assert allow(other, "mall").status_code == 401
    assert heard(listener, 0) == []


def test_a_new_phone_has_the_key_by_the_code_and_the_old_one_no_more(
    customers: RunningCustomers, redis: Redis, listener: Listener
) -> None:
    with customers.phone() as old, customers.phone() as new:
        code = joined(customers, old)
        allow(old, "mall")
        heard(listener, 1)
        assert new.post("/recover", data={"code": code}).status_code == 200
        # What the lost phone allowed is over.
        assert heard(listener, 0) == []
        assert allow(old, "mall").status_code == 401
        assert allow(new, "mall").status_code == 303
        allowances = heard(listener, 1)
    assert templates(customers, redis, allowances) == 3


def test_who_leaves_is_allowed_nothing_any_more(
    ada: httpx.Client, listener: Listener
) -> None:
    allow(ada, "mall")
    heard(listener, 1)
    assert ada.post("/me/erase", data={"sure": "on"}).status_code == 200
    assert heard(listener, 0) == []


def test_where_no_stand_asks_for_keys_the_page_says_so(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch, redis: Redis
) -> None:
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    with running_customers(tmp_path, redis_url) as running, running.phone() as phone:
        joined(running, phone)
        assert "need no permission" in phone.get("/allow").text
        assert "need no permission" in allow(phone, "mall").text
        assert len(store_of(running, redis).templates(time.time_ns())) == 3


def test_the_key_is_in_no_page_and_not_in_redis(
    customers: RunningCustomers,
    ada: httpx.Client,
    redis: Redis,
    listener: Listener,
) -> None:
    allow(ada, "stand", "north")
    (allowance,) = heard(listener, 1)
    for key in redis.scan_iter():
        dumped: Any = redis.dump(key)
        assert allowance.key not in dumped
        assert allowance.key.hex().encode() not in dumped
    page = ada.get("/allow?stand=north").content + ada.get("/me").content
    assert allowance.key.hex().encode() not in page
