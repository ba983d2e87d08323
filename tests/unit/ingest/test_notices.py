"""A proof holds for half a minute, for the words that it was given for."""

from __future__ import annotations

import pytest

from tests.ingest_builders import make_source
from vitrine.clock import SECOND_NS
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import Notice, Reactions, Recognition
from vitrine.services.ingest.app import told
from vitrine.services.ingest.notices import ShownNotices

WALL_S = 1_800_000_000


class Clocks:
    """Two clocks that a test moves."""

    def __init__(self) -> None:
        self.wall_s = float(WALL_S)
        self.steady_s = 100.0

    def wait(self, seconds: float) -> None:
        self.wall_s += seconds
        self.steady_s += seconds

    def notices(self) -> ShownNotices:
        return ShownNotices(
            lambda: round(self.wall_s * SECOND_NS), lambda: self.steady_s
        )


def make_notice(
    at_s: float = WALL_S,
    stand_id: str = "north",
    recognition: Recognition = "none",
    reactions: Reactions = "off",
) -> Notice:
    return Notice(
        stand_id=stand_id,
        shown_at_ns=round(at_s * SECOND_NS),
        recognition=recognition,
        reactions=reactions,
    )


def mall_of(*stands: Stand) -> Mall:
    return Mall(cameras=(), stands=stands, campaigns=())


def test_without_a_proof_nobody_is_told() -> None:
    assert not Clocks().notices().shown("north", "none")


def test_a_proof_holds_for_half_a_minute() -> None:
    clocks = Clocks()
    notices = clocks.notices()
    notices.hear(make_notice())
    clocks.wait(29.9)
    assert notices.shown("north", "none")
    clocks.wait(0.1)
    assert not notices.shown("north", "none")


def test_each_proof_begins_the_time_anew() -> None:
    clocks = Clocks()
    notices = clocks.notices()
    for _ in range(3):
        notices.hear(make_notice(clocks.wall_s))
        clocks.wait(20)
    assert notices.shown("north", "none")


def test_a_proof_that_was_on_its_way_holds_for_what_is_left() -> None:
    clocks = Clocks()
    notices = clocks.notices()
    notices.hear(make_notice(WALL_S - 20))
    clocks.wait(9.9)
    assert notices.shown("north", "none")
    clocks.wait(0.1)
    assert not notices.shown("north", "none")


@pytest.mark.parametrize("set_by_s", [-3600, 3600])
def test_a_clock_that_is_set_makes_no_proof_last_longer(set_by_s: float) -> None:
    clocks = Clocks()
    notices = clocks.notices()
    notices.hear(make_notice())
    clocks.wall_s += set_by_s
    clocks.wait(30)
    assert not notices.shown("north", "none")


def test_a_stand_whose_clock_is_ahead_gains_nothing() -> None:
    clocks = Clocks()
    notices = clocks.notices()
    notices.hear(make_notice(WALL_S + 20))
    clocks.wait(30)
    assert not notices.shown("north", "none")


def test_an_old_proof_of_a_clock_that_is_far_ahead_counts_for_nothing() -> None:
    notices = Clocks().notices()
    notices.hear(make_notice(WALL_S + 3600))
    assert not notices.shown("north", "none")


def test_a_proof_is_that_of_its_stand_and_its_words() -> None:
    clocks = Clocks()
    notices = clocks.notices()
    notices.hear(make_notice())
    assert not notices.shown("south", "none")
    assert not notices.shown("north", "enrolled")


def test_a_sign_tells_people_at_any_time() -> None:
    stands = (Stand(id="north", notice="sign"), Stand(id="south"))
    mall = FixedMall(mall_of(*stands))
    notices = Clocks().notices()
    assert told(mall, notices, "north")
    assert not told(mall, notices, "south")
    assert not told(mall, notices, "gone")


def test_the_words_have_to_fit_what_the_stand_does_now() -> None:
    clocks = Clocks()
    notices = clocks.notices()
    notices.hear(make_notice())
    counts = FixedMall(mall_of(Stand(id="north")))
    assert told(counts, notices, "north")
    recognises = Stand(id="north", recognition="enrolled")
    mall = FixedMall(mall_of(recognises))
    assert not told(mall, notices, "north")
    notices.hear(make_notice(recognition="enrolled"))
    assert told(mall, notices, "north")


def test_who_judges_reactions_has_to_say_so() -> None:
    notices = Clocks().notices()
    notices.hear(make_notice())
    judges = FixedMall(mall_of(Stand(id="north", reactions="expression")))
    assert not told(judges, notices, "north")
    notices.hear(make_notice(reactions="expression"))
    assert told(judges, notices, "north")


def test_only_cameras_that_see_people_as_they_come_need_a_notice() -> None:
    assert make_source(live=True).needs_notice
    assert not make_source(live=False).needs_notice
