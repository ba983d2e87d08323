"""Somebody joins by phone: consent, camera, name, done."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.customers_builders import (
    BEN,
    CONSENT,
    RunningCustomers,
    jpeg,
    make_view,
    running_customers,
    store_of,
)
from vitrine.customers.consents import granted
from vitrine.customers.enrolment import NotOneFace, View
from vitrine.errors import Unavailable
from vitrine.mall.stands import Language
from vitrine.services.customers import joinings, registering
from vitrine.services.customers.texts import text_version
from vitrine.stores import phones, recovery
from vitrine.web.languages import LANGUAGES

ACTIONS = {
    "left": make_view(25),
    "right": make_view(-25),
    "close": make_view(eyes=0.02),
}


@pytest.fixture
def customers(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningCustomers]:
    # Nobody waits between two pictures here.
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    with running_customers(tmp_path, redis_url) as running:
        yield running


def begin(phone: httpx.Client, **fields: str) -> httpx.Response:
    shown = {"text": text_of(phone.get("/join").text)}
    return phone.post("/join", data=CONSENT | shown | fields)


def text_of(page: str) -> str:
    """The version of the text that a form says it shows."""
    found = re.search(r'name="text" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def look(customers: RunningCustomers, phone: httpx.Client, view: Any) -> Any:
    customers.mirror.seen = view
    answer = phone.post("/join/look", content=jpeg())
    assert answer.status_code == 200, answer.text
    return answer.json()


def of(view: View, vector: Any) -> View:
    return replace(view, vector=vector)


def pass_challenge(
    customers: RunningCustomers, phone: httpx.Client, vector: Any = None
) -> None:
    """Do what is asked, and look into the camera in between."""
    vector = make_view().vector if vector is None else vector
    for _ in range(4):
        told = look(customers, phone, of(make_view(), vector))
        if told["hint"] in ACTIONS:
            told = look(customers, phone, of(ACTIONS[told["hint"]], vector))
    assert told["passed"], told


def joined(
    customers: RunningCustomers, phone: httpx.Client, name: str = "Ada", **fields: str
) -> str:
    """Join, and return the recovery code."""
    assert begin(phone, **fields).status_code == 303
    pass_challenge(customers, phone)
    done = phone.post("/join/finish", data={"name": name})
    assert done.status_code == 200, done.text
    found = re.search(r'class="code">([A-Z2-7-]+)<', done.text)
    assert found is not None
    return found[1]


def test_from_the_consent_to_a_customer(
    customers: RunningCustomers, redis: Redis, tmp_path: Path
) -> None:
    with customers.phone() as phone:
        page = phone.get("/join").text
        assert page.count('type="checkbox"') == 3
        assert "checked" not in page
        code = joined(customers, phone, offers="on")
    assert len(code.replace("-", "")) == 26
    store = store_of(customers, redis)
    (customer,) = store.customers()
    assert customer.name == "Ada"
    assert customer.templates == 3
    assert [each.purpose for each in customer.consents] == ["recognise", "offers"]
    assert {each.text_version for each in customer.consents} == {
        text_version("en", 365, in_hand=False)
    }
    told = {(each.method, each.language) for each in customer.consents}
    assert told == {("phone", "en")}
    (entry,) = (tmp_path / "audit.jsonl").read_text().splitlines()
    noted = json.loads(entry)
    assert noted["who"] == "phone"
    assert noted["what"] == "joined"
    assert noted["place"] == customer.customer_id
    assert "Ada" not in entry


def test_the_code_and_the_phones_secret_are_not_stored(
    customers: RunningCustomers, redis: Redis
) -> None:
    with customers.phone() as phone:
        code = joined(customers, phone)
        secret = phone.cookies["vitrine-phone"]
    stored = []
    for key in redis.keys("*"):
        kind = redis.type(key)
        content = redis.hgetall(key) if kind == b"hash" else redis.dump(key)
        stored.append(repr((key, content)))
    text = "".join(stored)
    assert "customers:recovery:" in text
    for secret_text in (code, code.replace("-", ""), secret, "Ada"):
        assert secret_text not in text


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"age": "yes"}, 422, "agree to be recognised"),
        ({"recognise": "on"}, 422, "whether you are 16 or older"),
        ({"recognise": "on", "age": "no"}, 403, "not for you yet"),
    ],
)
def test_who_may_not_go_on_is_told_why(
    customers: RunningCustomers, fields: dict[str, str], status: int, said: str
) -> None:
    with customers.phone() as phone:
        answer = phone.post("/join", data=fields)
        assert answer.status_code == status
        assert said in answer.text
        assert "vitrine-joining" not in phone.cookies


def test_a_text_of_before_is_shown_anew(customers: RunningCustomers) -> None:
    with customers.phone() as phone:
        answer = begin(phone, text="phone-en-00000000")
        assert answer.status_code == 422
        assert "has changed" in answer.text
        assert text_of(answer.text) == text_version("en", 365, in_hand=False)
        assert "vitrine-joining" not in phone.cookies


def test_what_was_read_is_recorded_whatever_another_tab_chose(
    customers: RunningCustomers, redis: Redis
) -> None:
    german = text_version("de", 365, in_hand=False)
    with customers.phone() as phone:
        joined(customers, phone, text=german)
    (customer,) = store_of(customers, redis).customers()
    told = {(each.text_version, each.language) for each in customer.consents}
    assert told == {(german, "de")}


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (NotOneFace(0), "none"),
        (NotOneFace(2), "several"),
        (make_view(quality=0.1, flaw="dark"), "dark"),
        (make_view(quality=0.1, flaw="far"), "far"),
        (make_view(quality=0.1), "unclear"),
        (make_view(30), "front"),
    ],
)
def test_it_says_what_to_do_better(
    customers: RunningCustomers, seen: Any, hint: str
) -> None:
    with customers.phone() as phone:
        begin(phone)
        assert look(customers, phone, seen)["hint"] == hint


def test_what_is_no_picture_is_none(customers: RunningCustomers) -> None:
    with customers.phone() as phone:
        begin(phone)
        for content in (b"", b"GIF89a", b"\xff\xd8\xff" + bytes(200)):
            answer = phone.post("/join/look", content=content)
            assert answer.json()["hint"] == "none"


def test_nobody_finishes_before_the_challenge(customers: RunningCustomers) -> None:
    with customers.phone() as phone:
        assert phone.post("/join/finish", data={"name": "Ada"}).status_code == 410
        begin(phone)
        look(customers, phone, make_view())
        assert phone.post("/join/finish", data={"name": "Ada"}).status_code == 410


def test_without_a_joining_no_picture_is_looked_at(customers: RunningCustomers) -> None:
    with customers.phone() as phone:
        assert phone.post("/join/look", content=jpeg()).status_code == 410
        assert phone.get("/join/camera").status_code == 410


def test_an_answer_that_was_lost_is_given_again(
    customers: RunningCustomers, redis: Redis
) -> None:
    with customers.phone() as phone:
        joined(customers, phone)
        first = phone.post("/join/finish", data={"name": "Ada"}).text
        assert phone.post("/join/finish", data={"name": "Ada"}).text == first
    assert redis.scard("customers") == 1


def test_who_looks_like_a_customer_is_not_enrolled_again(
    customers: RunningCustomers, redis: Redis
) -> None:
    with customers.phone() as phone:
        joined(customers, phone)
        customer_id = phone.cookies["vitrine-customer"]
    with customers.phone() as other:
        begin(other)
        pass_challenge(customers, other)
        answer = other.post("/join/finish", data={"name": "Eve"})
    assert answer.status_code == 409
    assert "recovery code" in answer.text
    assert customer_id not in answer.text
    assert "Ada" not in answer.text
    assert redis.scard("customers") == 1


def test_while_the_store_is_away_nobody_is_enrolled_and_it_goes_on_afterwards(
    customers: RunningCustomers, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise Unavailable("Redis is away")

    with customers.phone() as phone:
        begin(phone)
        pass_challenge(customers, phone)
        with monkeypatch.context() as patch:
            patch.setattr(registering, "_enrol", away)
            answer = phone.post("/join/finish", data={"name": "Ada"})
            assert answer.status_code == 503
            assert "try again in a moment" in answer.text
        assert phone.post("/join/finish", data={"name": "Ada"}).status_code == 200
    assert redis.scard("customers") == 1


@pytest.mark.parametrize("step", ["link_at_once", "offer_link", "keep_code"])
def test_who_was_enrolled_before_the_store_went_away_gets_phone_and_code_afterwards(
    customers: RunningCustomers,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    def away(*_: Any) -> None:
        raise Unavailable("Redis is away")

    module = recovery if step == "keep_code" else phones
    with customers.phone() as phone:
        begin(phone, offers="on")
        pass_challenge(customers, phone)
        with monkeypatch.context() as patch:
            patch.setattr(module, step, away)
            answer = phone.post("/join/finish", data={"name": "Ada"})
            assert answer.status_code == 503
        done = phone.post("/join/finish", data={"name": "Ada"})
        assert done.status_code == 200
        assert 'class="code"' in done.text
        assert phone.get("/me").status_code == 200
    assert redis.scard("customers") == 1


def test_a_record_that_nobody_got_a_key_to_keeps_nobody_from_joining(
    customers: RunningCustomers, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise Unavailable("killed between two steps")

    with customers.phone() as phone, customers.phone() as again:
        begin(phone)
        pass_challenge(customers, phone)
        with monkeypatch.context() as patch:
            patch.setattr(registering, "hand_over", killed)
            phone.post("/join/finish", data={"name": "Ada"})
        assert redis.scard("customers") == 1
        begin(again)
        pass_challenge(customers, again)
        done = again.post("/join/finish", data={"name": "Ada"})
        assert done.status_code == 200
        assert again.get("/me").status_code == 200
    assert redis.scard("customers") == 1


def test_a_customer_of_the_desk_has_no_code_and_is_known_all_the_same(
    customers: RunningCustomers, redis: Redis
) -> None:
    now_ns = time.time_ns()
    consents = granted(
        ["recognise"], at_ns=now_ns, days=1, text_version="v2", method="desk"
    )
    model = customers.mirror.model
    vector = make_view().vector
    ada = store_of(customers, redis).enrol("Ada", [vector], model, consents, now_ns)
    with customers.phone() as phone:
        begin(phone)
        pass_challenge(customers, phone)
        assert phone.post("/join/finish", data={"name": ""}).status_code == 409
    assert redis.smembers("customers") == {ada.encode()}


def test_two_faces_are_two_customers(customers: RunningCustomers, redis: Redis) -> None:
    with customers.phone() as phone, customers.phone() as other:
        joined(customers, phone)
        begin(other)
        pass_challenge(customers, other, BEN)
        assert other.post("/join/finish", data={"name": ""}).status_code == 200
    assert redis.scard("customers") == 2


def test_of_two_with_one_face_at_once_one_is_enrolled(
    customers: RunningCustomers, redis: Redis
) -> None:
    with customers.phone() as phone, customers.phone() as other:
        for each in (phone, other):
            begin(each)
            pass_challenge(customers, each)
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(
                lambda each: each.post("/join/finish", data={"name": "Ada"}),
                (phone, other),
            )
            statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 409]
    assert redis.scard("customers") == 1


def test_the_time_of_a_phone_changes_nothing(
    customers: RunningCustomers, redis: Redis, tmp_path: Path
) -> None:
    with customers.phone(Date="Thu, 01 Jan 1970 00:00:00 GMT") as phone:
        joined(customers, phone)
    store = store_of(customers, redis)
    (customer,) = store.customers()
    age_s = time.time() - customer.consents[0].granted_at_ns / 1e9
    assert 0 <= age_s < 60


def test_a_script_is_slowed_down(customers: RunningCustomers) -> None:
    statuses = []
    with customers.phone() as phone:
        for _ in range(10):
            answer = begin(phone)
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert int(answer.headers["Retry-After"]) >= 1
    # Two a second, of all addresses together.
    assert statuses.count(429) >= 4


def test_pictures_that_come_too_fast_are_refused(
    customers: RunningCustomers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joinings, "LOOK_S", 5.0)
    with customers.phone() as phone:
        begin(phone)
        phone.post("/join/look", content=jpeg())
        answer = phone.post("/join/look", content=jpeg())
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_the_whole_page(
    customers: RunningCustomers, code: Language
) -> None:
    with customers.phone(**{"Accept-Language": code}) as phone:
        answer = phone.get("/join")
        assert answer.headers["Content-Language"] == code
        assert f'lang="{code}"' in answer.text
        assert "$" not in answer.text
