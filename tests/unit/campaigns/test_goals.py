"""Goals of a play, one by one: events of a window → who reached them."""

from __future__ import annotations

from tests.builders import at
from tests.campaign_scenario import (
    make_exposure,
    make_identity,
    make_interaction,
    make_play,
)
from tests.unit.campaigns.joined import only
from vitrine.campaigns.totals import Goals
from vitrine.schemas import Event, Exposure


def goals(*events: Event) -> Goals:
    """Join the events; return the goals of the one slot."""
    (slot,) = only(*events).goals.items()
    assert slot[0] == (at(0), "adaptive")
    return slot[1]


def three_people() -> list[Exposure]:
    """One who looks for 3 s, one who looks for 1 s, and one who does not look."""
    return [
        make_exposure(
            0,
            8,
            ((0, 3),),
            ("a",),
        ),
        make_exposure(
            0,
            8,
            ((0, 1),),
            ("b",),
        ),
        make_exposure(
            0,
            8,
            (),
            ("c",),
        ),
    ]


def test_three_seconds_of_attention_reach_the_goal() -> None:
    assert goals(make_play(), *three_people()) == Goals(ots=3, reached=1)


def test_a_touch_reaches_the_goal_for_the_visitor_of_its_visit() -> None:
    carla = make_identity("c", "carla")
    touch = make_interaction("touch", 1, visit_id="visit-carla")
    found = goals(
        make_play(),
        *three_people(),
        carla,
        touch,
    )
    assert found == Goals(ots=3, reached=2)


def test_a_goal_counts_once_for_each_person() -> None:
    anna = make_identity("a", "anna")
    touches = [
        make_interaction("touch", 1, visit_id="visit-anna"),
        make_interaction("touch", 2, visit_id="visit-anna"),
    ]
    found = goals(
        make_play(),
        *three_people(),
        anna,
        *touches,
    )
    assert found == Goals(ots=3, reached=1)


def test_a_touch_of_nobody_known_is_credited_to_the_most_attentive() -> None:
    glances = [
        make_exposure(
            0,
            8,
            ((0, 2),),
            ("a",),
        ),
        make_exposure(
            0,
            8,
            ((0, 1),),
            ("b",),
        ),
    ]
    beate = make_identity("b", "beate")
    unknown = make_interaction("touch", 1)
    hers = make_interaction("touch", 2, visit_id="visit-beate")
    assert goals(make_play(), *glances) == Goals(ots=2, reached=0)
    assert goals(
        make_play(),
        *glances,
        unknown,
    ) == Goals(ots=2, reached=1)
    both = goals(
        make_play(),
        *glances,
        beate,
        unknown,
        hers,
    )
    assert both == Goals(ots=2, reached=2)


def test_a_touch_of_somebody_who_was_not_seen_is_credited_to_the_most_attentive() -> (
    None
):
    gone = make_identity("z", "zoe")
    touch = make_interaction("touch", 1, visit_id="visit-zoe")
    glance = make_exposure(
        0,
        8,
        ((0, 1),),
    )
    assert goals(
        make_play(),
        glance,
        gone,
        touch,
    ) == Goals(ots=1, reached=1)
