"""An offer for one person: nothing of it on the screen, all of it on the first phone that opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from redis import Redis

from tests.builders import make_identity
from tests.stand_builders import (
    ENGAGED,
    Running,
    make_campaign,
    make_offer,
    running_stand,
    write_creatives,
)
from tests.stand_players import Listener, listening, look, until
from vitrine.mall import Campaign
from vitrine.offers.due import DueOffer
from vitrine.services.stand import directing
from vitrine.services.stand.inviting import held_seconds
from vitrine.services.stand.notices import qr_picture
from vitrine.services.stand.privacy_page import texts_of
from vitrine.stores import invitations, offers, phones
from vitrine.stores.invitations import LIFE_SECONDS, Invitation
from vitrine.stores.redis import connect
from vitrine.topics import IDENTITIES, INTERACTIONS

SECRET_TEXT = "Half price for our best customer"  # noqa: S105
PHONES = make_campaign(
    "phones",
    {"id": "shoe", "file": "shoe.html", "seconds": 8},
    offers=[make_offer(text=SECRET_TEXT, show="phone", once_per="day", codes="signed")],
)
CODE = re.compile(r'class="code" dir="ltr">([^<]+)<')
KEY = b"key"
# As long as a pseudonym is: the user `stand` may use no other.
ADA = "ada" + 21 * "0"


@contextmanager
def inviting(
    folder: Path,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    campaign: Campaign,
) -> Iterator[Running]:
    """A stand whose phones reach it, with a campaign."""
    # The test reads the address in place of the picture.
    monkeypatch.setattr(directing, "qr_picture", lambda address: address)
    write_creatives(folder, campaign)
    with running_stand(
        folder,
        redis_url,
        campaign,
        public_port=0,
        public_url="https://screens.example",
    ) as running:
        yield running


@pytest.fixture
def stand(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    with inviting(folder, redis_url, monkeypatch, PHONES) as running:
        yield running


def invited(stand: Running, page: Listener, track: str = "a", **who: Any) -> Any:
    """Somebody gets interested; the event that the screen gets."""
    page.next("play")
    stand.publish(IDENTITIES, make_identity(track, **who))
    look(stand, 0, 3, track=track, score=80)
    return page.next("offer")


def path_of(event: Any) -> str:
    path: str = event["picture"].removeprefix("https://screens.example")
    return path


class Phone(httpx.Client):
    """A phone at the public port."""

    def __init__(self, stand: Running, language: str = "en") -> None:
        super().__init__(
            base_url=stand.public_address,
            headers={"Accept-Language": language},
            follow_redirects=True,
        )

    def code(self, path: str) -> str | None:
        """What the phone shows after its button was pressed; None for a page without a code."""
        self.get(path)
        found = CODE.search(self.post(path).text)
        return found[1] if found else None


def test_the_screen_says_nothing_and_the_first_phone_has_it(stand: Running) -> None:
    with listening(stand) as page:
        event = invited(stand, page, known=True)
        path = path_of(event)
        assert (event["text"], event["code"]) == ("", "")
        assert SECRET_TEXT not in str(event)
        with Phone(stand) as first, Phone(stand) as second:
            # A look uses nothing up, whoever looks.
            assert SECRET_TEXT not in second.get(path).text
            assert texts_of("en")["offerOpen"] in first.get(path).text
            code = first.code(path)
            assert code is not None
            assert SECRET_TEXT in first.get(path).text
            assert first.code(path) == code
            assert second.get(path).status_code == 410
            assert second.post(path).status_code == 410
            assert code not in second.get(path).text
    [shown] = until(lambda: stand.read(INTERACTIONS), "the grant on the bus")
    assert (shown.kind, shown.visit_id) == ("offer-shown", "visit-a")


CUSTOMERS = make_campaign(
    "phones",
    {"id": "shoe", "file": "shoe.html", "seconds": 8},
    offers=[
        make_offer(
            text=SECRET_TEXT,
            show="phone",
            codes="signed",
            when=ENGAGED | {"known": True},
        )
    ],
)


FIFTH = make_campaign(
    "phones",
    {"id": "shoe", "file": "shoe.html", "seconds": 8},
    offers=[
        make_offer(
            text=SECRET_TEXT,
            show="phone",
            codes="signed",
            when=ENGAGED | {"visits": 5},
        )
    ],
)


@pytest.fixture
def customers(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """A stand with an offer for recognised customers."""
    with inviting(folder, redis_url, monkeypatch, CUSTOMERS) as running:
        yield running


@pytest.fixture
def fifth(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """A stand with an offer for the fifth visit of a customer."""
    with inviting(folder, redis_url, monkeypatch, FIFTH) as running:
        yield running


def linked(redis: Redis, pseudonym: str, visit_id: str) -> None:
    """A visit of a customer who consents to offers, as identity leaves it in the store."""
    redis.hset(f"known:{pseudonym}", "version", 1)
    redis.set(f"visit:{visit_id}", pseudonym)


def test_a_photo_before_the_camera_gains_nothing_without_the_customers_phone(
    customers: Running, redis: Redis
) -> None:
    linked(redis, ADA, "visit-a")
    with Phone(customers) as adas, Phone(customers) as thiefs:
        link = f"/phone/{phones.offer_link(redis, ADA)}"
        assert texts_of("en")["linkThis"] in adas.get(link).text
        assert texts_of("en")["linkDone"] in adas.post(link).text
        # The link is used up, and cannot make the thief's phone hers.
        assert thiefs.get(link).status_code == 410
        assert thiefs.post(link).status_code == 410
        with listening(customers) as page:
            # The camera takes her photo for her, and the thief is the first to scan.
            path = path_of(invited(customers, page, known=True, offers=True))
            thiefs.get(path)
            refused = thiefs.post(path)
            assert refused.status_code == 403
            assert texts_of("en")["offerOther"] in refused.text
            assert SECRET_TEXT not in refused.text
            assert not redis.exists("stand:grants:phones:ten")
            assert adas.code(path) is not None


def test_who_is_not_the_customer_says_so_on_their_phone_once(
    customers: Running, redis: Redis
) -> None:
    linked(redis, ADA, "visit-a")
    with Phone(customers) as adas, Phone(customers) as others:
        link = f"/phone/{phones.offer_link(redis, ADA)}"
        adas.get(link)
        adas.post(link)
        with listening(customers) as page:
            path = path_of(invited(customers, page, known=True, offers=True))
            others.get(path)
            refused = others.post(path).text
            assert f'action="{path}/not-me"' in refused
            assert texts_of("en")["notMe"] in refused
            for _ in range(2):
                said = others.post(f"{path}/not-me")
                assert said.status_code == 200
                assert texts_of("en")["notMeDone"] in said.text
            [denial] = until(
                lambda: customers.read(INTERACTIONS), "the word on the bus"
            )
            assert (denial.kind, denial.visit_id) == ("not-me", "visit-a")
            # It takes nothing from whoever the offer is for.
            assert adas.code(path) is not None
    # Counted in steps of ten: one would date what a single person did.
    assert REGISTRY.get_sample_value("vitrine_not_me_total", {"stand": "north"}) in {
        None,
        0,
    }


def test_nobody_says_it_without_an_invitation_for_a_customer(stand: Running) -> None:
    with listening(stand) as page, Phone(stand) as phone:
        path = path_of(invited(stand, page))
        assert phone.post(f"{path}/not-me").status_code == 410
        assert phone.post("/offer/unknown/not-me").status_code == 410
    assert not stand.read(INTERACTIONS)


def test_who_withdraws_before_their_phone_takes_the_offer_is_told_why_not(
    customers: Running, redis: Redis
) -> None:
    linked(redis, ADA, "visit-a")
    with Phone(customers) as adas:
        link = f"/phone/{phones.offer_link(redis, ADA)}"
        adas.get(link)
        adas.post(link)
        with listening(customers) as page:
            path = path_of(invited(customers, page, known=True, offers=True))
            adas.get(path)
            redis.delete("visit:visit-a")
            refused = adas.post(path)
            assert refused.status_code == 403
            assert texts_of("en")["offerConsent"] in refused.text
            assert SECRET_TEXT not in refused.text
            assert not redis.exists("stand:grants:phones:ten")


def other_visits() -> float:
    labels = {"stand": "north", "outcome": "other-visit"}
    return REGISTRY.get_sample_value("vitrine_offers_total", labels) or 0.0


@pytest.mark.parametrize("count", [6, None], ids=["another visit", "no profile"])
def test_the_number_of_the_visit_is_asked_for_again_when_the_phone_takes_the_offer(
    fifth: Running, redis: Redis, count: int | None
) -> None:
    linked(redis, ADA, "visit-a")
    redis.set(f"known:{ADA}:count", 5)
    with Phone(fifth) as adas:
        link = f"/phone/{phones.offer_link(redis, ADA)}"
        adas.get(link)
        adas.post(link)
        with listening(fifth) as page:
            path = path_of(invited(fifth, page, known=True, offers=True))
            adas.get(path)
            before = other_visits()
            redis.delete(f"known:{ADA}:count")
            if count is not None:
                redis.set(f"known:{ADA}:count", count)
            refused = adas.post(path)
            assert refused.status_code == 410
            assert SECRET_TEXT not in refused.text
            assert not redis.exists("stand:grants:phones:ten")
            assert other_visits() == before + 1
            redis.set(f"known:{ADA}:count", 5)
            assert adas.code(path) is not None


def test_a_customer_without_a_linked_phone_is_not_invited_to_what_is_theirs(
    customers: Running, redis: Redis
) -> None:
    linked(redis, ADA, "visit-a")
    with listening(customers) as page:
        page.next("play")
        customers.publish(IDENTITIES, make_identity("a", known=True, offers=True))
        look(customers, 0, 5, track="a", score=80)
        assert "offer" not in page.names
    assert not redis.keys("stand:invitation:*")


def test_a_link_is_used_once_and_dies(redis: Redis) -> None:
    linked(redis, ADA, "visit-a")
    old, new = phones.offer_link(redis, ADA), phones.offer_link(redis, ADA)
    assert phones.link(redis, old, "first phone")
    assert phones.link(redis, new, "second phone")
    assert phones.link(redis, new, "third phone") is False
    assert not phones.belongs(redis, "visit-a", "first phone")
    assert phones.belongs(redis, "visit-a", "second phone")
    assert not phones.belongs(redis, "visit-of-nobody", "second phone")
    assert 0 < redis.ttl(phones._link_key(phones.offer_link(redis, ADA))) <= 900


def test_a_photo_of_a_customer_gains_nothing_that_is_on_their_phone(
    stand: Running, redis: Redis
) -> None:
    with listening(stand) as page, Phone(stand) as customers, Phone(stand) as thiefs:
        event = invited(stand, page, known=True, visitor_id="customer")
        path = path_of(event)
        code = customers.code(path)
        # Recognised once more, from a photo of the same face: nobody is invited again.
        stand.publish(
            IDENTITIES,
            make_identity("photo", known=True, visitor_id="customer", visit_id="later"),
        )
        look(stand, 30, 34, track="photo", score=90)
        look(stand, 34, 36)
        assert page.names.count("offer") == 1
        # And the picture of the screen opens nothing any more.
        assert thiefs.code(path) is None
    assert code is not None
    assert redis.hlen("stand:grants:phones:ten") == 1


def test_an_invitation_dies_after_a_minute_and_cannot_be_altered(
    stand: Running, redis: Redis
) -> None:
    with listening(stand) as page, Phone(stand, "de") as phone:
        path = path_of(invited(stand, page))
        token = path.removeprefix("/offer/")
        key = invitations._invitation_key(token)
        assert 0 < redis.ttl(key) <= LIFE_SECONDS
        for other in (token[:-1] + "!", token.swapcase(), token + "A", "", "." * 41):
            answer = phone.get(f"/offer/{other}")
            assert answer.status_code in {404, 410, 422}
        redis.expire(key, 0)
        answer = phone.get(path)
        assert answer.status_code == 410
        assert texts_of("de")["offerOver"] in answer.text
        assert phone.code(path) is None
    assert not redis.exists("stand:grants:phones:ten")
    assert token not in str(redis.keys())


def test_a_phone_that_keeps_no_cookies_uses_nothing_up(
    stand: Running, redis: Redis
) -> None:
    with listening(stand) as page:
        path = path_of(invited(stand, page))
        for _ in range(2):
            answer = httpx.post(f"{stand.public_address}{path}")
            assert answer.status_code == 303
        assert not redis.exists("stand:grants:phones:ten")
        forged = {"Cookie": "vitrine-phone=x"}
        httpx.post(f"{stand.public_address}{path}", headers=forged)
        assert not redis.exists("stand:grants:phones:ten")
        with Phone(stand) as phone:
            assert phone.code(path) is not None


def test_without_an_address_for_phones_nobody_is_invited(
    folder: Path, redis_url: str
) -> None:
    other = make_offer(id="other", text="5 % off")
    campaign = make_campaign(
        "phones",
        {"id": "shoe", "file": "shoe.html", "seconds": 8},
        offers=[make_offer(show="phone"), other],
    )
    write_creatives(folder, campaign)
    with running_stand(folder, redis_url, campaign) as stand, listening(stand) as page:
        event = invited(stand, page)
        assert (event["offer_id"], event["picture"]) == ("other", "")


# The store


def make_invitation(redis: Redis, name: str, **fields: Any) -> Invitation:
    campaign = make_campaign(
        offers=[make_offer(when=ENGAGED, codes="signed", **fields)]
    )
    from tests.component.test_stand_offers import make_shown

    due = DueOffer(campaign.offers[0], make_shown(name), f"holder-{name}")
    offers.begin_first(redis)
    mark = offers.mark_of(redis)
    assert mark is not None
    return Invitation(due, mark, "Acme", 60)


def invite(redis: Redis, name: str, token: str, **fields: Any) -> Invitation:
    invitation = make_invitation(redis, name, **fields)
    assert invitations.invite(redis, invitation, token, KEY) == "invited"
    return invitation


def test_of_phones_that_open_at_once_one_has_it(redis: Redis, redis_url: str) -> None:
    invitation = invite(redis, "grant-1", "token")

    def open_it(phone: int) -> str:
        with connect(redis_url) as client:
            return invitations.claim(
                client, invitation, "token", f"phone-{phone}", KEY
            ).outcome

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(open_it, range(40)))
    assert sorted(outcomes) == ["gone"] * 39 + ["granted"]


def test_a_phone_that_holds_the_offer_leaves_the_next_invitation_to_others(
    redis: Redis,
) -> None:
    first = invite(redis, "grant-1", "token-1")
    second = invite(redis, "grant-2", "token-2")
    mine = invitations.claim(redis, first, "token-1", "phone", KEY)
    again = invitations.claim(redis, second, "token-2", "phone", KEY)
    assert (again.outcome, again.code) == ("yours", mine.code)
    other = invitations.claim(redis, second, "token-2", "another phone", KEY)
    assert other.outcome == "granted"
    assert other.code != mine.code
    # The store cannot tell that a phone holds two offers.
    assert "phone" not in str(redis.keys())


def test_an_offer_that_cannot_be_granted_invites_nobody(redis: Redis) -> None:
    first = invite(redis, "grant-1", "token-1", budget=1)
    invitations.claim(redis, first, "token-1", "phone", KEY)
    for name, outcome in (("grant-1", "already"), ("grant-2", "exhausted")):
        wish = make_invitation(redis, name, budget=1)
        assert invitations.invite(redis, wish, "token-2", KEY) == outcome
    empty = make_campaign(offers=[make_offer(codes="nothing")]).offers[0]
    wish = make_invitation(redis, "grant-3")
    due = DueOffer(empty, wish.due.shown, "holder-3")
    pool = Invitation(due, wish.mark, "Acme", 60)
    assert invitations.invite(redis, pool, "token-2", KEY) == "no-codes"
    redis.flushall()
    assert invitations.invite(redis, wish, "token-2", KEY) == "emptied"


@pytest.mark.parametrize(
    ("once_per", "seconds"), [("visit", 3600), ("day", 7200), ("campaign", 90 * 86_400)]
)
def test_a_phone_holds_an_offer_as_long_as_its_cap_says(
    once_per: str, seconds: int
) -> None:
    offer = make_campaign(offers=[make_offer(once_per=once_per)]).offers[0]
    assert held_seconds(offer, 7200) == seconds


def test_the_qr_code_is_a_picture_in_the_event_itself() -> None:
    picture = qr_picture("https://screens.example/offer/abc")
    assert picture.startswith("data:image/svg+xml")
