"""The till's API: check, redeem once, cancel, export, in words that a cashier understands."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from redis import Redis

from tests.builders import at
from tests.customer_builders import customer_store, enrol
from tests.stand_builders import Running, make_offer, running_stand
from tests.stand_players import SPRING, until
from vitrine.clock import SECOND_NS
from vitrine.mall import Mall, Offer, Stand
from vitrine.offers.due import DueOffer
from vitrine.schemas import Interaction
from vitrine.services.stand import till_words
from vitrine.services.stand.till import description
from vitrine.services.stand.tills_command import offers as offers_command
from vitrine.services.stand.tills_command import tills as command
from vitrine.stores import offers, phones, tills
from vitrine.topics import INTERACTIONS

# 28 November 2027, 14:02:05 in Berlin.
NOW_NS = 1_827_406_925 * SECOND_NS
NORTH = Stand(id="north", time_zone="Europe/Berlin")
SOUTH = Stand(id="south", name="Südtor", time_zone="Europe/Berlin")
TWO_STANDS = Mall(cameras=(), stands=(NORTH, SOUTH), campaigns=(SPRING,))


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    with running_stand(folder, redis_url, mall=TWO_STANDS) as running:
        until(lambda: not running.health.reasons(), "the stand to be ready")
        running.clock.observe(NOW_NS)
        yield running


def granted(redis: Redis, name: str = "grant-1", **fields: Any) -> str:
    """The code of an offer that north has granted a minute ago."""
    shown = Interaction(
        interaction_id=name,
        stand_id="north",
        kind="offer-shown",
        at_ns=NOW_NS - 60 * SECOND_NS,
        campaign_id="spring",
        advertiser="acme",
        offer_id="ten",
        visit_id="visit-a",
        config_version="v1",
    )
    offer = Offer.model_validate(make_offer(text="10 % off", codes="signed", **fields))
    due = DueOffer(offer, shown, f"holder-of-{name}")
    mark = offers.begin_first(redis)
    return offers.grant(redis, due, mark, b"key").code


def at_tills(stand: Running) -> dict[str, Interaction]:
    """What tills did, by its id: the bus may have it twice, and the grant before it."""
    events: list[Interaction] = stand.read(INTERACTIONS)
    return {each.interaction_id: each for each in events if each.kind != "offer-shown"}


class TillOfStand:
    """A till that asks."""

    def __init__(self, stand: Running, redis: Redis, stand_id: str = "north") -> None:
        self.till, self.token = tills.add(redis, stand_id, "first floor", 1)
        self._http = stand.http

    def ask(self, path: str, **content: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self._http.post(f"/till/{path}", json=content, headers=headers)

    def get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self._http.get(f"/till/{path}", headers=headers)


@pytest.fixture
def till(stand: Running, redis: Redis) -> TillOfStand:
    return TillOfStand(stand, redis)


def test_a_code_is_checked_redeemed_and_then_used(
    stand: Running, redis: Redis, till: TillOfStand
) -> None:
    code = granted(redis)
    checked = till.ask("check", code=code).json()
    assert checked["state"] == "good"
    assert checked["text"] == "10 % off"
    assert checked["granted_at"] == "2027-11-28T14:01:05+01:00"
    answer = till.ask(
        "redeem", code=code, sale={"minor": 1999, "currency": "EUR"}
    ).json()
    assert answer["redemption"]["at"] == "2027-11-28T14:02:05+01:00"
    assert answer["redemption"]["till_id"] == till.till.till_id
    again = till.ask("redeem", code=code)
    assert again.status_code == 409
    assert again.json()["detail"] == "used on 28 November at 14:02 at stand north"
    checked = till.ask("check", code=code).json()
    assert (checked["state"], checked["message"]) == ("used", again.json()["detail"])
    [event] = until(lambda: at_tills(stand), "the redemption on the bus").values()
    assert event.kind == "offer-redeemed"
    assert event.redeemed_at == "north"
    assert (event.sale.minor, event.sale.currency) == (1999, "EUR")


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", " "), lambda code: code + "\r\n"],
)
def test_a_typed_code_forgives(redis: Redis, till: TillOfStand, typed: Any) -> None:
    assert till.ask("redeem", code=typed(granted(redis))).status_code == 200


def test_an_unknown_code_says_whether_it_is_mistyped(
    redis: Redis, till: TillOfStand
) -> None:
    code = granted(redis)
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for asked, words in (
        ("PRESS-10", till_words.UNKNOWN),
        (wrong, till_words.MISTYPED),
        ("  -- ", till_words.UNKNOWN),
    ):
        for path in ("check", "redeem"):
            answer = till.ask(path, code=asked)
            assert answer.status_code == 404
            assert answer.json()["detail"] == words


def test_the_same_request_again_gets_the_same_answer(
    stand: Running, redis: Redis, till: TillOfStand
) -> None:
    code = granted(redis)
    first = till.ask("redeem", code=code, request_id="receipt-7")
    again = till.ask("redeem", code=code, request_id="receipt-7")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert till.ask("redeem", code=code, request_id="receipt-8").status_code == 409
    other = TillOfStand(stand, redis)
    assert other.ask("redeem", code=code, request_id="receipt-7").status_code == 409


def test_a_redemption_is_cancelled_once_and_its_code_is_good_again(
    stand: Running, redis: Redis, till: TillOfStand
) -> None:
    code = granted(redis)
    first = till.ask("redeem", code=code).json()["redemption"]["redemption_id"]
    other = TillOfStand(stand, redis)
    assert other.ask("cancel", code=code, redemption_id=first).status_code == 404
    cancelled = till.ask("cancel", code=code, redemption_id=first)
    assert cancelled.status_code == 200
    assert till.ask("cancel", code=code, redemption_id=first).json() == cancelled.json()
    second = other.ask("redeem", code=code).json()["redemption"]["redemption_id"]
    assert second != first
    # A repetition that comes late takes back nothing of somebody else's.
    assert till.ask("cancel", code=code, redemption_id=first).json() == cancelled.json()
    assert till.ask("check", code=code).json()["state"] == "used"
    events = until(
        lambda: len(found := at_tills(stand)) >= 3 and found, "all on the bus"
    )
    kinds = {name: event.kind for name, event in events.items()}
    assert kinds == {
        "grant-1-redeemed": "offer-redeemed",
        "grant-1-redeemed-cancelled": "redemption-cancelled",
        "grant-1-redeemed-2": "offer-redeemed",
    }


def test_a_redemption_that_is_old_stays(
    stand: Running, redis: Redis, till: TillOfStand
) -> None:
    code = granted(redis)
    name = till.ask("redeem", code=code).json()["redemption"]["redemption_id"]
    stand.clock.observe(NOW_NS + 901 * SECOND_NS)
    answer = till.ask("cancel", code=code, redemption_id=name)
    assert (answer.status_code, answer.json()["detail"]) == (410, till_words.TOO_LATE)


def test_a_code_is_good_at_its_stand_unless_the_campaign_says_anywhere(
    stand: Running, redis: Redis
) -> None:
    south = TillOfStand(stand, redis, "south")
    here = granted(redis, "grant-1", redeem="stand")
    anywhere = granted(redis, "grant-2", redeem="anywhere")
    refused = south.ask("redeem", code=here)
    assert refused.status_code == 403
    assert refused.json()["detail"] == "good at stand north only"
    assert south.ask("check", code=here).json()["state"] == "elsewhere"
    assert south.ask("redeem", code=anywhere).status_code == 200
    used = TillOfStand(stand, redis).ask("redeem", code=anywhere).json()["detail"]
    assert used == "used on 28 November at 14:02 at stand Südtor"
    assert TillOfStand(stand, redis).ask("redeem", code=here).status_code == 200


@pytest.mark.parametrize("date", ["Sat, 28 Nov 2027 05:00:00 GMT", "nonsense"])
def test_a_tills_clock_that_is_hours_off_changes_nothing(
    stand: Running, redis: Redis, till: TillOfStand, date: str
) -> None:
    headers = {"Authorization": f"Bearer {till.token}", "Date": date}
    code = granted(redis)
    answer = stand.http.post("/till/redeem", json={"code": code}, headers=headers)
    assert answer.json()["redemption"]["at"] == "2027-11-28T14:02:05+01:00"
    claimed = till.ask("redeem", code=code, at_ns=at(0))
    assert claimed.status_code == 422


@pytest.mark.parametrize(
    "sale",
    [
        {"minor": -1, "currency": "EUR"},
        {"minor": 19.99, "currency": "EUR"},
        {"minor": 1999, "currency": "Euro"},
        {"minor": 1999},
    ],
)
def test_an_impossible_sale_is_refused_and_uses_nothing_up(
    redis: Redis, till: TillOfStand, sale: dict[str, Any]
) -> None:
    code = granted(redis)
    assert till.ask("redeem", code=code, sale=sale).status_code == 422
    assert till.ask("check", code=code).json()["state"] == "good"


def test_the_export_has_the_days_that_are_asked_for(
    stand: Running, redis: Redis, till: TillOfStand
) -> None:
    code = granted(redis)
    name = till.ask("redeem", code=code, sale={"minor": 500, "currency": "EUR"}).json()[
        "redemption"
    ]["redemption_id"]
    stand.clock.observe(NOW_NS + SECOND_NS)
    till.ask("cancel", code=code, redemption_id=name)
    rows = till.get("redemptions").json()["rows"]
    assert [(row["kind"], row["redemption_id"]) for row in rows] == [
        ("redeemed", name),
        ("cancelled", name),
    ]
    text = till.get("redemptions?format=csv&from=2027-11-28&to=2027-11-28").text
    assert text.count("\n") == 3
    first = next(csv.DictReader(StringIO(text)))
    assert first["sale_minor"] == "500"
    assert first["at"] == "2027-11-28T14:02:05+01:00"
    assert till.get("redemptions?from=2027-11-27&to=2027-11-27").json()["rows"] == []
    south = TillOfStand(stand, redis, "south")
    assert south.get("redemptions").json()["rows"] == []


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        ("from=2027-11-28&to=2027-11-27", "reversed"),
        ("from=2027-10-01&to=2027-11-28", "31 days"),
        ("from=yesterday", ""),
    ],
)
def test_impossible_days_are_told(till: TillOfStand, days: str, problem: str) -> None:
    answer = till.get(f"redemptions?{days}")
    assert answer.status_code == 422
    assert problem in answer.text


def test_an_emptied_store_is_not_taken_for_an_unknown_code(
    stand: Running, redis: Redis, till: TillOfStand
) -> None:
    code = granted(redis)
    # The bus has the offer: the stand does not take the store for a new one.
    stand.publish(INTERACTIONS, *offers.pending(redis))
    redis.delete(offers.EPOCH, f"stand:code:{code.replace('-', '')}")
    answer = till.ask("redeem", code=code)
    assert (answer.status_code, answer.json()["detail"]) == (503, till_words.LOST)


def test_a_revoked_till_and_a_wrong_token_open_nothing(
    stand: Running, redis: Redis, till: TillOfStand
) -> None:
    code = granted(redis)
    right = till.token
    till.token = right[:-1] + ("A" if right[-1] != "A" else "B")
    assert till.ask("redeem", code=code).status_code == 401
    till.token = "x"  # noqa: S105
    assert till.ask("redeem", code=code).status_code == 401
    till.token = right
    tills.revoke(redis, till.till.till_id, 2)
    refused = till.ask("redeem", code=code)
    assert refused.status_code == 401
    assert refused.json()["detail"] == "the token of this till was revoked"


def test_a_till_whose_record_is_damaged_is_refused_and_harms_no_other(
    stand: Running,
    redis: Redis,
    till: TillOfStand,
    caplog: pytest.LogCaptureFixture,
) -> None:
    code = granted(redis)
    damaged = TillOfStand(stand, redis)
    redis.hset(tills.TILLS, damaged.till.till_id, "{}")
    assert damaged.ask("redeem", code=code).status_code == 401
    remedy = f"`vitrine tills revoke {damaged.till.till_id}` removes it"
    assert remedy in caplog.text
    assert till.ask("redeem", code=code).status_code == 200


def test_the_api_describes_itself(stand: Running) -> None:
    answer = stand.http.get("/till/openapi.json")
    assert answer.json() == description()
    paths = answer.json()["paths"]
    assert set(paths) == {
        "/till/check",
        "/till/redeem",
        "/till/cancel",
        "/till/redemptions",
    }
    for path in paths.values():
        for operation in path.values():
            assert operation["security"] == [{"HTTPBearer": []}]
            assert operation["description"]


# The commands


@pytest.fixture
def environment(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_REDIS_URL", redis_url)
    monkeypatch.setenv("VITRINE_KEYS_URL", redis_url)


@pytest.mark.usefixtures("environment")
def test_a_till_is_added_listed_and_revoked(redis: Redis) -> None:
    added = CliRunner().invoke(command, ["add", "north", "--name", "Ground [1]"])
    token = added.stdout.splitlines()[1].split()[1]
    found = tills.by_token(redis, token)
    assert found is not None
    assert found.stand_id == "north"
    listed = CliRunner().invoke(command, ["list"]).output
    assert "Ground [1]" in listed
    assert token not in listed
    revoked = CliRunner().invoke(command, ["revoke", found.till_id])
    assert f"till {found.till_id} of stand north is revoked" in revoked.output
    assert tills.listed(redis)[0].is_revoked
    assert '"revoked": "' in CliRunner().invoke(command, ["list", "--json"]).output
    unknown = CliRunner().invoke(command, ["revoke", "till-0"])
    assert "no till till-0" in str(unknown.exception)
    bad = CliRunner().invoke(command, ["add", "no stand"])
    assert "is no id of a stand" in str(bad.exception)


@pytest.mark.usefixtures("environment")
def test_a_till_that_cannot_be_read_is_named_and_can_be_removed(redis: Redis) -> None:
    redis.hset(tills.TILLS, "till-0", "{}")
    listed = CliRunner().invoke(command, ["list"])
    assert "`vitrine tills revoke till-0` removes it" in str(listed.exception)
    removed = CliRunner().invoke(command, ["revoke", "till-0"])
    assert removed.output == "what the store had of till till-0 is removed\n"
    assert redis.hexists(tills.TILLS, "till-0") is False


@pytest.mark.usefixtures("environment")
def test_offers_begin_again_only_when_granted_codes_are_out(redis: Redis) -> None:
    refused = CliRunner().invoke(offers_command, ["begin"])
    assert refused.exit_code == 2
    assert offers.mark_of(redis) is None
    begun = CliRunner().invoke(offers_command, ["begin", "--granted-codes-are-out"])
    assert begun.exit_code == 0
    assert offers.mark_of(redis) is not None


@pytest.mark.usefixtures("environment")
def test_a_customers_phone_is_linked_by_a_qr_code(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = enrol(customer_store(redis, redis))
    without = CliRunner().invoke(offers_command, ["phone", ada])
    assert "VITRINE_STAND_PUBLIC_URL" in str(without.exception)
    monkeypatch.setenv("VITRINE_STAND_PUBLIC_URL", "https://screens.example")
    unknown = CliRunner().invoke(offers_command, ["phone", "nobody"])
    assert "no customer nobody" in str(unknown.exception)
    printed = CliRunner().invoke(offers_command, ["phone", ada]).output
    address = printed.splitlines()[-1]
    assert address.startswith("https://screens.example/phone/")
    assert phones.waits(redis, address.rpartition("/")[2])
