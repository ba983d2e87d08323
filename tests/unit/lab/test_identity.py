"""Shapes, their groups, and who they are of."""

from __future__ import annotations

import numpy as np
import pytest

from tests.face_video_builders import make_face_video
from vitrine.errors import ConfigurationError
from vitrine.lab.faces.clusters import MOST_GROUPS, cluster, purity
from vitrine.lab.faces.identity import (
    KINDS,
    Findings,
    find_out,
    random_split,
    video_split,
)
from vitrine.lab.faces.report import in_words
from vitrine.lab.faces.shapes import (
    Shapes,
    centred,
    describe,
    normalised,
    shapes_of,
    with_two_videos,
)
from vitrine.vision.pose import mean_shape, rotation

PEOPLE = ("Ann_Lee", "Bo_Day", "Cy_Ray", "Di_Fox")


def make_shapes(of_person: float, of_video: float, frames: int = 12) -> Shapes:
    videos = []
    for person in PEOPLE:
        for number in range(3):
            video = make_face_video(
                person,
                number,
                frames=frames,
                of_person=of_person,
                of_video=of_video,
            )
            videos.append(video)
    return shapes_of(videos)


def found_in(shapes: Shapes) -> Findings:
    steps: list[str] = []
    found = find_out(shapes, steps.append)
    assert len(steps) == 2 * len(KINDS)
    return found


def test_a_shape_has_no_place_and_no_size() -> None:
    points = make_face_video(frames=2).points
    moved = 3 * points + np.array([100, -20])
    np.testing.assert_allclose(normalised(moved), normalised(points), atol=1e-9)
    np.testing.assert_allclose(centred(points).mean(axis=1), 0, atol=1e-9)
    squared = (normalised(points) ** 2).sum(axis=2).mean(axis=1)
    np.testing.assert_allclose(squared, 1)


@pytest.mark.parametrize(
    ("pose", "words"),
    [
        ((0, 0, 0), "frontal"),
        ((25, 0, 0), "turned to the right"),
        ((-25, 0, 0), "turned to the left"),
        ((0, 20, 0), "looking up"),
        ((0, 0, 15), "tilted clockwise"),
    ],
)
def test_the_pose_of_a_shape_in_words(
    pose: tuple[float, float, float], words: str
) -> None:
    usual = normalised(mean_shape()[:, :2])
    turned = mean_shape() @ rotation(*pose).T
    assert describe(normalised(turned[:, :2]), usual).text == words


def test_an_open_mouth_is_told() -> None:
    usual = mean_shape()[:, :2]
    opened = usual.copy()
    opened[[65, 66, 67], 1] += 0.2
    text = describe(normalised(opened), normalised(usual)).text
    assert "mouth open" in text


def test_frames_of_a_long_video_are_chosen_evenly() -> None:
    shapes = shapes_of([make_face_video(frames=300)])
    assert len(shapes) == 120
    assert shapes.frame[0] == 0
    assert shapes.frame[-1] == 299
    assert np.diff(shapes.frame).max() <= 3


def test_people_with_one_video_are_left_out() -> None:
    videos = [
        make_face_video("Ann_Lee", 0),
        make_face_video("Ann_Lee", 1),
        make_face_video("Bo_Day", 0),
    ]
    with pytest.raises(ConfigurationError, match="1 people have two videos"):
        with_two_videos(shapes_of(videos))
    more = [*videos, make_face_video("Cy_Ray", 0), make_face_video("Cy_Ray", 1)]
    assert with_two_videos(shapes_of(more)).people == ["Ann_Lee", "Cy_Ray"]


def test_no_frame_of_a_left_out_video_is_trained_on() -> None:
    shapes = make_shapes(1, 1)
    tested = video_split(shapes)
    assert set(shapes.video[tested].tolist()) == {f"{person}_2" for person in PEOPLE}
    assert not set(shapes.video[tested]) & set(shapes.video[~tested])
    at_random = random_split(shapes)
    assert set(shapes.video[at_random]) <= set(shapes.video[~at_random])


def test_what_differs_from_video_to_video_flatters_a_random_split_only() -> None:
    found = found_in(make_shapes(of_person=0.1, of_video=3))
    nearest = next(s for s in found.scores if s.kind.name == "nearest neighbour")
    assert nearest.random > 0.95
    assert nearest.apart < 0.6
    assert found.neighbours.same_video > 0.95
    assert found.neighbours.distance_apart > 2 * found.neighbours.distance_random
    sentences = in_words(found)
    assert "in the same video" in sentences[1]
    assert "does not hold" in sentences[2]


def test_people_whose_shapes_differ_are_known_in_left_out_videos_too() -> None:
    found = found_in(make_shapes(of_person=3, of_video=0.2))
    nearest = next(s for s in found.scores if s.kind.name == "nearest neighbour")
    assert nearest.apart > 0.95
    assert found.people[0].found == 1
    assert found.people[0].taken_share == 0
    assert "both tests agree" in in_words(found)[2]


def test_somebody_who_is_confused_is_named_with_whom() -> None:
    shapes = make_shapes(of_person=3, of_video=0.1)
    # In the last video Ann has the shape of Bo.
    hers = shapes.video == "Ann_Lee_2"
    his = shapes.video == "Bo_Day_2"
    shapes.flat[hers] = shapes.flat[his]
    worst = found_in(shapes).people[-1]
    assert (worst.person, worst.found) == ("Ann_Lee", 0)
    assert (worst.taken_for, worst.taken_share) == ("Bo_Day", 1)


def test_groups_are_pure_where_each_is_one_person() -> None:
    people = np.array(["a", "a", "b", "b", "b"])
    assert purity(np.array([0, 0, 1, 1, 1]), people) == 1
    assert purity(np.array([0, 0, 0, 0, 0]), people) == 0.6


def test_people_who_differ_most_become_groups() -> None:
    steps: list[None] = []
    found = cluster(make_shapes(3, 0.1), lambda: steps.append(None))
    assert len(steps) == MOST_GROUPS + 2
    assert found.purity == 1
    assert found.chance < 0.7
    # Each group holds the three videos of a person.
    assert found.video_purity == pytest.approx(1 / 3)
    distances = [distance for _, distance in found.elbow]
    assert distances == sorted(distances, reverse=True)
    assert sum(group.share for group in found.groups) == pytest.approx(1)
