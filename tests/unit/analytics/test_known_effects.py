"""Effects that are computed beside the scrapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from tests.builders import T0_NS
from tests.campaign_store import campaign_store
from vitrine.campaigns.totals import line_of
from vitrine.effects.slots import SlotOutcome
from vitrine.errors import Unavailable
from vitrine.schemas import SLOT_NS
from vitrine.services.analytics import known_effects
from vitrine.services.analytics.known_effects import KnownEffects
from vitrine.stores.redis import connect

# Of the synthetic visitors in the store.
SPRING = line_of("spring", "synthetic")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Keep one store for all tests of this file."""
    with campaign_store() as found:
        yield found


def test_effects_are_known_once_they_were_computed(url: str) -> None:
    known = KnownEffects(lambda: connect(url), lambda: True)
    assert known(SPRING) == ()
    known.look()
    outcomes = [effect.outcome.name for effect in known(SPRING)]
    assert "attention" in outcomes
    assert known("unknown") == ()


def test_a_worker_that_shows_no_figures_knows_none(url: str) -> None:
    exports = True
    known = KnownEffects(lambda: connect(url), lambda: exports)
    known.look()
    exports = False
    known.look()
    assert known(SPRING) == ()


def test_while_the_store_is_away_effects_stay(url: str) -> None:
    away = False

    def connected() -> Redis:
        if away:
            raise Unavailable("no store")
        return connect(url)

    known = KnownEffects(connected, lambda: True)
    known.look()
    before = known(SPRING)
    away = True
    known.look()
    assert known(SPRING) == before
    assert before


def test_effects_are_computed_again_only_where_slots_changed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = SlotOutcome("north", T0_NS, "plain", 0.2, 5, 0, 0, 0, 0)
    slots = [slot]
    monkeypatch.setattr(known_effects, "load_slots", lambda *_: list(slots))
    known = KnownEffects(lambda: connect(url), lambda: True)
    known.look()
    before = known(SPRING)
    known.look()
    assert known(SPRING) is before
    slots.append(replace(slot, slot_ns=T0_NS + SLOT_NS))
    known.look()
    assert known(SPRING) is not before
