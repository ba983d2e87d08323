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
from vitrine.bus import Outgoing, encode
from vitrine.bus.memory import MemoryBus
from vitrine.mall import Campaign, Offer
from vitrine.offers.codes import canonical
from vitrine.offers.due import DueOffer, Grant
from vitrine.offers.made_codes import signed_codes
from vitrine.offers.redemption import AlreadyRedeemed, UnknownCode, Use
from vitrine.programme.audience import Audience
from vitrine.schemas import Interaction
from vitrine.services.stand import store_watch
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.services.stand.store_watch import EMPTIED, StoreWatch
from vitrine.stores import offers, redemptions
from vitrine.stores.offers import Mark
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import INTERACTIONS, TOPICS

KEY = b"the key of the stand"
CODES = [f"CODE-{number}" for number in range(5)]


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    """A folder with one pool of codes."""
    (tmp_path / "pool.txt").write_text("\n".join(["# codes", *CODES, ""]))
    return tmp_path


def make_shown(grant: str = "grant-1") -> Interaction:
    """The event that an offer of the campaign `spring` was shown."""
    return Interaction(
        interaction_id=grant,
        stand_id="north",
        kind="offer-shown",
        at_ns=at(1),
        campaign_id="spring",
        advertiser="acme",
        offer_id="ten",
        visit_id="visit-a",
        config_version="v1",
    )


def grant(redis: Redis, name: str = "grant-1", **offer: Any) -> Grant:
    """The store's answer to the wish for an offer."""
    configured = Offer.model_validate(make_offer(**offer))
    due = DueOffer(configured, make_shown(name), f"holder-of-{name}")
    return offers.grant(redis, due, begun(redis), KEY)


def begun(redis: Redis) -> Mark:
    """The mark of the store."""
    mark = offers.begin_first(redis)
    return offers.mark_of(redis) or mark


def load(redis: Redis) -> int:
    """Load the pool, and return how many codes are left."""
    return offers.load_codes(redis, "pool", CODES, begun(redis)).left


def pending(redis: Redis) -> set[str]:
    """The events that wait for the bus."""
    return {event.interaction_id for event in offers.pending(redis)}


# The store


def test_codes_are_handed_out_in_order_and_never_twice(redis: Redis) -> None:
    assert load(redis) == 5
    first = [grant(redis, f"g{number}").code for number in range(3)]
    assert first == ["CODE-0", "CODE-1", "CODE-2"]
    assert load(redis) == 2
    rest = [grant(redis, f"g{number}").code for number in range(3, 5)]
    assert rest == ["CODE-3", "CODE-4"]
    assert grant(redis, "g5") == Grant("no-codes")


def test_a_grant_names_the_event_to_publish(redis: Redis) -> None:
    load(redis)
    assert grant(redis) == Grant("granted", "CODE-0", make_shown(), 1)
    assert pending(redis) == {"grant-1"}


def test_a_repetition_gives_the_same_code_until_the_event_is_on_the_bus(
    redis: Redis,
) -> None:
    load(redis)
    first = grant(redis)
    assert grant(redis) == first
    offers.forget(redis, ["grant-1"])
    assert grant(redis) == Grant("already")


def test_the_budget_is_never_exceeded_under_concurrency(
    redis: Redis, redis_url: str
) -> None:
    load(redis)

    def wish(number: int) -> Grant:
        with connect(redis_url) as client:
            return grant(client, f"g{number}", budget=4)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(wish, range(40)))
    granted = [answer.code for answer in answers if answer.outcome == "granted"]
    assert sorted(granted) == CODES[:4]
    assert {answer.outcome for answer in answers} == {"granted", "exhausted"}


def test_a_code_is_redeemed_once_under_concurrency(
    redis: Redis, redis_url: str
) -> None:
    load(redis)
    code = grant(redis).code

    def use(number: int) -> str:
        with connect(redis_url) as client:
            try:
                use = Use("north", at(number))
                return redemptions.redeem(client, code, use).kind
            except AlreadyRedeemed:
                return "already"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(use, range(20)))
    assert sorted(outcomes) == ["already"] * 19 + ["offer-redeemed"]


