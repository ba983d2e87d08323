"""Each use of what is known of a customer asks for its purpose, at the moment of the use."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from redis import Redis

from tests.builders import at, make_engagement, make_identity, make_person
from tests.component.test_stand_offers import begun, desk_of
from tests.customer_builders import VECTOR, customer_store
from tests.stand_builders import make_campaign, make_command, make_offer
from vitrine.clock import SECOND_NS
from vitrine.customers.consents import Consent, Purpose
from vitrine.customers.records import Agreement
from vitrine.errors import ConfigurationError
from vitrine.programme.audience import Audience
from vitrine.stores import phones
from vitrine.stores.customers import CustomerStore

PURPOSES: Final[tuple[Purpose, ...]] = ("recognise", "profile", "offers")
DAY_NS: Final = 86_400 * SECOND_NS
# A site and its first use have to fit in, on a machine that is busy too.
SOON_NS: Final = 3 * SECOND_NS
LIMIT_S: Final = 20.0
PAUSE_S: Final = 0.02
FOR_HER: Final = {"when": {"known": True}, "codes": "signed", "budget": 10**6}
PERSONAL: Final = make_campaign(offers=[make_offer(**FOR_HER)])
ON_PHONES: Final = make_campaign(offers=[make_offer(**FOR_HER, show="phone")])
ONCE: Final = make_campaign(
    offers=[make_offer(once_per="campaign", codes="signed")], to="2027-01-20"
)


@dataclass(frozen=True, slots=True)
class Site:
    """The customer Ada, in the store, and what is done with what is known of her."""

    redis: Redis
    store: CustomerStore
    codes: Path
    ada: str
    numbers: Any = field(default_factory=count)

    def visit(self) -> str:
        """Recognise her anew, at a time when her face is still in the gallery; as identity does."""
        visit_id = f"visit-{next(self.numbers)}"
        self.store.link_visit(visit_id, self.ada, time.time_ns())
        return visit_id

    def agreement(self) -> Agreement | None:
        """How she may be addressed; None while she may not be recognised."""
        templates = self.store.templates(time.time_ns())
        return templates[0].agreement if templates else None

    def audience(self, visit_id: str) -> Audience:
        """The stand believes her known and willing, as it was told before anything ended."""
        track = visit_id.removeprefix("visit-")
        audience = Audience()
        audience.identify(make_identity(track, known=True, offers=True))
        for second in (0, 1, 2):
            person = make_person(track, score=80)
            audience.observe(make_engagement(second, person), [60])
        return audience


def recognised(site: Site) -> bool:
    return site.agreement() is not None


def addressed_by_tags(site: Site) -> bool:
    agreement = site.agreement()
    return agreement is not None and agreement.tags == ("runner", "gold", "shoes")


def described(site: Site) -> bool:
    try:
        site.store.change(site.ada, time.time_ns(), interests=["shoes"])
    except ConfigurationError:
        return False
    return True


def counted(site: Site) -> bool:
    site.visit()
    customer = site.store.customer(site.ada)
    return customer is not None and customer.visits > 0


def said_to_agree_to_offers(site: Site) -> bool:
    agreement = site.agreement()
    return agreement is not None and agreement.offers


def linked(site: Site) -> bool:
    return bool(site.redis.exists(f"visit:{site.visit()}"))


def granted_on_the_screen(site: Site) -> bool:
    audience = site.audience(site.visit())
    desk = desk_of(site.redis, site.codes)
    return desk.grant(PERSONAL, make_command(), audience, at(2), "UTC") is not None


def granted_for_her_number_of_visits(site: Site) -> bool:
    audience = site.audience(site.visit())
    customer = site.store.customer(site.ada)
    if customer is None:
        return False
    when = {"visits": max(1, customer.visits)}
    campaign = make_campaign(offers=[make_offer(**FOR_HER | {"when": when})])
    desk = desk_of(site.redis, site.codes)
    return desk.grant(campaign, make_command(), audience, at(2), "UTC") is not None


def invited_on_the_screen(site: Site) -> bool:
    visit_id = site.visit()
    _link_phone(site)
    desk = desk_of(site.redis, site.codes, phones=True)
    audience = site.audience(visit_id)
    return desk.grant(ON_PHONES, make_command(), audience, at(2), "UTC") is not None


def known_by_her_phone(site: Site) -> bool:
    visit_id = site.visit()
    _link_phone(site)
    return phones.belongs(site.redis, visit_id, "secret")


def remembered_for_a_campaign(site: Site) -> bool:
    audience = site.audience(site.visit())
    desk_of(site.redis, site.codes).grant(ONCE, make_command(), audience, at(2), "UTC")
    return bool(site.redis.keys("known:*:offers"))


def _link_phone(site: Site) -> None:
    """Her phone opens the link that the staff show, whatever she agrees to."""
    customer = site.store.customer(site.ada)
    if customer is not None:
        token = phones.offer_link(site.redis, customer.pseudonym)
        phones.link(site.redis, token, "secret")


USES: Final[dict[Callable[[Site], bool], tuple[Purpose, ...]]] = {
    recognised: ("recognise",),
    addressed_by_tags: ("profile",),
    described: ("profile",),
    counted: ("profile",),
    said_to_agree_to_offers: ("offers",),
    linked: ("offers",),
    granted_on_the_screen: ("offers",),
    granted_for_her_number_of_visits: ("offers", "profile"),
    invited_on_the_screen: ("offers",),
    known_by_her_phone: ("offers",),
    remembered_for_a_campaign: ("offers",),
}
"""The purposes of each use."""
PAIRS: Final = [(use, each) for use, purposes in USES.items() for each in purposes]


def consents_until(until_ns: dict[Purpose, int]) -> list[Consent]:
    now_ns = time.time_ns()
    return [Consent(each, now_ns, until, "1") for each, until in until_ns.items()]


@pytest.fixture
def site(redis: Redis, tmp_path: Path) -> Callable[[list[Consent]], Site]:
    def enrolled(consents: list[Consent]) -> Site:
        begun(redis)
        store = customer_store(redis, redis)
        described: dict[str, Any] = {}
        if any(each.purpose == "profile" for each in consents):
            described = {"tags": ["runner"], "level": "gold", "interests": ["shoes"]}
        ada = store.enrol("Ada", [VECTOR], "m", consents, time.time_ns(), **described)
        return Site(redis, store, tmp_path, ada)

    return enrolled


def name_of(value: Any) -> str:
    """A name of a test: of a use, or of a purpose."""
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize("use", USES, ids=name_of)
def test_a_use_works_while_its_purposes_are_agreed_to(
    site: Callable[[list[Consent]], Site], use: Callable[[Site], bool]
) -> None:
    until_ns = time.time_ns() + DAY_NS
    purposes: set[Purpose] = {"recognise", *USES[use]}
    assert use(site(consents_until(dict.fromkeys(purposes, until_ns))))


@pytest.mark.parametrize(("use", "purpose"), PAIRS, ids=name_of)
class TestUses:
    """Without a purpose a use is refused, whatever else is agreed to."""

    def test_it_is_refused_where_all_others_are_agreed_to(
        self,
        site: Callable[[list[Consent]], Site],
        use: Callable[[Site], bool],
        purpose: Purpose,
    ) -> None:
        until_ns = time.time_ns() + DAY_NS
        others = [each for each in PURPOSES if each != purpose]
        consents = consents_until(dict.fromkeys(others, until_ns))
        if purpose == "recognise":
            with pytest.raises(ConfigurationError, match="no template without consent"):
                site(consents)
        else:
            assert not use(site(consents))

    def test_it_is_refused_from_the_withdrawal_on(
        self,
        site: Callable[[list[Consent]], Site],
        use: Callable[[Site], bool],
        purpose: Purpose,
    ) -> None:
        until_ns = time.time_ns() + DAY_NS
        here = site(consents_until(dict.fromkeys(PURPOSES, until_ns)))
        assert use(here)
        if purpose == "recognise":
            here.store.erase(here.ada, time.time_ns())
        else:
            here.store.withdraw(here.ada, purpose, time.time_ns())
        assert not use(here)

    def test_it_is_refused_from_the_expiry_on(
        self,
        site: Callable[[list[Consent]], Site],
        use: Callable[[Site], bool],
        purpose: Purpose,
    ) -> None:
        until_ns = dict.fromkeys(PURPOSES, time.time_ns() + DAY_NS)
        until_ns[purpose] = time.time_ns() + SOON_NS
        here = site(consents_until(until_ns))
        assert use(here)
        deadline = time.monotonic() + LIMIT_S
        # The other purposes go on.
        while use(here):
            assert time.monotonic() < deadline, "it goes on after the expiry"
            # A use may be a visit, of which no offer asks for more than a thousand.
            time.sleep(PAUSE_S)
        # Redis goes by whole seconds here and there.
        assert time.time_ns() > until_ns[purpose] - SECOND_NS
