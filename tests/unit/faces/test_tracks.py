"""Identities of faces over time."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from tests.builders import at
from tests.unit.landmarks.toy_vision import FIVE, SHAPE
from vitrine.faces.places import Place, match
from vitrine.faces.track import (
    Candidate,
    Observation,
    Track,
)
from vitrine.faces.tracks import CameraTracks
from vitrine.faces.views import Detected, Found
from vitrine.ids import track_id
from vitrine.vision.crop import Image, crop_at, crop_of_points
from vitrine.vision.detectors import Detections, Trust
from vitrine.vision.shape import Points

TRUST = Trust(start=0.6, sure=0.9)
FACE = (100, 100, 60)
"""Centre x, y and side of a face that the detector is sure of."""
DOUBTFUL = (*FACE, 0.7)


class Shown(NamedTuple):
    """A true face of a frame: centre and side in pixels, and how sure the detector is."""

    x: float
    y: float
    side: float
    score: float = 0.95

    @property
    def centre(self) -> tuple[float, float]:
        return self.x, self.y


def place(
    x: float,
    y: float,
    side: float,
) -> Place:
    return Place(np.array([x, y]), side)


def detections(faces: Sequence[Shown]) -> Detections:
    boxes = []
    scores = []
    five = []
    for face in faces:
        corner = (face.x - face.side / 2, face.y - face.side / 2)
        boxes.append([*corner, face.side, face.side])
        scores.append(face.score)
        five.append(np.array(face.centre) + FIVE * face.side)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(five, np.float32).reshape(-1, 5, 2),
    )


def points_at(
    x: float,
    y: float,
    side: float,
) -> Points:
    """Return the mean face (68, 2) there."""
    return np.array([x, y], np.float32) + SHAPE.astype(np.float32) * np.float32(side)


def observed(
    candidate: Candidate,
    points: Points,
    face_score: float,
) -> Observation:
    crop = crop_of_points(points)
    return Observation(
        candidate, points, crop, Place.of_crop(crop), face_score, quality=0.9
    )


def look(
    candidate: Candidate,
    faces: Sequence[Shown],
    face_score: float,
) -> Observation:
    """Return what the networks see: the nearest face, if one is where they look."""
    looked_at = Place.of_crop(candidate.crop)
    nearest = None
    shortest = looked_at.side
    for face in faces:
        distance = math.dist(looked_at.centre, face.centre)
        if distance < shortest:
            nearest = face
            shortest = distance
    if nearest is None:
        x, y = looked_at.centre
        points = points_at(x, y, looked_at.side)
        return observed(candidate, points, face_score=0.0)
    points = points_at(nearest.x, nearest.y, nearest.side)
    return observed(candidate, points, face_score)


def clothed(face: tuple[float, ...], shirt: tuple[int, int, int]) -> Image:
    """Draw somebody's shirt below a face (x, y, side) on a grey wall."""
    x, y, side = face
    image = np.full((360, 640, 3), 128, np.uint8)
    top = round(y + side / 2)
    left = max(round(x - side), 0)
    image[top : top + round(2 * side), left : round(x + side)] = shirt
    return image


class Scene:
    """Drive the tracks of one camera at 10 frames a second."""

    def __init__(self, detect_every: int = 3) -> None:
        self.tracks = CameraTracks("north-1", detect_every, TRUST)
        self.detect_every = detect_every
        self.number = 0
        self.since_detection = detect_every

    def see(
        self,
        *faces: tuple[float, ...],
        overlooked: bool = False,
        face_score: float = 1.0,
        image: Image | None = None,
    ) -> dict[str, float]:
        """Take the next frame with its true faces; return x by track.

        `overlooked`: the detector looks and finds none of them. `image` shows the clothes.
        """
        shown = [Shown(*face) for face in faces]
        now = at(self.number / 10)
        found = None
        if overlooked:
            found = Detections.none()
        elif not self.tracks.settled or self.since_detection >= self.detect_every:
            found = detections(shown)
            self.since_detection = 0
        self.since_detection += 1
        candidates = self.tracks.begin(now, found, image)
        observations = [look(c, shown, face_score) for c in candidates]
        self.number += 1
        centres = {}
        for face in self.tracks.finish(observations, image):
            centres[face.track.id] = float(face.view.points.mean(axis=0)[0])
        return centres


def test_pairs_have_the_greatest_evidence_together() -> None:
    assert match(np.array([[5.0, 4.0], [4.0, 0.5]])) == {0: 1, 1: 0}


def test_what_nothing_speaks_for_is_no_pair() -> None:
    assert match(np.array([[-np.inf, -0.1], [0.0, 2.0]])) == {1: 1}


def test_nothing_matches_where_there_is_nothing() -> None:
    assert match(np.empty((0, 1))) == {}
    assert match(np.empty((1, 0))) == {}


