import json
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng
from numpy.testing import assert_allclose

from tests.builders import face_points
from training.datasets.faces import LabelledFace
from training.once.mean_shape import fit_mean_shape, write_mean_shape
from vitrine.vision.pose import angles, mean_shape
from vitrine.vision.shape import MIRROR


def turned_faces(count: int, pitch: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """2D shapes of one head under random turns, with their yaw, pitch and roll."""
    rng = default_rng(3)
    turns = rng.normal((0, pitch, 0), (25, 10, 10), (count, 3))
    turns[:, 1] += pitch - np.median(turns[np.abs(turns[:, 0]) < 15, 1])
    shapes = [
        face_points(*turn, x=x, eyes=eyes)
        for turn, x, eyes in zip(turns, *rng.uniform(30, 90, (2, count)), strict=True)
    ]
    return np.stack(shapes), turns


def test_the_head_behind_the_shapes_is_found_with_its_turns() -> None:
    shapes, turns = turned_faces(120)
    shape, poses = fit_mean_shape(shapes, rounds=150)
    assert_allclose(shape, mean_shape(), atol=0.02)
    found = np.array([(p.yaw, p.pitch, p.roll) for p in map(angles, poses.rotation)])
    assert_allclose(found, turns, atol=1.5)


def test_the_shape_is_symmetric_and_level_even_when_all_look_up() -> None:
    shapes, _ = turned_faces(60, pitch=12)
    shape, poses = fit_mean_shape(shapes, rounds=100)
    assert_allclose(shape, shape[MIRROR] * (-1, 1, 1), atol=1e-9)
    frontal = [p.pitch for p in map(angles, poses.rotation) if abs(p.yaw) < 15]
    assert np.median(frontal) == pytest.approx(0, abs=0.1)


def test_the_file_holds_68_points(tmp_path: Path) -> None:
    shapes, _ = turned_faces(20)
    faces = [
        LabelledFace("a.jpg", "training", "a", shape.astype(np.float32), b"")
        for shape in shapes
    ]
    assert "rigid 0.000, jaw 0.000" in write_mean_shape(faces, tmp_path / "shape.json")
    assert np.shape(json.loads((tmp_path / "shape.json").read_text())["points"]) == (
        68,
        3,
    )
