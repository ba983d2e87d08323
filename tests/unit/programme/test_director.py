"""When plays are due, what cuts them short, and what does not."""

from __future__ import annotations

from typing import Any

from tests.builders import at, make_engagement, make_person
from tests.stand_builders import ENGAGED, STAND, make_campaign, mall_of
from vitrine.mall import Campaign, Mall
from vitrine.programme.director import Director, Player
from vitrine.programme.screen import PlannedPlay

PLAIN = {"id": "plain", "file": "plain.html", "seconds": 8}
MORE = {"id": "more", "file": "more.html", "seconds": 6, "when": ENGAGED}
SPRING = make_campaign("spring", PLAIN, MORE)


def order(
    director: Director,
    seconds: float,
    *campaigns: Campaign,
    session: int = 1,
    mall: Mall | None = None,
) -> PlannedPlay | None:
    """What the director orders at that time."""
    player = Player("page-1", "page", session)
    mall = mall or mall_of(*(campaigns or (SPRING,)))
    return director.next_play(mall, "v1", STAND, player, at(seconds), lambda *_: True)


def orders(
    director: Director, seconds: list[float], **options: Any
) -> list[tuple[float, str, bool]]:
    """(time, creative, cut) of each order given at these times."""
    given = ((s, order(director, s, **options)) for s in seconds)
    return [(s, o.command.creative_id, o.cut) for s, o in given if o]


def steps(start: float, end: float) -> list[float]:
    return [start + n / 4 for n in range(round((end - start) * 4) + 1)]


def watched_by(
    director: Director, start: float, end: float, score: float = 80
) -> list[tuple[float, str, bool]]:
    """Orders while somebody with this score is there, four looks a second."""
    given = []
    for second in steps(start, end):
        director.audience.observe(
            make_engagement(second, make_person(score=score)), [60]
        )
        given += orders(director, [second])
    return given


def test_the_next_play_is_ordered_shortly_before_the_current_one_ends() -> None:
    given = orders(Director("north"), steps(0, 20))
    assert given == [(0, "plain", False), (6.5, "plain", False), (14.5, "plain", False)]


def test_engagement_cuts_a_plain_play_once_it_has_run_three_seconds() -> None:
    given = watched_by(Director("north"), 0, 5)
    assert given == [(0, "plain", False), (3.0, "more", True)]


def test_no_response_is_cut_and_it_rests_for_half_a_minute() -> None:
    given = watched_by(Director("north"), 0, 40)
    assert [(s, cut) for s, creative, cut in given if creative == "more"] == [
        (3.0, True),
        (31.5, False),
    ]


def test_a_score_around_the_threshold_does_not_flap() -> None:
    director = Director("north")
    given = []
    for n, second in enumerate(steps(0, 20)):
        director.audience.observe(
            make_engagement(second, make_person(score=60 + (n % 2) - 0.5)), [60]
        )
        given += orders(director, [second])
    assert not [cut for _, _, cut in given if cut]


def test_an_audience_of_three_seconds_ago_triggers_nothing() -> None:
    director = Director("north")
    for second in steps(0, 2.5):
        director.audience.observe(make_engagement(second, make_person(score=80)), [60])
    assert orders(director, [5.6]) == [(5.6, "plain", False)]
    assert orders(director, [8.7]) == []


def test_a_report_corrects_when_the_next_play_began() -> None:
    director = Director("north")
    first = order(director, 0)
    assert first is not None
    assert order(director, 6.5) is not None
    director.ended(first.command.play_id, at(10))
    assert orders(director, steps(10, 18)) == [(16.5, "plain", False)]


def test_a_new_connection_begins_with_a_play_of_its_own_and_cuts_nothing() -> None:
    director = Director("north")
    assert orders(director, [0]) == [(0, "plain", False)]
    assert orders(director, [2], session=2) == [(2, "plain", False)]


def test_a_campaign_that_has_ended_is_not_shown_again() -> None:
    director = Director("north")
    empty = mall_of()
    assert orders(director, [0]) == [(0, "plain", False)]
    assert orders(director, [6.5], mall=empty) == [(6.5, "house", False)]


def test_orders_repeat_for_the_same_stand_and_times_and_their_ids_differ() -> None:
    times = steps(0, 60)
    first, second = (
        [o.command for s in times if (o := order(d, s))]
        for d in (Director("north"), Director("north"))
    )
    assert first == second
    assert len({command.play_id for command in first}) == len(first)


def test_the_slot_is_the_one_in_which_the_play_begins() -> None:
    director = Director("north")
    for second in steps(0, 299):
        order(director, second)
    late = [o.command for s in steps(299, 310) if (o := order(director, s))]
    assert {c.slot_ns for c in late} == {at(300)}
    assert late[0].issued_ns < at(305)