@pytest.mark.parametrize(
    ("found", "may_be"),
    [
        (place(60, 0, 100), True),
        (place(61, 0, 100), False),
        (place(0, 0, 220), True),
        (place(0, 0, 221), False),
    ],
)
def test_a_face_is_neither_far_away_nor_much_larger(found: Place, may_be: bool) -> None:
    assert place(0, 0, 100).may_be(found, reach=0.6) is may_be


def test_the_place_of_a_crop_is_its_centre_and_side() -> None:
    found = Place.of_crop(crop_at(np.array([30.0, 40.0]), 64.0, np.array([0.6, 0.8])))
    np.testing.assert_allclose([*found.centre, found.side], [30, 40, 64])


def test_ids_are_camera_first_capture_time_and_number() -> None:
    seen = Scene().see(FACE, (300, 100, 60))
    assert list(seen) == [track_id("north-1", at(0), 0), track_id("north-1", at(0), 1)]


def test_a_doubtful_face_is_shown_when_it_is_found_twice() -> None:
    scene = Scene()
    assert scene.see(DOUBTFUL) == {}
    assert list(scene.see(DOUBTFUL)) == [track_id("north-1", at(0), 0)]


def test_a_doubtful_face_that_is_found_once_is_never_shown() -> None:
    scene = Scene()
    assert scene.see(DOUBTFUL) == {}
    assert [scene.see() for _ in range(5)] == [{}] * 5


def test_a_weak_detection_begins_no_track_but_keeps_one() -> None:
    scene = Scene(detect_every=1)
    weak = (100, 100, 60, 0.5)
    assert [scene.see(weak) for _ in range(3)] == [{}] * 3
    scene.see(FACE)
    assert len(scene.see(weak, face_score=0.1)) == 1


def test_a_lost_face_is_looked_for_in_the_next_frame_and_keeps_its_id() -> None:
    scene = Scene(detect_every=10)
    (first,) = scene.see(FACE)
    assert scene.see() == {}
    assert not scene.tracks.settled
    assert list(scene.see((110, 100, 60))) == [first]


@pytest.mark.parametrize(("frames", "goes_on"), [(16, True), (20, False)])
def test_a_face_is_awaited_for_two_seconds(frames: int, goes_on: bool) -> None:
    scene = Scene()
    (first,) = scene.see(FACE)
    for _ in range(frames):
        assert scene.see() == {}
    for _ in range(3):
        seen = scene.see(FACE)
    assert len(seen) == 1
    assert (first in seen) is goes_on


def test_a_face_gone_for_a_second_is_not_looked_for_in_every_frame() -> None:
    scene = Scene()
    scene.see(FACE)
    for _ in range(12):
        scene.see()
    for _ in range(6):
        assert scene.tracks.settled
        scene.see()


def test_a_walker_who_was_hidden_is_found_where_they_walked_on_to() -> None:
    scene = Scene(detect_every=1)
    for n in range(4):
        (first,) = scene.see((100 + 30 * n, 100, 60))
    for _ in range(5):
        scene.see()
    assert list(scene.see((100 + 30 * 9, 100, 60))) == [first]


RED = (40, 40, 200)
GREEN = (60, 160, 60)


@pytest.mark.parametrize(("shirt", "goes_on"), [(RED, True), (GREEN, False)])
def test_who_appears_beside_a_lost_face_is_known_by_the_clothes(
    shirt: tuple[int, int, int], goes_on: bool
) -> None:
    scene = Scene(detect_every=1)
    for _ in range(4):
        (first,) = scene.see(FACE, image=clothed(FACE, RED))
    for _ in range(5):
        scene.see()
    beside = (225, 104, 66)
    seen = scene.see(beside, image=clothed(beside, shirt))
    assert (first in seen) is goes_on


