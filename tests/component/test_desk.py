"""The enrolment desk: operators enrol from pictures, list, withdraw and erase."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.customers_builders import (
    BEN,
    RunningCustomers,
    jpeg,
    make_view,
    running_customers,
    store_of,
)
from vitrine.customers.enrolment import NotOneFace
from vitrine.services.customers.trays import MOST_TRAYS, MOST_VIEWS, TRAY_S, Trays
from vitrine.stores.receipts import check

OPERATOR = "the operator's token"
FORM = {"recognise": "on", "offers": "on", "text": "v2", "name": "Ada"}
MEMBER = {"profile": "on", "tags": "runner  staff runner", "level": "gold"}


@pytest.fixture
def customers(tmp_path: Path, redis_url: str) -> Iterator[RunningCustomers]:
    with running_customers(
        tmp_path, redis_url, operator_token=OPERATOR, port=0
    ) as running:
        yield running


@pytest.fixture
def desk(customers: RunningCustomers) -> Iterator[httpx.Client]:
    """The browser of an operator who has opened the desk."""
    with httpx.Client(
        base_url=customers.service.desk_address,
        headers={"Authorization": f"Bearer {OPERATOR}"},
        timeout=20,
    ) as browser:
        assert browser.get("/desk").status_code == 200
        yield browser


def look(customers: RunningCustomers, desk: httpx.Client, seen: Any) -> str:
    customers.mirror.seen = seen
    said: str = desk.post("/desk/look", content=jpeg()).json()["said"]
    return said


def test_somebody_is_enrolled_from_good_pictures(
    customers: RunningCustomers, desk: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    assert look(customers, desk, NotOneFace(0)) == "no face in it"
    poor = make_view(quality=0.1, flaw="dark")
    assert look(customers, desk, poor).startswith("left out")
    assert look(customers, desk, make_view()) == "good; 1 in all"
    assert look(customers, desk, make_view(20)) == "good; 2 in all"
    answer = desk.post("/desk/enrol", data=FORM | MEMBER)
    assert answer.status_code == 303, answer.text
    (customer,) = store_of(customers, redis).customers()
    assert (customer.name, customer.templates) == ("Ada", 2)
    assert (customer.tags, customer.level) == (("runner", "staff"), "gold")
    agreed = {each.purpose for each in customer.consents}
    assert agreed == {"recognise", "profile", "offers"}
    assert {each.method for each in customer.consents} == {"desk"}
    page = desk.get("/desk").text
    assert customer.customer_id in page
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    noted = [json.loads(line) for line in lines]
    assert {"enrolled a customer", "listed the customers"} <= {
        entry["what"] for entry in noted
    }
    assert {entry["who"] for entry in noted} == {"operator token"}
    assert "Ada" not in "".join(lines)


@pytest.mark.parametrize(
    ("views", "fields", "said"),
    [
        ([], {}, "no good picture yet"),
        ([make_view(), make_view(vector=BEN)], {}, "2 people (picture 1; picture 2)"),
        ([make_view()], {"text": ""}, "no version of the text"),
        ([make_view()], {"name": "x" * 101}, "100 letters at most"),
        ([make_view()], {"profile": "on", "level": "Gold Member"}, "Gold Member"),
        ([make_view()], {"level": "gold"}, "grant the purpose `profile`"),
    ],
)
def test_what_speaks_against_it_is_said(
    customers: RunningCustomers,
    desk: httpx.Client,
    redis: Redis,
    views: list[Any],
    fields: dict[str, str],
    said: str,
) -> None:
    for view in views:
        look(customers, desk, view)
    answer = desk.post("/desk/enrol", data=FORM | fields)
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert redis.scard("customers") == 0


def test_who_was_refused_is_not_photographed_once_more(
    customers: RunningCustomers, desk: httpx.Client, redis: Redis
) -> None:
    look(customers, desk, make_view())
    named = FORM | {"name": "<Ada>", "level": "gold"}
    page = desk.post("/desk/enrol", data=named).text
    assert "good ones of before: 1" in page
    assert 'value="&lt;Ada&gt;"' in page
    assert 'name="offers" checked' in page
    assert 'name="profile">' in page
    assert desk.post("/desk/enrol", data=named | MEMBER).status_code == 303
    (customer,) = store_of(customers, redis).customers()
    assert (customer.name, customer.templates) == ("<Ada>", 1)


def test_without_consent_to_be_recognised_nobody_is_enrolled(
    customers: RunningCustomers, desk: httpx.Client, redis: Redis
) -> None:
    look(customers, desk, make_view())
    fields = {key: value for key, value in FORM.items() if key != "recognise"}
    assert desk.post("/desk/enrol", data=fields).status_code == 422
    assert redis.scard("customers") == 0


def test_a_second_record_of_one_face_is_refused_with_the_first_ones_number(
    customers: RunningCustomers, desk: httpx.Client, redis: Redis
) -> None:
    for _ in range(2):
        look(customers, desk, make_view())
        answer = desk.post("/desk/enrol", data=FORM)
    (customer,) = store_of(customers, redis).customers()
    assert answer.status_code == 422
    assert customer.customer_id in answer.text


def test_a_page_that_is_opened_anew_has_no_pictures_of_who_went_away(
    customers: RunningCustomers, desk: httpx.Client, redis: Redis
) -> None:
    look(customers, desk, make_view(vector=BEN))
    desk.get("/desk")
    assert look(customers, desk, make_view()) == "good; 1 in all"
    assert desk.post("/desk/enrol", data=FORM).status_code == 303
    (customer,) = store_of(customers, redis).customers()
    assert customer.templates == 1


def test_two_desks_enrol_one_face_once(
    customers: RunningCustomers, desk: httpx.Client, redis: Redis
) -> None:
    with httpx.Client(
        base_url=customers.service.desk_address, headers=desk.headers, timeout=20
    ) as other:
        other.get("/desk")
        for each in (desk, other):
            look(customers, each, make_view())
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(
                lambda each: each.post("/desk/enrol", data=FORM),
                (desk, other),
            )
            statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [303, 422]
    assert redis.scard("customers") == 1


def test_a_consent_is_withdrawn_and_a_customer_erased(
    customers: RunningCustomers, desk: httpx.Client, redis: Redis
) -> None:
    look(customers, desk, make_view())
    desk.post("/desk/enrol", data=FORM)
    (customer,) = store_of(customers, redis).customers()
    number = {"id": customer.customer_id}
    desk.post("/desk/withdraw", data=number | {"purpose": "offers"})
    assert "Withdraw offers" not in desk.get("/desk").text
    assert (
        desk.post("/desk/withdraw", data={**number, "purpose": "x"}).status_code == 422
    )
    assert desk.post("/desk/erase", data=number).status_code == 422
    page = desk.post("/desk/erase", data=number | {"sure": "on"}).text
    start = page.index('class="receipt">') + len('class="receipt">')
    receipt = json.loads(unescape(page[start : page.index("</pre>")]))
    with customers.phone() as phone:
        check(receipt, phone.get("/receipt-key").json()["public_key"])
    assert redis.scard("customers") == 0


def test_trays_are_bounded_and_end() -> None:
    now_s = 0.0
    trays = Trays(lambda: now_s)
    for _ in range(MOST_VIEWS + 5):
        trays.add("a", make_view())
    assert len(trays.views("a")) == MOST_VIEWS
    for number in range(MOST_TRAYS):
        trays.add(f"desk-{number}", make_view())
    assert trays.views("a") == []
    now_s = TRAY_S + 1
    assert trays.views("desk-5") == []
