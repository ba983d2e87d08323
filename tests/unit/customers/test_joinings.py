"""Places of people who are joining: few, and nobody keeps all of them."""

from __future__ import annotations

import pytest

from vitrine.services.customers import joinings
from vitrine.services.customers.joinings import JOINING_S, Joinings

MOST = 12


class Places:
    """The places of a service, with a clock of their own."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.joinings = Joinings(0.5, lambda: self.now_s)

    def begin(self, address: str) -> str | None:
        return self.joinings.begin(["recognise"], "1", "en", address)

    def take(self, address: str, count: int) -> list[str]:
        """Begin so many, all of which get a place."""
        tokens = []
        for _ in range(count):
            token = self.begin(address)
            assert token is not None
            tokens.append(token)
        return tokens

    def left(self, tokens: list[str]) -> list[bool]:
        return [self.joinings.find(token) is not None for token in tokens]


@pytest.fixture(autouse=True)
def few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joinings, "MOST_JOININGS", MOST)


def test_from_two_addresses_nobody_keeps_out_a_third() -> None:
    places = Places()
    one = places.take("a", 6)
    other = places.take("b", 6)
    places.take("c", 4)
    assert places.left(one) == [True] * 4 + [False] * 2
    assert places.left(other) == [True] * 4 + [False] * 2
    assert places.begin("c") is None


def test_who_holds_most_gets_no_more() -> None:
    places = Places()
    first = places.take("a", MOST)
    assert places.begin("a") is None
    assert places.left(first) == [True] * MOST


def test_one_of_each_address_gives_way_to_nobody() -> None:
    places = Places()
    tokens = [places.take(f"a{number}", 1)[0] for number in range(MOST)]
    assert places.begin("another") is None
    assert places.left(tokens) == [True] * MOST


def test_a_place_is_free_again_after_its_time() -> None:
    places = Places()
    first = places.take("a", MOST)
    places.now_s = JOINING_S
    assert places.begin("a") is not None
    assert places.left(first) == [False] * MOST