def test_a_redemption_names_what_was_granted_and_waits_for_the_bus(
    redis: Redis,
) -> None:
    load(redis)
    code = grant(redis).code
    event = redemptions.redeem(redis, code, Use("north", at(60)))
    assert event.interaction_id == "grant-1-redeemed"
    assert event.kind == "offer-redeemed"
    assert event.at_ns == at(60)
    assert event.offer_id == "ten"
    assert pending(redis) == {"grant-1", "grant-1-redeemed"}
    offers.forget(redis, ["grant-1", "grant-1-redeemed"])
    assert pending(redis) == set()


def test_a_second_redemption_is_told_when_the_first_one_was(redis: Redis) -> None:
    load(redis)
    code = grant(redis).code
    redemptions.redeem(redis, code, Use("north", at(60)))
    with pytest.raises(AlreadyRedeemed) as caught:
        redemptions.redeem(redis, code, Use("north", at(90)))
    assert caught.value.redemption.at_ns == at(60)


def test_a_code_that_nobody_was_granted_is_unknown(redis: Redis) -> None:
    load(redis)
    with pytest.raises(UnknownCode):
        redemptions.redeem(redis, "CODE-0", Use("north", at(0)))


# The desk


def engaged(*tracks: str) -> Audience:
    """These people have been engaged for two seconds, and all are identified."""
    audience = Audience()
    for track in tracks:
        audience.identify(make_identity(track))
    for second in (0, 1, 2):
        people = []
        for place, track in enumerate(tracks):
            people.append(make_person(track, score=80 - place))
        audience.observe(make_engagement(second, *people), [60])
    return audience


def desk_of(redis: Redis, codes: Path, **options: Any) -> OfferDesk:
    return make_desk(redis, codes, **options)


def make_desk(
    redis: Redis,
    codes: Path,
    health: Health | None = None,
    bus: MemoryBus | None = None,
    retry_s: float = 5.0,
    **options: Any,
) -> OfferDesk:
    watch = StoreWatch(bus or MemoryBus(TOPICS))
    return OfferDesk(
        redis,
        codes,
        health or Health(),
        watch,
        KEY,
        retry_s=retry_s,
        **options,
    )


def ask(
    desk: OfferDesk, audience: Audience, campaign: Campaign | None = None
) -> tuple[str, str | None] | None:
    """(code, visit) of the next grant."""
    if campaign is None:
        campaign = make_campaign(offers=[make_offer()])
    command = make_command(campaign_id=campaign.id)
    found = desk.grant(campaign, command, audience, at(2), "UTC")
    if found is None or found.shown is None:
        return None
    return (found.code, found.shown.visit_id)


def test_everybody_engaged_gets_one_offer_a_visit(redis: Redis, codes: Path) -> None:
    desk = desk_of(redis, codes)
    audience = engaged("a", "b")
    assert ask(desk, audience) == ("CODE-0", "visit-a")
    assert ask(desk, audience) == ("CODE-1", "visit-b")
    assert ask(desk, audience) is None


def test_who_is_not_engaged_gets_none(redis: Redis, codes: Path) -> None:
    assert ask(desk_of(redis, codes), Audience()) is None


def recognised() -> Audience:
    """Ada has been recognised, and consented to offers."""
    audience = engaged("a")
    audience.identify(make_identity("a", known=True, offers=True))
    return audience


CUSTOMERS = make_campaign(offers=[make_offer(when={"known": True})])


def test_a_customer_who_consents_gets_a_personal_offer(
    redis: Redis, codes: Path
) -> None:
    redis.set("visit:visit-a", "ada")
    found = ask(desk_of(redis, codes), recognised(), CUSTOMERS)
    assert found == ("CODE-0", "visit-a")


def test_a_personal_offer_is_granted_only_while_the_store_says_so(
    redis: Redis, codes: Path
) -> None:
    audience = recognised()
    desk = desk_of(redis, codes)
    # The consent has ended, or the link is on its way.
    assert ask(desk, audience, CUSTOMERS) is None
    assert load(redis) == 5
    # What anonymous interest earns does not depend on it.
    assert ask(desk, audience, make_campaign("other", offers=[make_offer()]))
    redis.set("visit:visit-a", "ada")
    assert ask(desk, audience, CUSTOMERS) is not None


