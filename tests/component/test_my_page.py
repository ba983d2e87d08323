"""What customers see and change of themselves on their phone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html import unescape
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.component.test_joining import joined
from tests.customers_builders import RunningCustomers, running_customers, store_of
from vitrine.customers.consents import Purpose
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.services.customers import joinings
from vitrine.services.customers.me_page import MOST_INTERESTS, interests_of
from vitrine.services.customers.settings import CustomersSettings
from vitrine.services.customers.texts import text_version
from vitrine.stores import phones, recovery
from vitrine.stores.customers import CustomerStore
from vitrine.stores.receipts import check

CUSTOMER = "vitrine-customer"


@pytest.fixture
def customers(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningCustomers]:
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    with running_customers(tmp_path, redis_url) as running:
        yield running


@pytest.fixture
def ada(customers: RunningCustomers) -> Iterator[httpx.Client]:
    """The phone of somebody who has joined, with all three purposes."""
    with customers.phone() as phone:
        joined(customers, phone, profile="on", offers="on")
        yield phone


def change(phone: httpx.Client, path: str, **fields: str) -> httpx.Response:
    if path == "agree":
        fields = {"text": text_version("en", 365, in_hand=False)} | fields
    return phone.post(f"/me/{path}", data=fields)


def noted(folder: Path) -> list[str]:
    lines = (folder / "audit.jsonl").read_text().splitlines()
    return [json.loads(line)["what"] for line in lines]


def receipt_in(page: str) -> dict[str, Any]:
    found = re.search(r'class="receipt">(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    receipt: dict[str, Any] = json.loads(unescape(found[1]))
    return receipt


def test_who_joined_sees_what_is_kept(ada: httpx.Client, tmp_path: Path) -> None:
    page = ada.get("/me").text
    assert 'value="Ada"' in page
    assert "as encrypted numbers: 3." in page
    assert page.count(text_version("en", 365, in_hand=False)) == 3
    assert "Visits that were counted" in page
    assert noted(tmp_path) == ["joined", "looked at what is kept"]


def test_another_phone_sees_nothing(
    customers: RunningCustomers, ada: httpx.Client
) -> None:
    with customers.phone() as other:
        assert other.get("/me").status_code == 401
        other.get("/join")
        # It knows the number of a customer, and has a secret of its own.
        other.cookies.set(CUSTOMER, ada.cookies[CUSTOMER])
        other.cookies.set("vitrine-phone", "x" * 43)
        for method, path in (("GET", "/me"), ("POST", "/me/erase")):
            answer = other.request(method, path, data={"sure": "on"})
            assert answer.status_code == 401
            assert "Ada" not in answer.text


def test_who_can_write_to_redis_alone_opens_no_page_and_recovers_nobody(
    customers: RunningCustomers, ada: httpx.Client, redis: Redis
) -> None:
    customer_id = ada.cookies[CUSTOMER]
    code = recovery.new_code()
    with customers.phone() as thief:
        thief.cookies.set(CUSTOMER, customer_id)
        thief.cookies.set("vitrine-phone", "x" * 43)
        # What the store itself would keep of them, but for the data key.
        assert phones.link_at_once(redis, customer_id, "x" * 43)
        assert recovery.keep_code(redis, customer_id, code, recovery.plain(code))
        assert recovery.customer_of(redis, code) == customer_id
        assert thief.get("/me").status_code == 401
        assert thief.post("/recover", data={"code": code}).status_code == 404


def test_name_and_interests_are_changed(
    customers: RunningCustomers, ada: httpx.Client, redis: Redis
) -> None:
    change(ada, "change", name="Ada B.", interests="Running, coffee  running ü")
    (customer,) = store_of(customers, redis).customers()
    assert customer.name == "Ada B."
    assert customer.interests == ("running", "coffee")


def test_what_a_form_does_not_have_stays_as_it_is(
    customers: RunningCustomers, ada: httpx.Client, redis: Redis
) -> None:
    change(ada, "change", name="Ada B.", interests="coffee")
    change(ada, "change", interests="running")
    change(ada, "change", name="Ada C.")
    (customer,) = store_of(customers, redis).customers()
    assert (customer.name, customer.interests) == ("Ada C.", ("running",))
    change(ada, "change", name="", interests="")
    (customer,) = store_of(customers, redis).customers()
    assert (customer.name, customer.interests) == ("", ())


def test_nothing_is_written_down_of_who_was_erased_meanwhile(
    customers: RunningCustomers,
    ada: httpx.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    withdraw = CustomerStore.withdraw

    def late(
        store: CustomerStore, customer_id: str, purpose: Purpose, now_ns: int
    ) -> None:
        store.erase(customer_id, now_ns)
        withdraw(store, customer_id, purpose, now_ns)

    monkeypatch.setattr(CustomerStore, "withdraw", late)
    assert change(ada, "withdraw", purpose="profile").status_code == 401
    assert noted(tmp_path) == ["joined"]


def test_a_withdrawal_that_came_twice_is_written_down_once(
    ada: httpx.Client, tmp_path: Path
) -> None:
    for _ in range(2):
        assert change(ada, "withdraw", purpose="profile").status_code == 303
    assert noted(tmp_path) == ["joined", "withdrew the consent to profile"]


def test_interests_need_a_profile(
    customers: RunningCustomers, ada: httpx.Client, redis: Redis
) -> None:
    change(ada, "change", name="Ada", interests="running")
    change(ada, "withdraw", purpose="profile")
    assert "running" not in ada.get("/me").text
    assert change(ada, "change", name="A", interests="coffee").status_code == 303
    (customer,) = store_of(customers, redis).customers()
    assert customer.interests == ()


def test_offered_interests_are_chosen_and_no_others(
    tmp_path: Path, redis_url: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    offered = "running, coffee, books"
    with (
        running_customers(tmp_path, redis_url, interests=offered) as running,
        running.phone() as phone,
    ):
        joined(running, phone, profile="on")
        assert phone.get("/me").text.count('name="interest-') == 3
        fields = {"interest-coffee": "on", "interest-tea": "on", "interests": "tea"}
        change(phone, "change", name="Ada", **fields)
        assert 'name="interest-coffee" checked' in phone.get("/me").text
        (customer,) = store_of(running, redis).customers()
    assert customer.interests == ("coffee",)


def test_interests_that_no_campaign_can_ask_for_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_CUSTOMERS_INTERESTS", "running, Café")
    with pytest.raises(ConfigurationError, match="found the interest 'Café'"):
        CustomersSettings.load()


def test_interests_are_bounded() -> None:
    many = " ".join(f"tag-{number}" for number in range(50))
    assert len(interests_of(many)) == MOST_INTERESTS
    assert interests_of("<b> a/b " + "x" * 500) == ()


@pytest.mark.parametrize("purpose", ["profile", "offers"])
def test_a_consent_is_withdrawn_and_given_again(
    customers: RunningCustomers, ada: httpx.Client, redis: Redis, purpose: str
) -> None:
    store = store_of(customers, redis)

    def in_force() -> set[str]:
        (customer,) = store.customers()
        now_ns = customer.consents[0].granted_at_ns + 10**9
        return {each.purpose for each in customer.consents if each.in_force(now_ns)}

    assert change(ada, "withdraw", purpose=purpose).status_code == 303
    assert ada.get("/me").text.count("Not agreed.") == 1
    # A second time, as after an answer that was lost.
    assert change(ada, "withdraw", purpose=purpose).status_code == 303
    assert change(ada, "agree", purpose=purpose).status_code == 303
    assert "Not agreed." not in ada.get("/me").text
    assert "recognise" in in_force()
    (customer,) = store.customers()
    told = {(each.method, each.language) for each in customer.consents}
    assert told == {("phone", "en")}


def test_a_text_that_is_shown_no_more_is_agreed_to_by_nobody(
    ada: httpx.Client,
) -> None:
    change(ada, "withdraw", purpose="offers")
    answer = change(ada, "agree", purpose="offers", text="phone-en-00000000")
    assert answer.status_code == 409
    assert "has changed" in answer.text
    assert ada.get("/me").text.count("Not agreed.") == 1


def test_consents_that_end_soon_are_given_anew(
    tmp_path: Path, redis_url: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    with (
        running_customers(tmp_path, redis_url, days=40) as running,
        running.phone() as phone,
    ):
        joined(running, phone, offers="on")
        page = phone.get("/me").text
        for purpose in ("Recognise me", "Offers for me"):
            assert f"Agree: {purpose}" in page
        assert "Withdraw: Offers for me" in page
        text = text_version("en", 40, in_hand=False)
        answer = change(phone, "agree", purpose="recognise", text=text)
        assert answer.status_code == 303
        assert {CUSTOMER, "vitrine-phone"} <= answer.cookies.keys()
        (customer,) = store_of(running, redis).customers()
    first, again = (each for each in customer.consents if each.purpose == "recognise")
    assert first.withdrawn_at_ns == again.granted_at_ns
    assert again.expires_at_ns > first.expires_at_ns


def test_consents_of_a_year_are_not_asked_for_at_once(ada: httpx.Client) -> None:
    assert "Agree: " not in ada.get("/me").text


def test_offers_open_on_the_phone_while_they_are_agreed_to(
    customers: RunningCustomers, ada: httpx.Client, redis: Redis
) -> None:
    (customer,) = store_of(customers, redis).customers()
    redis.set("visit:v", customer.pseudonym)
    secret = ada.cookies["vitrine-phone"]
    assert phones.belongs(redis, "v", secret)
    change(ada, "withdraw", purpose="offers")
    redis.set("visit:v", customer.pseudonym)
    assert not phones.belongs(redis, "v", secret)
    change(ada, "agree", purpose="offers")
    assert phones.belongs(redis, "v", secret)


def test_a_device_that_others_use_forgets_whose_it_was(
    customers: RunningCustomers, redis: Redis, tmp_path: Path
) -> None:
    with customers.phone() as kiosk, customers.phone() as copy:
        code = joined(customers, kiosk, offers="on")
        copy.cookies.update(kiosk.cookies)
        assert copy.get("/me").status_code == 200
        answer = kiosk.post("/me/sign-out")
        assert answer.status_code == 200
        assert "Nothing was erased" in answer.text
        assert CUSTOMER not in kiosk.cookies
        assert "vitrine-phone" not in kiosk.cookies
        for left in (kiosk, copy):
            assert left.get("/me").status_code == 401
            # Nor does the last page of joining, which showed the recovery code.
            assert left.post("/join/finish", data={"name": "Ada"}).status_code == 410
        phones_left = [redis.hget(key, "phone") for key in redis.keys("known:*")]
        assert phones_left == [None] * len(phones_left)
        assert noted(tmp_path)[-1] == "signed out"
        assert kiosk.post("/recover", data={"code": code}).status_code == 200
        assert 'value="Ada"' in kiosk.get("/me").text


def test_recognition_alone_cannot_be_withdrawn(ada: httpx.Client) -> None:
    assert change(ada, "withdraw", purpose="recognise").status_code == 422
    assert change(ada, "agree", purpose="everything").status_code == 422


def test_who_leaves_gets_a_receipt_and_nothing_is_left(
    customers: RunningCustomers, ada: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    customer_id = ada.cookies[CUSTOMER]
    assert change(ada, "erase").status_code == 422
    assert redis.scard("customers") == 1
    page = change(ada, "erase", sure="on").text
    receipt = receipt_in(page)
    check(receipt, ada.get("/receipt-key").json()["public_key"])
    assert receipt["customer_id"] == customer_id
    assert receipt["templates"] == 3
    assert redis.scard("customers") == 0
    assert redis.keys("customer:*") == []
    assert redis.keys("known:*") == []
    assert redis.keys("customers:recovery:*") == []
    assert ada.get("/me").status_code == 401
    assert noted(tmp_path)[-1] == "left"
    assert ada.post("/join/finish", data={"name": "Ada"}).status_code == 410


def test_a_receipt_is_checked_by_the_server(ada: httpx.Client) -> None:
    receipt = receipt_in(change(ada, "erase", sure="on").text)

    def genuine(content: Any) -> bool:
        answer = ada.post("/receipt/check", json=content)
        assert answer.status_code == 200
        found: bool = answer.json()["genuine"]
        return found

    assert genuine(receipt)
    assert not genuine(receipt | {"templates": 0})
    assert not genuine({"signature": 1})
    assert not genuine([])
    assert ada.post("/receipt/check", content=b"{").json() == {"genuine": False}


def test_a_new_phone_takes_over_with_the_code(
    customers: RunningCustomers, redis: Redis
) -> None:
    with customers.phone() as old, customers.phone() as new:
        code = joined(customers, old, offers="on")
        answer = new.post("/recover", data={"code": code.lower().replace("-", " ")})
        assert answer.status_code == 200
        assert 'value="Ada"' in new.get("/me").text
        assert old.get("/me").status_code == 401
        # The code is used up, and the page shows the next one.
        assert old.post("/recover", data={"code": code}).status_code == 404
        found = re.search(r'class="code">([A-Z2-7-]+)<', answer.text)
        assert found is not None
        assert old.post("/recover", data={"code": found[1]}).status_code == 200
        assert new.get("/me").status_code == 401


def test_of_two_with_one_code_at_once_one_gets_the_customer(
    customers: RunningCustomers, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_asked = Barrier(2)
    is_code_of = recovery.is_code_of

    def slow(redis: Redis, customer_id: str, bound: str) -> bool:
        found = is_code_of(redis, customer_id, bound)
        # One that has to wait for the other does not come here meanwhile.
        with suppress(BrokenBarrierError):
            both_asked.wait(0.5)
        return found

    monkeypatch.setattr(recovery, "is_code_of", slow)
    with customers.phone() as old, customers.phone() as one, customers.phone() as two:
        code = joined(customers, old)
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(
                lambda phone: phone.post("/recover", data={"code": code}), (one, two)
            )
            statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200, 404]
        opened = sorted(phone.get("/me").status_code for phone in (old, one, two))
        assert opened == [200, 401, 401]


@pytest.mark.parametrize("step", ["link_at_once", "offer_link", "keep_code"])
def test_a_code_stays_good_while_the_store_goes_away(
    customers: RunningCustomers, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def away(*_: Any) -> None:
        raise Unavailable("Redis is away")

    with customers.phone() as old, customers.phone() as new:
        code = joined(customers, old, offers="on")
        with monkeypatch.context() as patch:
            module = recovery if step == "keep_code" else phones
            patch.setattr(module, step, away)
            assert new.post("/recover", data={"code": code}).status_code == 503
        assert new.post("/recover", data={"code": code}).status_code == 200
        assert new.get("/me").status_code == 200


def test_wrong_codes_are_slowed_down(customers: RunningCustomers) -> None:
    with customers.phone() as phone:
        statuses = [
            phone.post("/recover", data={"code": f"{number}"}).status_code
            for number in range(8)
        ]
    assert statuses[:5] == [404] * 5
    assert 429 in statuses
