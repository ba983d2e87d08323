from itertools import pairwise
from math import dist

import numpy as np
import pytest

from vitrine.synthetic.options import Options
from vitrine.synthetic.scenes import SCENES
from vitrine.synthetic.timetable import STANDS, Timetable
from vitrine.synthetic.visitor import Visitor

SECONDS = 900.0


def make_timetable(scene: str = "rush", **options: object) -> Timetable:
    return Timetable(Options.model_validate({"scene": scene, **options}), SCENES[scene])


def visits(
    timetable: Timetable, day: int, stand: int, seconds: float = SECONDS
) -> list[Visitor]:
    """Return all visits to a stand on a day, by their start."""
    seen = [v for t in np.arange(0, seconds, 1.0) for v in timetable.at(day, stand, t)]
    return sorted(
        {(v.person, v.number): v for v in seen}.values(), key=lambda v: v.start
    )


@pytest.fixture(scope="module")
def stands() -> list[list[Visitor]]:
    timetable = make_timetable(people=8, seed=1)
    return [visits(timetable, 0, stand) for stand in range(1, STANDS + 1)]


def test_who_is_there_does_not_depend_on_what_was_asked_before() -> None:
    asked = make_timetable(seed=3)
    fresh = make_timetable(seed=3)
    asked.at(0, 1, 200.0)
    asked.at(0, 2, 400.0)
    assert asked.at(0, 1, 77.0) == fresh.at(0, 1, 77.0)
    assert asked.at(0, 1, 77.0) != make_timetable(seed=4).at(0, 1, 77.0)


def test_what_was_forgotten_is_drawn_anew_and_the_same() -> None:
    timetable = make_timetable(seed=3)
    early = timetable.at(0, 1, 30.0)
    late = timetable.at(0, 1, 1500.0)
    assert early
    assert timetable.at(0, 1, 30.0) == early
    assert timetable.at(0, 1, 1500.0) == late


@pytest.mark.parametrize(("scene", "people"), [("rush", 8), ("rush", 3), ("quiet", 1)])
def test_there_are_never_more_people_than_asked_for_and_sometimes_as_many(
    scene: str, people: int
) -> None:
    timetable = make_timetable(scene, people=people)
    counts = [len(timetable.at(0, 1, t)) for t in np.arange(0, 600, 0.7)]
    assert max(counts) == people


def test_nobody_is_at_two_places_at_once(stands: list[list[Visitor]]) -> None:
    by_person: dict[int, list[Visitor]] = {}
    for visitor in sorted(
        (v for there in stands for v in there), key=lambda v: v.start
    ):
        by_person.setdefault(visitor.person, []).append(visitor)
    assert all(
        a.end + 20 < b.start for own in by_person.values() for a, b in pairwise(own)
    )
    assert all(
        [v.number for v in own] == list(range(1, len(own) + 1))
        for own in by_person.values()
    )


def test_people_wander_from_stand_to_stand(stands: list[list[Visitor]]) -> None:
    first, second = ({v.person for v in there} for there in stands[:2])
    assert len(first & second) > 0.05 * len(first)


def test_a_fifth_of_the_visits_are_returns_within_minutes(
    stands: list[list[Visitor]],
) -> None:
    shares = []
    for there in stands:
        ends: dict[int, float] = {}
        returns = 0
        for visitor in there:
            gap = visitor.start - ends.get(visitor.person, -np.inf)
            assert gap > 60
            returns += gap < 330
            ends[visitor.person] = visitor.end
        shares.append(returns / len(there))
    assert 0.17 < np.mean(shares) < 0.25


def test_in_the_scene_later_people_come_back_after_five_minutes_and_more() -> None:
    there = visits(make_timetable("later", seed=1), 0, 1, seconds=1200)
    ends: dict[int, float] = {}
    gaps = []
    for visitor in there:
        if visitor.person in ends:
            gaps.append(visitor.start - ends[visitor.person])
        ends[visitor.person] = visitor.end
    assert min(gaps) >= 300
    assert len(gaps) > 0.3 * len(there)


def test_people_come_again_on_the_next_day_and_the_first_day_stays_as_it_was() -> None:
    timetable = make_timetable(days=2, seconds=600, seed=5)
    before = timetable.at(0, 1, 300.0)
    first, second = (
        {v.person for v in visits(timetable, day, 1, 600)} for day in (0, 1)
    )
    assert 0.1 < len(first & second) / len(second) < 0.4
    assert timetable.at(0, 1, 300.0) == before == make_timetable(seed=5).at(0, 1, 300.0)


def test_groups_come_together_and_stand_together(stands: list[list[Visitor]]) -> None:
    pairs = [
        (a, b)
        for there in stands
        for a, b in pairwise(there)
        if b.start - a.start < 1.5
    ]
    near = [dist(a.spot, b.spot) < 1.0 for a, b in pairs if a.spot and b.spot]
    assert np.mean(near) > 0.3


def test_only_in_a_scene_with_children_some_are_as_low_as_children() -> None:
    timetable = make_timetable("families", seed=1)
    families = visits(timetable, 0, 1, seconds=300)
    children = [visit for visit in families if visit.child]
    assert 0.1 < len(children) / len(families) < 0.4
    assert all(0.95 <= child.height <= 1.25 for child in children)
    rush = visits(make_timetable("rush", seed=1), 0, 1, seconds=60)
    assert not any(visit.child for visit in rush)


def test_who_comes_together_is_one_party() -> None:
    timetable = make_timetable("families", seed=1)
    parties: dict[float, list[Visitor]] = {}
    for visit in visits(timetable, 0, 1, seconds=300):
        parties.setdefault(visit.party, []).append(visit)
    sizes = {len(party) for party in parties.values()}
    assert sizes == {1, 2, 3}
    for party in parties.values():
        starts = [visit.start for visit in party]
        # One after the other, at most 0.7 s apart.
        assert max(starts) - min(starts) <= 1.4
