"""Five tills race for a hundred codes while the store is killed: used once each, none is lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from tests.brokers import LOGGED, RedisServer
from tests.builders import at
from tests.stand_builders import Running, make_offer, running_stand, write_creatives
from tests.stand_players import SPRING, until
from vitrine.errors import Unavailable
from vitrine.mall import Offer
from vitrine.offers.due import DueOffer, Grant
from vitrine.schemas import Interaction
from vitrine.stores import offers, tills
from vitrine.stores.redis import connect
from vitrine.topics import INTERACTIONS

pytestmark = [pytest.mark.redis, pytest.mark.timeout(170)]

TILLS = 5
REQUESTS = 1_000
CODES = [f"CODE-{number:03}" for number in range(100)]
OFFER = Offer.model_validate(make_offer(budget=1_000, text="10 % off"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    folder = tmp_path / "redis"
    folder.mkdir()
    # The users of services outlive the server, as in deploy/redis/.
    users = folder / "users.acl"
    users.write_text("user default on nopass ~* &* +@all\n")
    server = RedisServer(folder, [*LOGGED, "--aclfile", str(users)])
    server.start()
    try:
        yield server
    finally:
        server.stop()


def make_due(number: int) -> DueOffer:
    shown = Interaction(
        interaction_id=f"grant-{number}",
        stand_id="north",
        kind="offer-shown",
        at_ns=at(0),
        campaign_id="spring",
        advertiser="acme",
        offer_id="ten",
        config_version="v1",
    )
    return DueOffer(OFFER, shown, f"holder-{number}")


def killed_after(server: RedisServer, answers: Counter[str], count: int) -> Thread:
    """Kill the store once so many were answered, and start it again; ends when it did."""

    def kill() -> None:
        until(lambda: answers.total() >= count, f"{count} answers", limit_s=60)
        with connect(server.url) as redis:
            redis.acl_save()
        server.kill()
        server.start()

    thread = Thread(target=kill)
    thread.start()
    return thread


def test_a_thousand_that_race_for_a_hundred_codes_get_each_once(
    server: RedisServer,
) -> None:
    answers: Counter[str] = Counter()
    pause = Event()
    with connect(server.url) as redis:
        mark = offers.begin_first(redis)
        offers.load_codes(redis, "pool", CODES, mark)

    def wish(number: int) -> Grant:
        due = make_due(number)
        while True:
            with connect(server.url) as client:
                try:
                    answer = offers.grant(client, due, mark, b"key")
                except Unavailable:
                    # A repetition: the answer may have been lost, and the grant not.
                    pause.wait(0.02)
                    continue
            answers[answer.outcome] += 1
            return answer

    killer = killed_after(server, answers, 50)
    with ThreadPoolExecutor(TILLS) as pool:
        grants = list(pool.map(wish, range(REQUESTS)))
    killer.join()
    granted = [grant.code for grant in grants if grant.outcome == "granted"]
    assert sorted(granted) == CODES
    assert answers == {"granted": 100, "no-codes": 900}
    with connect(server.url) as redis:
        events = offers.pending(redis)
        found = offers.mark_of(redis)
    assert len({event.interaction_id for event in events}) == len(events) == 100
    assert found == offers.Mark(mark.epoch, 100)


class RacingTill:
    """A till that asks again until it is answered, by the same name."""

    def __init__(self, stand: Running, name: int, token: str) -> None:
        self._stand = stand
        self._name = name
        self._headers = {"Authorization": f"Bearer {token}"}
        self._pause = Event()

    def redeem(self, code: str, number: int) -> httpx.Response:
        wish = {"code": code.lower(), "request_id": f"receipt-{self._name}-{number}"}
        while True:
            answer = self._stand.http.post(
                "/till/redeem",
                json=wish,
                headers=self._headers,
            )
            if answer.status_code != 503:
                return answer
            self._pause.wait(0.05)


def test_five_tills_redeem_a_hundred_codes_once_each(
    server: RedisServer, tmp_path: Path
) -> None:
    answers: Counter[str] = Counter()
    redeemed: Counter[str] = Counter()
    with connect(server.url) as redis:
        mark = offers.begin_first(redis)
        offers.load_codes(redis, "pool", CODES, mark)
        for number in range(len(CODES)):
            offers.grant(redis, make_due(number), mark, b"key")
        offers.forget(redis, [f"grant-{number}" for number in range(len(CODES))])
        tokens = [tills.add(redis, "north", "", 1)[1] for _ in range(TILLS)]
    write_creatives(tmp_path, SPRING)
    wishes = CODES * (REQUESTS // len(CODES))
    random.Random(14).shuffle(wishes)
    with running_stand(tmp_path, server.url, SPRING) as stand:
        until(lambda: not stand.health.reasons(), "the stand to be ready")

        def work(name: int) -> None:
            till = RacingTill(stand, name, tokens[name])
            for number, code in enumerate(wishes[name::TILLS]):
                answer = till.redeem(code, number)
                answers[str(answer.status_code)] += 1
                if answer.status_code == 200:
                    redeemed[code] += 1

        killer = killed_after(server, answers, 60)
        with ThreadPoolExecutor(TILLS) as pool:
            list(pool.map(work, range(TILLS)))
        killer.join()
        assert redeemed == dict.fromkeys(CODES, 1)
        assert answers == {"200": 100, "409": 900}

        def on_bus() -> set[str]:
            return {event.interaction_id for event in stand.read(INTERACTIONS)}

        until(lambda: len(on_bus()) >= 100, "all redemptions on the bus", limit_s=30)
        assert on_bus() == {f"grant-{number}-redeemed" for number in range(100)}
