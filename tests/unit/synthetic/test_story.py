from itertools import islice, pairwise

import numpy as np
import pytest

from vitrine.synthetic.story import Visit, visits


@pytest.fixture(scope="module", params=range(3))
def stays(request: pytest.FixtureRequest) -> list[Visit]:
    return list(islice(visits(seed=request.param, person=1, people=4), 12))


def test_visits_follow_each_other(stays: list[Visit]) -> None:
    assert [v.number for v in stays] == list(range(1, 13))
    assert all(a.end + 5 <= b.start for a, b in pairwise(stays))


def test_a_visitor_stands_for_3_to_25_seconds(stays: list[Visit]) -> None:
    assert all(3 <= v.leaving - v.arrived <= 25 for v in stays)


def test_a_visitor_comes_from_outside_and_leaves_the_picture(
    stays: list[Visit],
) -> None:
    for visit in stays:
        for place in (visit.place(visit.start), visit.place(visit.end)):
            assert abs(place.x - 0.5) >= 0.5 + 0.9 * place.face / 2
        assert 0 < visit.spot.x < 1


def test_heads_move_smoothly(stays: list[Visit]) -> None:
    for visit in stays:
        times = np.arange(visit.start, visit.end, 1 / 60)
        poses = np.array([(p.yaw, p.pitch, p.roll) for p in map(visit.pose, times)])
        places = np.array([(p.x, p.y, p.face) for p in map(visit.place, times)])
        assert (
            np.abs(np.diff(poses, axis=0)).max() < 10
        )  # degrees in a 60th of a second
        assert np.abs(np.diff(places, axis=0)).max() < 0.03


def test_expressions_rise_and_end_while_the_visitor_stands(stays: list[Visit]) -> None:
    strongest = 0.0
    for visit in stays:
        strengths = [
            max(visit.expression(t)) for t in np.arange(visit.start, visit.end, 0.05)
        ]
        assert strengths[0] == strengths[-1] == 0
        strongest = max(strongest, *strengths)
    assert 0.5 < strongest <= 1