def test_a_stand_that_starts_again_grants_nobody_twice(
    redis: Redis, codes: Path
) -> None:
    assert ask(desk_of(redis, codes), engaged("a")) == ("CODE-0", "visit-a")
    again = desk_of(redis, codes)
    [event] = again.recover()
    assert event.visit_id == "visit-a"
    again.on_bus([event.interaction_id])
    assert ask(again, engaged("a")) is None
    assert load(redis) == 4


def test_an_event_is_forgotten_once_the_bus_has_it_and_only_once(
    redis: Redis, codes: Path
) -> None:
    load(redis)
    grant(redis, "first")
    grant(redis, "second")
    desk = desk_of(redis, codes)
    desk.on_bus(["first"])
    assert pending(redis) == {"second"}
    redis.hset(offers.PENDING, "first", make_shown("first").to_json())
    desk.on_bus([])
    assert pending(redis) == {"first", "second"}


def test_a_missing_pool_is_a_problem_to_show_not_an_error(
    redis: Redis, codes: Path
) -> None:
    desk = desk_of(redis, codes)
    campaign = make_campaign(offers=[make_offer(codes="gone")])
    assert ask(desk, engaged("a"), campaign) is None
    (problem,) = desk.problems
    assert "offers of the pool gone" in problem
    assert "gone.txt there is no such file" in problem


def test_a_pool_that_comes_later_is_loaded(redis: Redis, codes: Path) -> None:
    desk = desk_of(redis, codes)
    campaign = make_campaign(offers=[make_offer(codes="late")])
    assert ask(desk, engaged("a"), campaign) is None
    (codes / "late.txt").write_text("LATE-1\n")
    assert ask(desk, engaged("b"), campaign) == ("LATE-1", "visit-b")
    assert desk.problems == []


def test_a_store_that_does_not_answer_means_no_offers_until_it_does(
    redis: Redis, redis_url: str, codes: Path
) -> None:
    health = Health()
    no_retry = Retry(NoBackoff(), 0)
    client = Redis.from_url(
        redis_url,
        socket_timeout=0.2,
        retry=no_retry,
    )
    with client as impatient:
        desk = make_desk(impatient, codes, health, retry_s=0)
        redis.client_pause(60_000, all=False)
        try:
            assert ask(desk, engaged("a")) is None
            assert "No offers for now" in desk.problems[-1]
            assert "stand-offers" in health.reasons()
        finally:
            redis.client_unpause()
        assert ask(desk, engaged("a")) == ("CODE-0", "visit-a")
    assert desk.problems == []
    assert health.reasons() == {}


def test_what_the_bus_got_while_the_store_was_away_is_forgotten_later(
    redis: Redis, redis_url: str, codes: Path
) -> None:
    load(redis)
    grant(redis)
    no_retry = Retry(NoBackoff(), 0)
    client = Redis.from_url(
        redis_url,
        socket_timeout=0.2,
        retry=no_retry,
    )
    with client as impatient:
        desk = make_desk(impatient, codes, retry_s=0)
        redis.client_pause(60_000, all=False)
        try:
            desk.on_bus(["grant-1"])
        finally:
            redis.client_unpause()
        assert desk.recover() == []
        desk.on_bus([])
    assert pending(redis) == set()


class Forgetful(Redis):
    """A store whose answers to grants are lost."""

    def eval(self, *arguments: Any) -> Any:
        answer = super().eval(*arguments)
        keys = arguments[1]
        if keys == 6:
            raise RedisTimeoutError("the answer was lost")
        return answer


def test_a_grant_whose_answer_was_lost_is_published_although_its_visitor_left(
    redis: Redis, redis_url: str, codes: Path
) -> None:
    with Forgetful.from_url(redis_url) as store:
        desk = make_desk(store, codes, retry_s=0.2)
        assert desk.recover() == []
        assert ask(desk, engaged("a")) is None
        assert desk.recover() == []
        [event] = until(desk.recover, "the store to be asked again")
        assert event.visit_id == "visit-a"
        desk.on_bus([event.interaction_id])
        assert desk.recover() == []
    assert pending(redis) == set()


