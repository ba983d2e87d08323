"""Which face is which, over time."""

import numpy as np
import pytest

from tests.builders import at
from tests.unit.landmarks.toy_vision import SHAPE
from vitrine.faces.places import Place, match
from vitrine.faces.tracks import CameraTracks, Track
from vitrine.ids import track_id
from vitrine.vision.crop import crop_at, crop_of_points
from vitrine.vision.detectors import Detections, Trust

TRUST = Trust(start=0.6, sure=0.9)


def place(x: float, y: float, side: float) -> Place:
    return Place(np.array([x, y]), side)


def detections(*faces: tuple[float, float, float, float]) -> Detections:
    """Faces as centre x, y, side, score."""
    boxes = [[x - side / 2, y - side / 2, side, side] for x, y, side, _ in faces]
    five = [
        [[x + side * dx, y + side * dy] for dx, dy in FIVE] for x, y, side, _ in faces
    ]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([score for *_, score in faces], np.float32),
        np.array(five, np.float32).reshape(-1, 5, 2),
    )


FIVE = ((-0.22, -0.2), (0.22, -0.2), (0, 0.05), (-0.16, 0.25), (0.16, 0.25))


class Scene:
    """Drives the tracks of one camera at 10 frames a second."""

    def __init__(self, detect_every: int = 3) -> None:
        self.tracks = CameraTracks("north-1", detect_every, TRUST)
        self.number = 0

    def see(
        self,
        *faces: tuple[float, float, float, float],
        found: bool | None = None,
        face_score: float = 1.0,
    ) -> dict[str, float]:
        """The next frame, its true faces; returns x by track. `found=False`: the detector overlooks them."""
        now = at(self.number / 10)
        looked = self.tracks.due() if found is None else True
        seen = detections(*faces) if found is not False else Detections.none()
        for track in self.tracks.begin(now, seen if looked else None):
            middle = Place.of_crop(track.crop)
            nearest = min(
                faces,
                key=lambda f: float(np.hypot(*(middle.centre - f[:2]))),
                default=None,
            )
            there = (
                nearest is not None
                and np.hypot(*(middle.centre - nearest[:2])) < middle.side
            )
            x, y, side, _ = (
                nearest if nearest and there else (*middle.centre, middle.side, 0.0)
            )
            points = np.array([x, y], np.float32) + SHAPE.astype(np.float32) * side
            track.observe(
                points, crop_of_points(points), face_score if there else 0.0, now
            )
        self.number += 1
        return {
            track.id: float(track.points.mean(axis=0)[0])
            for track in self.tracks.finish()
        }


def test_places_are_matched_to_the_least_total_distance() -> None:
    expected = [place(0, 0, 100), place(50, 0, 100)]
    assert match(expected, [place(45, 0, 100), place(5, 0, 100)]) == [(0, 1), (1, 0)]


def test_far_or_much_larger_places_are_no_match() -> None:
    assert match([place(0, 0, 100)], [place(70, 0, 100)]) == []
    assert match([place(0, 0, 100)], [place(0, 0, 190)]) == []
    assert match([], [place(0, 0, 1)]) == match([place(0, 0, 1)], []) == []


def test_the_place_of_a_crop_is_its_centre_and_side() -> None:
    found = Place.of_crop(crop_at(np.array([30.0, 40.0]), 64.0, np.array([0.6, 0.8])))
    np.testing.assert_allclose([*found.centre, found.side], [30, 40, 64])


def test_ids_are_camera_first_capture_time_and_number() -> None:
    seen = Scene().see((100, 100, 60, 0.95), (300, 100, 60, 0.95))
    assert list(seen) == [track_id("north-1", at(0), 0), track_id("north-1", at(0), 1)]


def test_a_doubtful_face_is_shown_when_it_is_found_twice() -> None:
    scene = Scene()
    assert scene.see((100, 100, 60, 0.7)) == {}
    assert list(scene.see((100, 100, 60, 0.7))) == [track_id("north-1", at(0), 0)]


def test_a_doubtful_face_that_is_found_once_is_never_shown() -> None:
    scene = Scene()
    assert scene.see((100, 100, 60, 0.7)) == {}
    assert [scene.see() for _ in range(5)] == [{}] * 5


def test_a_weak_detection_begins_no_track_but_keeps_one() -> None:
    scene = Scene(detect_every=1)
    assert [scene.see((100, 100, 60, 0.5)) for _ in range(3)] == [{}] * 3
    scene.see((100, 100, 60, 0.95))
    assert len(scene.see((100, 100, 60, 0.5), face_score=0.1)) == 1


def test_the_detector_is_asked_every_third_frame_while_all_is_well() -> None:
    scene = Scene()
    asked = []
    for n in range(7):
        asked.append(scene.tracks.due())
        scene.see((100 + 2 * n, 100, 60, 0.95))
    assert asked == [True, True, False, False, True, False, False]


def test_a_lost_face_is_looked_for_in_the_next_frame_and_keeps_its_id() -> None:
    scene = Scene(detect_every=10)
    (first,) = scene.see((100, 100, 60, 0.95))
    assert scene.see() == {}
    assert scene.tracks.due()
    assert list(scene.see((110, 100, 60, 0.95))) == [first]


