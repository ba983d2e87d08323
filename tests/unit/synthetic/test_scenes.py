"""Look at the scenes as their cameras see them."""

from collections.abc import Iterable

import numpy as np
import pytest

from vitrine.synthetic import FrameTruth, PersonTruth, SyntheticMall
from vitrine.synthetic.world import TURNED_MOST

WIDTH = 320
HEIGHT = 180
MOMENTS = range(100, 700, 25)


def truths(query: str, numbers: Iterable[int] = MOMENTS) -> list[FrameTruth]:
    mall = SyntheticMall.from_uri(f"synthetic:{query}", WIDTH, HEIGHT, 10)
    return [mall.frame(n)[1] for n in numbers]


def everybody(frames: Iterable[FrameTruth]) -> list[PersonTruth]:
    return [person for frame in frames for person in frame.people]


def in_sight(frames: Iterable[FrameTruth]) -> list[PersonTruth]:
    return [p for p in everybody(frames) if p.visible and p.present]


@pytest.fixture(scope="module")
def rush() -> list[FrameTruth]:
    return truths("?scene=rush&seed=1")


@pytest.fixture(scope="module")
def rush_from_the_side() -> list[FrameTruth]:
    return truths("?scene=rush&seed=1&view=2")


def test_in_a_rush_there_are_up_to_eight_people_of_whom_more_than_a_tenth_is_covered(
    rush: list[FrameTruth], rush_from_the_side: list[FrameTruth]
) -> None:
    for frames in (rush, rush_from_the_side):
        present = [sum(person.present for person in frame.people) for frame in frames]
        assert max(present) >= 7
        assert np.mean(present) > 4
        covered = [not p.visible for p in everybody(frames) if p.present]
        assert np.mean(covered) >= 0.1


def test_faces_are_between_24_and_200_pixels_of_360_and_turned_up_to_60_degrees(
    rush: list[FrameTruth], rush_from_the_side: list[FrameTruth]
) -> None:
    for frames in (rush, rush_from_the_side):
        seen = in_sight(frames)
        heights = np.array([person.box[3] for person in seen]) * 360 / HEIGHT
        assert np.mean((heights >= 24) & (heights <= 200)) > 0.93
        assert heights.min() < 32
        assert heights.max() > 90
        turns = np.abs([person.yaw for person in seen])
        assert TURNED_MOST - 3 < turns.max() < 62


def test_two_views_show_the_same_people_at_the_same_time_and_agree_where_they_look(
    rush: list[FrameTruth], rush_from_the_side: list[FrameTruth]
) -> None:
    for one, other in zip(rush, rush_from_the_side, strict=True):
        ours, theirs = (
            {(p.person, p.visit): p for p in frame.people} for frame in (one, other)
        )
        assert ours.keys() == theirs.keys()
        assert all(
            person.attending == theirs[key].attending for key, person in ours.items()
        )


def test_from_the_side_a_look_at_the_screen_is_turned_to_the_left(
    rush: list[FrameTruth], rush_from_the_side: list[FrameTruth]
) -> None:
    for frames, expected in ((rush, 0), (rush_from_the_side, -17)):
        yaws = [p.yaw for p in everybody(frames) if p.attending and p.visible]
        assert np.median(yaws) == pytest.approx(expected, abs=5)


def test_two_stands_of_a_mall_look_different_and_have_other_people_at_a_time(
    rush: list[FrameTruth],
) -> None:
    second = truths("?scene=rush&seed=1&stand=2", [100, 125, 150])
    for one, other in zip(rush, second, strict=False):
        assert not {p.person for p in one.people} & {p.person for p in other.people}


def test_somebody_out_of_the_picture_or_far_behind_the_stand_is_not_present(
    rush: list[FrameTruth],
) -> None:
    outside = 0
    distant = 0
    for person in everybody(rush):
        if person.present:
            continue
        columns = person.points[:, 0]
        outside += columns.max() < 0 or columns.min() > WIDTH
        distant += person.visible and person.box[3] < 0.05 * HEIGHT
    assert outside
    assert distant


def test_posters_are_static_faces_and_nobody(rush: list[FrameTruth]) -> None:
    (frame,) = truths("?scene=posters&seed=1", [0])
    assert frame.people == ()
    assert len(frame.static_faces) >= 2
    assert all(truth.static_faces == () for truth in rush)


def test_in_reactions_everybody_stands_back_smiles_and_comes_closer() -> None:
    frames = truths("?scene=reactions&seed=71", range(0, 400, 5))
    first = everybody(frames)[0].person
    seen = [p for p in everybody(frames) if p.person == first and p.visible]
    smiles = [p for p in seen if p.smile > 1.25]
    heights = [p.box[3] for p in seen if p.attending]
    assert len(smiles) >= 4
    assert all(p.attending for p in smiles)
    assert max(heights) >= 1.4 * smiles[0].box[3]
    assert max(p.expression for p in seen) == 1.0