def test_of_two_tracks_on_one_face_the_one_of_these_clothes_goes_on() -> None:
    scene = Scene(detect_every=1)
    behind, front = (100, 100, 60), (220, 100, 60)
    image = clothed(behind, RED) // 2 + clothed(front, GREEN) // 2
    for _ in range(4):
        first, second = scene.see(behind, front, image=image)
    one = (160, 100, 60)
    seen = scene.see(one, image=clothed(one, GREEN) // 2 + 64)
    assert list(seen) == [second]
    assert first not in seen


def test_a_followed_face_survives_being_overlooked_only_while_it_looks_like_one() -> (
    None
):
    scene = Scene()
    (first,) = scene.see(FACE)
    assert list(scene.see(FACE, overlooked=True, face_score=0.8)) == [first]
    assert scene.see(FACE, overlooked=True, face_score=0.4) == {}


def test_what_the_detector_never_finds_again_ends_after_three_seconds() -> None:
    scene = Scene()
    scene.see(FACE)
    shown = []
    for _ in range(35):
        seen = scene.see(FACE, overlooked=True, face_score=0.9)
        shown.append(len(seen))
    assert shown == [1] * 29 + [0] * 6


def test_people_who_cross_keep_their_ids() -> None:
    scene = Scene()
    left, right = scene.see(FACE, (300, 100, 90))
    for n in range(1, 21):
        seen = scene.see((100 + 10 * n, 100, 60), (300 - 10 * n, 160, 90))
    assert seen[left] == pytest.approx(300, abs=1)
    assert seen[right] == pytest.approx(100, abs=1)


def test_somebody_who_walks_past_is_one_track() -> None:
    scene = Scene()
    seen = [list(scene.see((20 + 38 * n, 100, 40))) for n in range(15)]
    assert len(seen[0]) == 1
    assert seen == [seen[0]] * 15


def test_a_new_face_takes_the_nearer_detection() -> None:
    scene = Scene()
    (first,) = scene.see(FACE)
    seen = scene.see((110, 100, 60), (60, 100, 60))
    assert seen[first] == pytest.approx(110, abs=1)


def test_a_face_that_was_followed_does_not_jump() -> None:
    scene = Scene(detect_every=1)
    (first,) = scene.see(FACE)
    scene.see(FACE)
    assert first not in scene.see((200, 100, 60))


def test_of_two_new_tracks_on_one_face_one_remains() -> None:
    scene = Scene(detect_every=10)
    scene.see(FACE, (180, 100, 60))
    scene.see(FACE, (170, 100, 60))
    assert len(scene.see((140, 100, 60))) == 1


def test_who_walks_past_in_front_covers_and_takes_nothing() -> None:
    scene = Scene(detect_every=1)
    standing = (300, 100, 40)
    seen = []
    for n in range(22):
        walking = (60 + 22 * n, 98, 46)
        covered = abs(walking[0] - 300) < 38
        faces = [walking] if covered else [standing, walking]
        seen.append(scene.see(*faces))
    stays, walks = seen[0]
    for frame in seen:
        assert set(frame) <= {stays, walks}
    path = [frame[walks] for frame in seen[3:]]
    assert path == pytest.approx([60 + 22 * n for n in range(3, 22)], abs=2)
    assert sum(stays not in frame for frame in seen) >= 3
    assert seen[-1][stays] == pytest.approx(300, abs=1)


def test_who_walks_past_behind_is_found_again_on_the_other_side() -> None:
    scene = Scene(detect_every=1)
    standing = (300, 100, 60)
    seen = []
    for n in range(28):
        walking = (60 + 16 * n, 100, 40)
        hidden = abs(walking[0] - 300) < 40
        faces = [standing] if hidden else [standing, walking]
        seen.append(scene.see(*faces))
    stays, walks = seen[0]
    assert [frame[stays] for frame in seen] == pytest.approx([300] * 28, abs=1)
    assert sum(walks not in frame for frame in seen) >= 3
    assert seen[-1][walks] == pytest.approx(60 + 16 * 27, abs=2)


def seen_once() -> tuple[Track, Points]:
    """Return a track that was detected and seen once, and its points."""
    points = points_at(100, 100, 60)
    box = np.array([70, 60, 60, 80], np.float32)
    found = Found(box, 0.9, crop_of_points(points), Place.of_box(box))
    track = Track("a", Detected(at(0), 0.9))
    sighting = track.see(observed(track.begin(found), points, 1.0))
    assert sighting is not None
    sighting.accept()
    return track, points


def test_a_detected_face_keeps_the_detectors_box() -> None:
    track, _ = seen_once()
    np.testing.assert_allclose(track.last_view.box, [70, 60, 60, 80])


def test_box_and_crop_go_along_with_the_face() -> None:
    track, points = seen_once()
    nearer = (points - 100) * 2 + np.array([110, 120], np.float32)
    sighting = track.see(observed(track.predict(at(0.1)), nearer, 1.0))
    assert sighting is not None
    sighting.accept()
    view = track.last_view
    np.testing.assert_allclose(view.box, [50, 40, 120, 160], atol=1e-3)
    moved = nearer.mean(axis=0) - points.mean(axis=0)
    np.testing.assert_allclose(view.velocity, moved / 0.1, rtol=1e-4)
    next_crop = track.predict(at(0.2)).crop
    np.testing.assert_allclose(
        next_crop,
        crop_of_points(nearer + moved),
        atol=1e-4,
    )


def test_a_rejected_view_leaves_no_trace_but_that_the_face_is_hidden() -> None:
    track, points = seen_once()
    before = track.last_view
    sighting = track.see(observed(track.predict(at(0.1)), points + 40, 1.0))
    assert sighting is not None
    sighting.reject()
    assert track.last_view is before
    assert not track.visible


def test_a_track_that_was_not_seen_cannot_be_predicted() -> None:
    with pytest.raises(ValueError, match="not seen yet"):
        Track("a", Detected(at(0), 0.9)).predict(at(0.1))
