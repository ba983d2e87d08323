from dataclasses import replace

import numpy as np
import pytest

from vitrine.synthetic.head import Head, draw_head, draw_skull, project
from vitrine.synthetic.mesh import Mesh, head_mesh, triangles_under
from vitrine.synthetic.people import draw_person, draw_view, load_basis
from vitrine.vision.pose import HeadPose, head_pose
from vitrine.vision.shape import EYE_LEFT, EYE_RIGHT

SIZE = 640, 360


def make_mesh() -> Mesh:
    return head_mesh(load_basis().mean_shape)


def make_head(yaw: float = 0, pitch: float = 0, roll: float = 0) -> Head:
    basis, mesh = load_basis(), make_mesh()
    view = draw_view(basis, np.zeros(len(basis.between), np.float32), np.random.default_rng(1))
    view = replace(view, shape=basis.mean_shape)
    used = triangles_under(mesh, view.textures[0][..., 3])
    return Head(view, used, HeadPose(yaw, pitch, roll), (320.0, 180.0), eye_distance=40)


def landmarks(head: Head) -> np.ndarray:
    return project(head, make_mesh(), 640.0)[0][:68]


def test_a_head_that_looks_into_the_camera_has_its_eyes_level_and_at_the_distance_asked_for() -> None:
    points = landmarks(make_head())
    left, right = points[EYE_LEFT].mean(axis=0), points[EYE_RIGHT].mean(axis=0)
    assert right - left == pytest.approx((40, 0), rel=0.1, abs=0.1)


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"),
    [(0, 0, 0), (30, 0, 0), (-30, 0, 0), (0, 15, 0), (0, -15, 0), (0, 0, 20), (20, 10, -10)],
)
def test_angles_have_the_meaning_of_the_head_pose(yaw: float, pitch: float, roll: float) -> None:
    found = head_pose(landmarks(make_head(yaw, pitch, roll)), *SIZE)
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((yaw, pitch, roll), abs=7)


def test_a_turned_head_keeps_its_landmarks_on_the_drawn_face() -> None:
    for yaw in (-40, 0, 40):
        layer, points = draw_head(make_head(yaw), make_mesh(), SIZE, 640.0)
        assert layer is not None
        assert layer.covers(points[17:]).mean() > 0.95


def test_the_skull_lies_behind_the_face_of_a_frontal_head_and_shows_beside_a_turned_one() -> None:
    hidden = []
    for yaw in (0, 60):
        head = make_head(yaw)
        face, _ = draw_head(head, make_mesh(), SIZE, 640.0)
        skull = draw_skull(head, SIZE)
        assert face is not None
        assert skull is not None
        rows, columns = np.nonzero(skull.pixels[..., 3] > 200)
        hidden.append(face.covers(np.stack([columns + skull.x, rows + skull.y], axis=1)).mean())
    frontal, turned = hidden
    assert frontal > 0.99
    assert turned < 0.9


def test_a_head_outside_the_picture_is_not_drawn() -> None:
    head = replace(make_head(), pivot=(-200.0, 100.0))
    assert draw_head(head, make_mesh(), SIZE, 640.0)[0] is None
    assert draw_skull(head, SIZE) is None


def test_a_smile_widens_the_mouth_and_an_open_mouth_parts_the_lips() -> None:
    calm, smiling, opened = (
        landmarks(replace(make_head(), smile=s, open_mouth=o)) for s, o in ((0, 0), (1, 0), (0, 1))
    )
    assert smiling[54, 0] - smiling[48, 0] > 1.08 * (calm[54, 0] - calm[48, 0])
    assert opened[66, 1] - opened[62, 1] > 1.5 * (calm[66, 1] - calm[62, 1])


def test_views_of_a_person_are_more_alike_than_different_people() -> None:
    basis = load_basis()
    people = [draw_person(basis, np.random.default_rng(seed)) for seed in range(6)]
    faces = np.array(
        [
            [
                draw_view(basis, p, np.random.default_rng(100 * i + k))
                .textures[0][70:130, 40:90, :3]
                .mean(axis=2)
                for k in (1, 2)
            ]
            for i, p in enumerate(people)
        ]
    ).reshape(12, -1)
    faces -= faces.mean(axis=1, keepdims=True)
    distance = np.linalg.norm(faces[:, None] - faces[None], axis=-1) + 1e9 * np.eye(12)
    assert np.mean(distance.argmin(axis=1) // 2 == np.arange(12) // 2) > 0.8
