"""An offer for one person: nothing of it on the screen, all of it on the first phone that opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
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
from vitrine.customers.consents import Consent
from vitrine.errors import ConfigurationError
from vitrine.offers.due import DueOffer
from vitrine.services.stand import directing
from vitrine.services.stand.inviting import held_seconds
from vitrine.services.stand.notices import qr_picture
from vitrine.services.stand.privacy_page import texts_of
from vitrine.stores import invitations, offers, phones
from vitrine.stores.consents import CONSENTS
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


@pytest.fixture
def stand(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    # The test reads the address in place of the picture.
    monkeypatch.setattr(directing, "qr_picture", lambda address: address)
    write_creatives(folder, PHONES)
    with running_stand(
        folder,
        redis_url,
        PHONES,
        public_port=0,
        public_url="https://screens.example",
    ) as running:
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


@pytest.fixture
def customers(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """A stand with an offer for recognised customers."""
    monkeypatch.setattr(directing, "qr_picture", lambda address: address)
    write_creatives(folder, CUSTOMERS)
    with running_stand(
        folder,
        redis_url,
        CUSTOMERS,
        public_port=0,
        public_url="https://screens.example",
    ) as running:
        yield running


def consent(redis: Redis, customer_id: str, until_ns: int) -> None:
    """The customer consents to personal offers until then."""
    agreed = (Consent("offers", 0, until_ns, text_version="1"),)
    stored = CONSENTS.dump_json(agreed)
    redis.hset(f"customer:{customer_id}", "consents", stored)


def enrolled(redis: Redis, customer_id: str, visit_id: str) -> None:
    """A customer, and a visit of theirs, as identity leaves them in the store."""
    redis.sadd("customers", customer_id)
    consent(redis, customer_id, until_ns=2**62)
    redis.set(f"visit:{visit_id}", customer_id)


def test_a_photo_before_the_camera_gains_nothing_without_the_customers_phone(
    customers: Running, redis: Redis
) -> None:
    enrolled(redis, "ada", "visit-a")
    with Phone(customers) as adas, Phone(customers) as thiefs:
        link = f"/phone/{phones.offer_link(redis, 'ada')}"
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


def test_who_withdraws_before_their_phone_takes_the_offer_is_told_why_not(
    customers: Running, redis: Redis
) -> None:
    enrolled(redis, "ada", "visit-a")
    with Phone(customers) as adas:
        link = f"/phone/{phones.offer_link(redis, 'ada')}"
        adas.get(link)
        adas.post(link)
        with listening(customers) as page:
            path = path_of(invited(customers, page, known=True, offers=True))
            adas.get(path)
            consent(redis, "ada", until_ns=1)
            refused = adas.post(path)
            assert refused.status_code == 403
            assert texts_of("en")["offerConsent"] in refused.text
            assert SECRET_TEXT not in refused.text
            assert not redis.exists("stand:grants:phones:ten")


def test_a_customer_without_a_linked_phone_is_not_invited_to_what_is_theirs(
    customers: Running, redis: Redis
) -> None:
    enrolled(redis, "ada", "visit-a")
    with listening(customers) as page:
        page.next("play")
        customers.publish(IDENTITIES, make_identity("a", known=True, offers=True))
        look(customers, 0, 5, track="a", score=80)
        assert "offer" not in page.names
    assert not redis.keys("stand:invitation:*")


def test_a_link_dies_and_goes_with_its_customer(redis: Redis) -> None:
    enrolled(redis, "ada", "visit-a")
    token = phones.offer_link(redis, "ada")
    redis.srem("customers", "ada")
    assert phones.link(redis, token, "secret") is False
    with pytest.raises(ConfigurationError, match="no customer ada"):
        phones.offer_link(redis, "ada")
    enrolled(redis, "ada", "visit-a")
    old, new = phones.offer_link(redis, "ada"), phones.offer_link(redis, "ada")
    assert phones.link(redis, old, "first phone")
    assert phones.link(redis, new, "second phone")
    assert not phones.belongs(redis, "visit-a", "first phone")
    assert phones.belongs(redis, "visit-a", "second phone")
    assert not phones.belongs(redis, "visit-of-nobody", "second phone")
    assert 0 < redis.ttl(phones._link_key(phones.offer_link(redis, "ada"))) <= 900


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
