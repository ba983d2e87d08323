"""Offers against a real store: within caps and budget, no code twice, once at the till."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from tests.builders import at, make_engagement, make_identity, make_person
from tests.stand_builders import make_campaign, make_command, make_offer
from tests.stand_players import until
from vitrine.mall import Campaign, Offer
from vitrine.offers.due import DueOffer, Grant
from vitrine.offers.redemption import AlreadyRedeemed, UnknownCode
from vitrine.programme.audience import Audience
from vitrine.schemas import Interaction
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.stores import offers
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health

CODES = [f"CODE-{number}" for number in range(5)]


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    """A folder with one pool of codes."""
    (tmp_path / "pool.txt").write_text("\n".join(["# codes", *CODES]))
    return tmp_path


def make_shown(grant: str = "grant-1", campaign: str = "spring") -> Interaction:
    return Interaction(
        interaction_id=grant,
        stand_id="north",
        kind="offer-shown",
        at_ns=at(1),
        campaign_id=campaign,
        advertiser="acme",
        offer_id="ten",
        visit_id="visit-a",
        config_version="v1",
    )


def grant(redis: Redis, name: str = "grant-1", **offer: Any) -> Grant:
    configured = Offer.model_validate(make_offer(**offer))
    return offers.grant(redis, DueOffer(configured, make_shown(name)))


def test_codes_are_handed_out_in_order_and_never_twice(
    redis: Redis, codes: Path
) -> None:
    assert offers.load_codes(redis, "pool", CODES) == 5
    assert [grant(redis, f"g{n}").code for n in range(3)] == [
        "CODE-0",
        "CODE-1",
        "CODE-2",
    ]
    assert offers.load_codes(redis, "pool", CODES) == 2
    assert [grant(redis, f"g{n}").code for n in range(3, 5)] == ["CODE-3", "CODE-4"]
    assert grant(redis, "g5").outcome == "no-codes"


def test_a_repetition_gives_the_same_code_until_the_event_is_on_the_bus(
    redis: Redis, codes: Path
) -> None:
    offers.load_codes(redis, "pool", CODES)
    first = grant(redis)
    assert grant(redis) == first
    offers.forget(redis, ["grant-1"])
    assert grant(redis) == Grant("already")


def test_the_budget_is_never_exceeded_under_concurrency(
    redis: Redis, redis_url: str, codes: Path
) -> None:
    offers.load_codes(redis, "pool", CODES)

    def wish(number: int) -> Grant:
        with connect(redis_url) as client:
            return grant(client, f"g{number}", budget=4)

    with ThreadPoolExecutor(8) as pool:
        grants = list(pool.map(wish, range(40)))
    granted = [g.code for g in grants if g.outcome == "granted"]
    assert (len(granted), len(set(granted))) == (4, 4)
    assert {g.outcome for g in grants} == {"granted", "exhausted"}


def test_a_code_is_redeemed_once_under_concurrency(
    redis: Redis, redis_url: str, codes: Path
) -> None:
    offers.load_codes(redis, "pool", CODES)
    code = grant(redis).code

    def use(number: int) -> str:
        with connect(redis_url) as client:
            try:
                return offers.redeem(client, code, at(number)).kind
            except AlreadyRedeemed:
                return "already"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(use, range(20)))
    assert sorted(outcomes) == ["already"] * 19 + ["offer-redeemed"]


def test_a_redemption_names_what_was_granted_and_waits_for_the_bus(
    redis: Redis, codes: Path
) -> None:
    offers.load_codes(redis, "pool", CODES)
    code = grant(redis).code
    event = offers.redeem(redis, code, at(60))
    assert (event.interaction_id, event.kind, event.at_ns) == (
        "grant-1-redeemed",
        "offer-redeemed",
        at(60),
    )
    assert (event.campaign_id, event.offer_id) == ("spring", "ten")
    assert {e.interaction_id for e in offers.pending(redis)} == {
        "grant-1",
        "grant-1-redeemed",
    }
    offers.forget(redis, ["grant-1", "grant-1-redeemed"])
    assert offers.pending(redis) == []
    with pytest.raises(AlreadyRedeemed) as caught:
        offers.redeem(redis, code, at(90))
    assert caught.value.at_ns == at(60)


def test_a_code_that_nobody_was_granted_is_unknown(redis: Redis, codes: Path) -> None:
    offers.load_codes(redis, "pool", CODES)
    with pytest.raises(UnknownCode):
        offers.redeem(redis, "CODE-0", at(0))


# The desk


def engaged(*tracks: str) -> Audience:
    """These people have been engaged for two seconds, and it is known who they are."""
    audience = Audience()
    for track in tracks:
        audience.identify(make_identity(track))
    for second in (0, 1, 2):
        people = [make_person(t, score=80 - n) for n, t in enumerate(tracks)]
        audience.observe(make_engagement(second, *people), [60])
    return audience


def desk_of(redis: Redis, codes: Path) -> OfferDesk:
    return OfferDesk(redis, codes, Health())


def ask(
    desk: OfferDesk, audience: Audience, campaign: Campaign | None = None
) -> tuple[str, str | None] | None:
    """(code, visit) of the next grant."""
    campaign = campaign or make_campaign(offers=[make_offer()])
    found = desk.grant(campaign, make_command(campaign_id=campaign.id), audience, at(2))
    return (found.code, found.shown.visit_id) if found else None


def test_everybody_engaged_gets_one_offer_a_visit(redis: Redis, codes: Path) -> None:
    desk = desk_of(redis, codes)
    audience = engaged("a", "b")
    assert ask(desk, audience) == ("CODE-0", "visit-a")
    assert ask(desk, audience) == ("CODE-1", "visit-b")
    assert ask(desk, audience) is None


def test_a_stand_that_starts_again_grants_nobody_twice(
    redis: Redis, codes: Path
) -> None:
    first = desk_of(redis, codes)
    assert ask(first, engaged("a")) == ("CODE-0", "visit-a")
    again = desk_of(redis, codes)
    assert [e.visit_id for e in again.recover()] == ["visit-a"]
    again.on_bus([e.interaction_id for e in offers.pending(redis)])
    assert ask(again, engaged("a")) is None
    assert redis.llen("stand:codes:pool") == 4


def test_who_is_not_identified_yet_or_not_engaged_gets_none(
    redis: Redis, codes: Path
) -> None:
    audience = engaged("a")
    audience.identities.clear()
    assert ask(desk_of(redis, codes), audience) is None
    assert ask(desk_of(redis, codes), Audience()) is None


def test_a_plain_slot_has_no_offers(redis: Redis, codes: Path) -> None:
    campaign = make_campaign(offers=[make_offer()], holdout=1.0)
    assert ask(desk_of(redis, codes), engaged("a"), campaign) is None


def test_a_missing_pool_is_a_problem_to_show_not_an_error(
    redis: Redis, codes: Path
) -> None:
    desk = desk_of(redis, codes)
    assert (
        ask(desk, engaged("a"), make_campaign(offers=[make_offer(codes="gone")]))
        is None
    )
    assert "gone.txt" in desk.problems["gone"]


def test_a_store_that_does_not_answer_means_no_offers_until_it_does(
    redis: Redis, redis_url: str, codes: Path
) -> None:
    health = Health()
    with Redis.from_url(
        redis_url, socket_timeout=0.2, retry=Retry(NoBackoff(), 0)
    ) as impatient:
        desk = OfferDesk(impatient, codes, health, retry_s=0)
        redis.client_pause(60_000, all=False)
        try:
            assert ask(desk, engaged("a")) is None
            assert "No offers for now" in desk.problems["stand-offers"]
            assert "stand-offers" in health.reasons()
        finally:
            redis.client_unpause()
        assert ask(desk, engaged("a")) == ("CODE-0", "visit-a")
    assert desk.problems == {}
    assert health.reasons() == {}


def test_a_grant_whose_answer_was_lost_is_published_although_its_visitor_left(
    redis: Redis, redis_url: str, codes: Path
) -> None:
    class Forgetful(Redis):
        def eval(self, *arguments: Any) -> Any:
            super().eval(*arguments)
            if arguments[1] == 3:
                raise RedisTimeoutError("the answer was lost")
            return 1

    with Forgetful.from_url(redis_url) as store:
        desk = OfferDesk(store, codes, Health(), retry_s=0.2)
        assert desk.recover() == []
        assert ask(desk, engaged("a")) is None
        assert desk.recover() == []
        (event,) = until(desk.recover, "the store to be asked again")
        assert event.visit_id == "visit-a"
        desk.on_bus([event.interaction_id])
        assert desk.recover() == []
    assert offers.pending(redis) == []


def test_a_store_that_is_away_is_left_alone_for_a_while(codes: Path) -> None:
    with connect("redis://127.0.0.1:1/0") as nowhere:
        desk = desk_of(nowhere, codes)
        assert desk.recover() == []
        assert ask(desk, engaged("a")) is None
        desk.on_bus(["grant-1"])
        assert "does not answer" in desk.problems["stand-offers"]
