from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from training.once.commands import synthetic_faces
from training.once.components import covariance_factors, pca, quantised
from training.once.shapes import level, mirrored, to_texture_frame, transformed
from training.once.textures import packed, with_alpha
from vitrine.synthetic.mesh import HEIGHT, WIDTH, head_depth, rings
from vitrine.synthetic.people import load_basis

RNG = np.random.default_rng(0)


def test_components_span_the_samples_and_weights_have_unit_variance() -> None:
    samples = (RNG.normal(size=(50, 3)) @ RNG.normal(size=(3, 40)) + 5).astype(
        np.float32
    )
    found = pca(samples, 3)
    assert found.mean + found.weights @ found.components == pytest.approx(
        samples, abs=1e-3
    )
    assert found.weights.var(axis=0) == pytest.approx(np.ones(3), abs=1e-3)


def test_the_similarity_of_a_moved_shape_brings_it_back() -> None:
    shape = load_basis().mean_shape
    turn = np.array([[0.8, -0.6], [0.6, 0.8]], np.float32) * 2.5
    moved = (shape @ turn.T + (30, -12)).astype(np.float32)
    assert transformed(moved, to_texture_frame(moved, shape)) == pytest.approx(
        shape, abs=1e-2
    )


def test_a_nod_is_taken_out_of_a_shape() -> None:
    shape = load_basis().mean_shape
    depth = head_depth(np.vstack([shape, rings()]))[:68]
    nodding = shape + 0.2 * np.stack([np.zeros(68), depth], axis=1).astype(np.float32)
    (upright,) = level(nodding[None], shape)
    assert np.abs(upright - shape).max() < 0.1
    assert np.abs(nodding - shape).max() > 3


def test_the_mean_shape_is_symmetric() -> None:
    shape = load_basis().mean_shape
    assert mirrored(shape) == pytest.approx(shape, abs=1e-2)


def test_factors_tell_people_from_views() -> None:
    people = np.repeat(np.arange(200), 20)
    weights = RNG.normal(0, (3, 1), (200, 2))[people] + RNG.normal(
        0, (0.5, 2), (4000, 2)
    )
    between, within = covariance_factors(weights.astype(np.float32), people)
    assert np.sqrt(np.diag(between @ between.T)) == pytest.approx((3, 1.1), rel=0.15)
    assert np.sqrt(np.diag(within @ within.T)) == pytest.approx((0.5, 2), rel=0.1)


def test_quantised_components_are_within_half_a_step() -> None:
    components = RNG.normal(size=(4, 100)).astype(np.float32)
    small, scale = quantised(components)
    assert small.dtype == np.int8
    assert (np.abs(small * scale - components) <= 0.5001 * scale).all()


def test_the_head_is_cut_from_its_background() -> None:
    shape = load_basis().mean_shape
    picture = np.full((HEIGHT, WIDTH, 3), (150, 60, 20), np.uint8)
    picture[20:150, 30:98] = (110, 140, 190)
    picture = (picture + RNG.integers(0, 10, picture.shape)).astype(np.uint8)
    alpha = with_alpha(picture, shape)[..., 3]
    assert alpha[60:120, 45:85].min() > 200
    assert alpha[5:60, :10].max() < 50


def test_the_committed_basis_is_small_and_finite() -> None:
    basis = load_basis()
    assert basis.texture_components.shape == (
        80,
        len(packed(np.zeros((HEIGHT, WIDTH, 4), np.uint8))),
    )
    assert basis.shape_components.shape == (20, 68, 2)
    assert all(np.isfinite(array).all() for array in vars(basis).values())
    assert (
        Path(__file__).parents[4] / "models" / "synthetic_faces.npz"
    ).stat().st_size < 3_000_000


def test_the_command_names_a_missing_data_set(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        synthetic_faces,
        ["--data", str(tmp_path / "none.zip"), "--output", str(tmp_path / "b.npz")],
    )
    assert result.exit_code == 2
    assert "none.zip" in result.output
