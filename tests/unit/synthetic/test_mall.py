import json
from itertools import pairwise

import numpy as np
import pytest

from vitrine.synthetic import FrameTruth, PersonTruth, SyntheticMall
from vitrine.synthetic.truth import in_zone
from vitrine.vision.pose import HeadPose
from vitrine.vision.shape import CHIN

STRAIGHT = HeadPose(0.0, 0.0, 0.0)


WIDTH = 320
HEIGHT = 180
FPS = 10


def mall(query: str = "") -> SyntheticMall:
    return SyntheticMall.from_uri(f"synthetic:{query}", WIDTH, HEIGHT, FPS)


def one_minute(query: str) -> list[tuple[PersonTruth, ...]]:
    source = mall(query)
    return [source.frame(n)[1].people for n in range(0, 600, 5)]


@pytest.fixture(scope="module")
def default_minutes() -> list[tuple[PersonTruth, ...]]:
    return [people for seed in (0, 1) for people in one_minute(f"?seed={seed}")]


def test_a_frame_is_a_function_of_options_and_number() -> None:
    forwards = mall("?seed=3")
    other = mall("?seed=3")
    frames = [forwards.frame(n) for n in (40, 300)]
    picture, truth = other.frame(300)
    assert np.array_equal(picture, frames[1][0])
    assert truth.to_dict() == frames[1][1].to_dict()
    assert np.array_equal(other.frame(40)[0], frames[0][0])


def test_another_seed_is_another_shop_with_other_people() -> None:
    picture, truth = mall("?seed=3").frame(40)
    other_picture, other_truth = mall("?seed=4").frame(40)
    assert np.abs(picture.astype(int) - other_picture).mean() > 10
    assert truth.to_dict() != other_truth.to_dict()


def test_a_frame_has_the_size_asked_for() -> None:
    picture, _ = mall().frame(0)
    assert picture.shape == (180, 320, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize(
    ("query", "frames"),
    [
        ("", None),
        ("?", None),
        ("?seconds=60", 600),
        ("?scene=quiet&seconds=60&days=3", 1800),
    ],
)
def test_length(query: str, frames: int | None) -> None:
    assert mall(query).frames == frames


def test_capture_time_jumps_to_the_next_day_after_the_seconds_of_one() -> None:
    source = mall("?scene=quiet&seconds=0.25&days=2")
    day_ns = 24 * 3600 * 10**9
    assert [source.at_ns(n) for n in range(6)] == [
        0, 100_000_000, 200_000_000, day_ns, day_ns + 100_000_000, day_ns + 200_000_000,
    ]  # fmt: skip


def test_the_default_scene_is_lively_and_mostly_attentive(
    default_minutes: list[tuple[PersonTruth, ...]],
) -> None:
    visible = [[p for p in people if p.visible] for people in default_minutes]
    assert np.mean([1 <= len(people) <= 3 for people in visible]) > 0.8
    assert np.mean([p.attending for people in visible for p in people]) > 0.55
    assert max(p.expression for people in visible for p in people) > 0.5


def test_people_come_back(default_minutes: list[tuple[PersonTruth, ...]]) -> None:
    assert {(p.person, p.visit) for people in default_minutes for p in people} >= {
        ("p1", 1),
        ("p1", 2),
    }


def test_a_frame_is_empty_where_the_truth_knows_nobody() -> None:
    source = mall("?scene=quiet&seed=1")
    told = []
    true = []
    for number in range(0, 900, 30):
        told.append(source.is_empty(number))
        _, truth = source.frame(number)
        true.append(not truth.people)
    assert told == true
    assert set(told) == {True, False}


def test_people_stand_in_order_from_far_to_near() -> None:
    for people in one_minute("?people=8"):
        heights = []
        for person in people:
            rows = person.points[:, 1]
            if abs(person.yaw) < 10:
                heights.append(rows[CHIN] - rows[27])
        for farther, nearer in pairwise(heights):
            assert farther < 1.5 * nearer


def test_a_face_outside_the_picture_or_behind_another_is_not_visible() -> None:
    outside = 0
    covered = 0
    for people in one_minute("?people=8"):
        nearest = people[-1]
        for person in people:
            if person.visible:
                continue
            if beside(person):
                outside += 1
            elif person.present:
                covered += 1
                assert person is not nearest
    assert outside
    assert covered


def beside(person: PersonTruth) -> bool:
    """Tell if all of a face lies to a side of the picture."""
    columns = person.points[:, 0]
    return bool(columns.max() < 0 or columns.min() > WIDTH - 1)


def test_faces_are_where_the_truth_says() -> None:
    source = mall("?people=1")
    empty = mall("?people=1")
    frames = [source.frame(n) for n in range(0, 150, 10)]
    background = empty.frame(0)[0].astype(int)
    seen = [
        (picture, p) for picture, truth in frames for p in truth.people if p.visible
    ]
    assert seen
    for picture, person in seen:
        x, y = person.points[17:].mean(axis=0).astype(int)
        patch = slice(max(y - 4, 0), y + 4), slice(max(x - 4, 0), x + 4)
        assert np.abs(picture[patch].astype(int) - background[patch]).mean() > 8


def make_truth(screen: HeadPose = STRAIGHT, height: float = 50) -> PersonTruth:
    columns = np.linspace(10, 50, 68)
    rows = np.linspace(20, 20 + height, 68)
    points = np.stack([columns, rows], axis=1)
    return PersonTruth(
        person="p1",
        visit=2,
        points=points.astype(np.float32),
        pose=HeadPose(30.0, 0.0, 1.234),
        screen=screen,
        visible=True,
        expression=0.25,
        smile=0.0,
        present=True,
    )


@pytest.mark.parametrize(
    ("yaw", "pitch", "attending"),
    [
        (0, 0, True),
        (25, -20, True),
        (-25, 20, True),
        (25.1, 0, False),
        (0, -20.1, False),
    ],
)
def test_attending_is_a_head_turned_to_the_screen(
    yaw: float, pitch: float, attending: bool
) -> None:
    assert make_truth(HeadPose(yaw, pitch, 0)).attending is attending


@pytest.mark.parametrize(
    ("height", "inside"), [(13.8, False), (13.9, True), (166.1, True), (166.2, False)]
)
def test_the_zone_is_by_the_height_of_the_box(height: float, inside: bool) -> None:
    assert in_zone(make_truth(height=height).points, 360) is inside


def test_truth_is_one_line_of_json() -> None:
    aside = make_truth(HeadPose(40, 5, 0))
    poster = (1.0, 2.0, 3.0, 4.006)
    frame = FrameTruth((aside,), static_faces=(poster,))
    truth = json.loads(json.dumps(frame.to_dict()))
    (person,) = truth["people"]
    assert truth["static_faces"] == [[1.0, 2.0, 3.0, 4.01]]
    assert len(person.pop("points")) == 68
    assert person == {
        "person": "p1",
        "visit": 2,
        "box": [10.0, 5.0, 40.0, 65.0],
        "yaw": 30,
        "pitch": 0.0,
        "roll": 1.23,
        "screen_yaw": 40,
        "screen_pitch": 5,
        "visible": True,
        "attending": False,
        "expression": 0.25,
        "smile": 0.0,
        "present": True,
    }