def test_a_store_that_is_away_is_left_alone_for_a_while(codes: Path) -> None:
    with connect("redis://127.0.0.1:1/0") as nowhere:
        desk = desk_of(nowhere, codes)
        assert desk.recover() == []
        assert ask(desk, engaged("a")) is None
        desk.on_bus(["grant-1"])
        assert "does not answer" in desk.problems[-1]


# A store that was emptied


def test_a_store_that_was_emptied_grants_nothing_until_the_operator_says_so(
    redis: Redis, codes: Path
) -> None:
    health = Health()
    desk = make_desk(redis, codes, health, retry_s=0)
    assert ask(desk, engaged("a")) == ("CODE-0", "visit-a")
    redis.flushall()
    assert ask(desk, engaged("b")) is None
    assert desk.problems == [EMPTIED]
    assert health.reasons() == {"stand-offers": EMPTIED}
    assert ask(desk, engaged("c")) is None
    # The files were not loaded again, from which CODE-0 would come a second time.
    assert redis.keys() == []
    (codes / "pool.txt").write_text("CODE-7\n")
    offers.begin(redis)
    assert ask(desk, engaged("d")) == ("CODE-7", "visit-d")
    assert desk.problems == []
    assert health.reasons() == {}


def test_an_emptied_store_is_noticed_when_no_offer_is_due(
    redis: Redis, codes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vitrine.services.stand.offer_desk.LOOK_EVERY_S", 0)
    desk = make_desk(redis, codes)
    assert ask(desk, engaged("a")) == ("CODE-0", "visit-a")
    assert desk.recover() != []
    redis.flushall()
    assert desk.recover() == []
    assert desk.problems == [EMPTIED]


def test_a_stand_that_starts_with_an_emptied_store_asks_the_bus(
    redis: Redis, codes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = MemoryBus(TOPICS)
    assert ask(make_desk(redis, codes, bus=bus), engaged("a")) is not None
    producer = bus.producer()
    producer.send(encode(Outgoing(INTERACTIONS, "north", make_shown())))
    producer.flush()
    redis.flushall()
    again = make_desk(redis, codes, bus=bus, retry_s=0)
    assert ask(again, engaged("a")) is None
    assert again.problems == [EMPTIED]
    # It is read once: a bus may have much of it.
    monkeypatch.setattr(store_watch, "granted_before", lambda _: pytest.fail("again"))
    assert again.recover() == []
    assert again.problems == [EMPTIED]


def test_a_file_beside_the_store_tells_that_it_was_emptied(
    redis: Redis, codes: Path, tmp_path: Path
) -> None:
    file = tmp_path / "offers-mark"

    def desk() -> OfferDesk:
        watch = StoreWatch(MemoryBus(TOPICS), file)
        return OfferDesk(redis, codes, Health(), watch, KEY)

    first = desk()
    first.recover()
    redis.flushall()
    # Nothing was granted, and nothing is lost.
    again = desk()
    assert ask(again, engaged("a")) == ("CODE-0", "visit-a")
    redis.flushall()
    after = desk()
    assert ask(after, engaged("a")) is None
    assert after.problems == [EMPTIED]
    mark = offers.begin(redis)
    (codes / "pool.txt").write_text("CODE-9\n")
    later = desk()
    assert ask(later, engaged("a")) == ("CODE-9", "visit-a")
    assert file.read_text() == f"{mark.epoch}\n"


def test_a_new_store_beside_a_bus_without_offers_begins_by_itself(
    redis: Redis, codes: Path
) -> None:
    bus = MemoryBus(TOPICS)
    touch = make_shown().model_copy(update={"kind": "touch"})
    producer = bus.producer()
    producer.send(encode(Outgoing(INTERACTIONS, "north", touch)))
    producer.flush()
    assert ask(make_desk(redis, codes, bus=bus), engaged("a")) is not None


def test_a_store_that_was_set_back_to_a_copy_grants_nothing(
    redis: Redis, codes: Path
) -> None:
    desk = make_desk(redis, codes, retry_s=0)
    assert ask(desk, engaged("a")) is not None
    assert ask(desk, engaged("b")) is not None
    redis.set(offers.GRANTED, 1)
    redis.rpush("stand:codes:pool", "CODE-1")
    assert ask(desk, engaged("c")) is None
    assert desk.problems == [EMPTIED]


def test_a_store_of_a_version_before_goes_on(redis: Redis, codes: Path) -> None:
    bus = MemoryBus(TOPICS)
    producer = bus.producer()
    producer.send(encode(Outgoing(INTERACTIONS, "north", make_shown())))
    producer.flush()
    redis.sadd(offers.KNOWN_CODES, "CODE-0")
    redis.set("stand:code:CODE-0", make_shown().to_json())
    desk = make_desk(redis, codes, bus=bus)
    assert ask(desk, engaged("a")) == ("CODE-1", "visit-a")
    used = redemptions.redeem(redis, "CODE-0\r\n", Use("south", at(9)))
    assert used.interaction_id == "grant-1-redeemed"


# Which codes


def test_a_code_that_was_granted_as_another_spelling_is_passed_over(
    redis: Redis, codes: Path
) -> None:
    desk = make_desk(redis, codes)
    assert ask(desk, engaged("a")) == ("CODE-0", "visit-a")
    (codes / "pool.txt").write_text("code 0\nNEW\n")
    assert ask(desk, engaged("b")) == ("NEW", "visit-b")


def test_a_code_that_is_withdrawn_is_never_granted(redis: Redis, codes: Path) -> None:
    desk = make_desk(redis, codes)
    assert ask(desk, engaged("a")) == ("CODE-0", "visit-a")
    (codes / "pool.txt").write_text("CODE-3\n")
    assert ask(desk, engaged("b")) == ("CODE-3", "visit-b")
    (codes / "pool.txt").unlink()
    assert ask(desk, engaged("c")) is None


def test_signed_codes_need_no_pool(redis: Redis, codes: Path) -> None:
    desk = make_desk(redis, codes)
    campaign = make_campaign(offers=[make_offer(codes="signed")])
    first = ask(desk, engaged("a"), campaign)
    second = ask(desk, engaged("b"), campaign)
    assert first is not None
    assert second is not None
    assert first[0] != second[0]
    typed = first[0].lower().replace("-", "") + "\r\n"
    used = redemptions.redeem(redis, typed, Use("north", at(9)))
    assert used.visit_id == "visit-a"
    assert desk.problems == []


def test_a_signed_code_that_is_taken_makes_way_for_the_next(
    redis: Redis, codes: Path
) -> None:
    offer = Offer.model_validate(make_offer(codes="signed"))
    first, second, third = made = signed_codes("grant-1", KEY)
    redis.set(f"stand:code:{canonical(first)}", make_shown("other").to_json())
    assert grant(redis, codes=offer.codes).code == second
    for code in made:
        redis.set(f"stand:code:{canonical(code)}", make_shown("other").to_json())
    redis.delete("stand:grants:spring:ten", "stand:holders:spring:ten")
    assert grant(redis, codes=offer.codes).outcome == "no-codes"
    assert third not in {first, second}


# Once for whom


@pytest.mark.parametrize("once_per", ["visit", "day", "campaign"])
def test_without_embeddings_a_presence_of_several_tracks_gets_one(
    redis: Redis, codes: Path, once_per: str
) -> None:
    desk = make_desk(redis, codes)
    campaign = make_campaign(offers=[make_offer(once_per=once_per)])
    audience = engaged("a")
    assert ask(desk, audience, campaign) == ("CODE-0", "visit-a")
    # The tracker lost the face and found it again: another track, and another visitor.
    audience.identify(make_identity("b"))
    same = make_person("b", presence_id="north:a", score=80)
    audience.observe(make_engagement(2.1, same), [60])
    assert ask(desk, audience, campaign) is None
    again = make_desk(redis, codes)
    assert ask(again, audience, campaign) is None