def test_a_face_gone_for_a_second_comes_back_as_another_track() -> None:
    scene = Scene()
    (first,) = scene.see((100, 100, 60, 0.95))
    for _ in range(10):
        assert scene.see() == {}
    seen = [name for _ in range(3) for name in scene.see((100, 100, 60, 0.95))]
    assert seen
    assert first not in seen


def test_a_followed_face_survives_being_overlooked_only_while_it_looks_like_one() -> (
    None
):
    scene = Scene()
    (first,) = scene.see((100, 100, 60, 0.95))
    assert list(scene.see((100, 100, 60, 0.95), found=False, face_score=0.8)) == [first]
    assert scene.see((100, 100, 60, 0.95), found=False, face_score=0.4) == {}


def test_what_the_detector_never_finds_again_ends_after_three_seconds() -> None:
    scene = Scene()
    scene.see((100, 100, 60, 0.95))
    shown = [
        len(scene.see((100, 100, 60, 0.95), found=False, face_score=0.9))
        for _ in range(35)
    ]
    assert shown == [1] * 29 + [0] * 6


def test_people_who_cross_keep_their_ids() -> None:
    scene = Scene()
    left, right = scene.see((100, 100, 60, 0.95), (300, 100, 90, 0.95))
    for n in range(1, 21):
        seen = scene.see(
            (100 + 10 * n, 100, 60, 0.95), (300 - 10 * n, 100 + 60, 90, 0.95)
        )
    assert seen[left] == pytest.approx(300, abs=1)
    assert seen[right] == pytest.approx(100, abs=1)


def test_somebody_who_walks_past_is_one_track() -> None:
    scene = Scene()
    seen = [list(scene.see((20 + 38 * n, 100, 40, 0.95))) for n in range(15)]
    assert seen == [seen[0]] * 15


def test_a_new_face_takes_the_nearer_detection() -> None:
    scene = Scene()
    (first,) = scene.see((100, 100, 60, 0.95))
    seen = scene.see((110, 100, 60, 0.95), (60, 100, 60, 0.95))
    assert seen[first] == pytest.approx(110, abs=1)


def test_a_face_that_was_followed_does_not_jump() -> None:
    scene = Scene(detect_every=1)
    (first,) = scene.see((100, 100, 60, 0.95))
    scene.see((100, 100, 60, 0.95))
    assert first not in scene.see((155, 100, 60, 0.95))


def test_of_two_new_tracks_on_one_face_one_remains() -> None:
    scene = Scene(detect_every=10)
    scene.see((100, 100, 60, 0.95), (180, 100, 60, 0.95))
    scene.see((100, 100, 60, 0.95), (170, 100, 60, 0.95))
    assert len(scene.see((140, 100, 60, 0.95))) == 1


def test_who_walks_past_in_front_covers_and_takes_nothing() -> None:
    scene = Scene(detect_every=1)
    standing = (300, 100, 40, 0.95)

    def step(number: int) -> dict[str, float]:
        x = 60 + 22 * number
        walking = (x, 98, 46, 0.95)
        return scene.see(walking) if abs(x - 300) < 38 else scene.see(standing, walking)

    seen = [step(number) for number in range(22)]
    stays, walks = seen[0]
    assert all(set(frame) <= {stays, walks} for frame in seen)
    assert [frame[walks] for frame in seen[3:]] == pytest.approx(
        [60 + 22 * n for n in range(3, 22)], abs=2
    )
    assert sum(stays not in frame for frame in seen) >= 3
    assert seen[-1][stays] == pytest.approx(300, abs=1)


def test_who_walks_past_behind_is_found_again_on_the_other_side() -> None:
    scene = Scene(detect_every=1)
    standing = (300, 100, 60, 0.95)

    def step(number: int) -> dict[str, float]:
        x = 60 + 16 * number
        return (
            scene.see(standing)
            if abs(x - 300) < 40
            else scene.see(standing, (x, 100, 40, 0.95))
        )

    seen = [step(number) for number in range(28)]
    stays, walks = seen[0]
    assert all(frame[stays] == pytest.approx(300, abs=1) for frame in seen)
    assert sum(walks not in frame for frame in seen) >= 3
    assert seen[-1][walks] == pytest.approx(60 + 16 * 27, abs=2)


def test_the_box_is_the_detectors_and_goes_along_with_the_face() -> None:
    track = Track(
        "a", np.array([70, 60, 60, 80], np.float32), np.zeros((2, 3)), 0.9, at(0)
    )
    points = np.array([100, 100], np.float32) + SHAPE.astype(np.float32) * 60
    track.observe(points, crop_of_points(points), 1.0, at(0))
    np.testing.assert_allclose(track.box, [70, 60, 60, 80])
    nearer = (points - 100) * 2 + np.array([110, 120], np.float32)
    track.observe(nearer, crop_of_points(nearer), 1.0, at(0.1))
    moved = nearer.mean(axis=0) - points.mean(axis=0)
    np.testing.assert_allclose(track.box, [50, 40, 120, 160], atol=1e-3)
    np.testing.assert_allclose(track.velocity, moved / 0.1, rtol=1e-4)
    track.predict(at(0.2))
    np.testing.assert_allclose(track.crop, crop_of_points(nearer + moved), atol=1e-4)
