from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.random import default_rng

from training.once.commands import synthetic_faces
from training.once.components import covariance_factors, pca, quantised
from training.once.shapes import level, mirrored, to_texture_frame, transformed
from training.once.textures import packed, with_alpha
from vitrine.shipped import MODELS
from vitrine.synthetic.mesh import HEIGHT, WIDTH, head_depth, rings
from vitrine.synthetic.people import load_basis

RNG = default_rng(0)


def test_components_span_the_samples_and_weights_have_unit_variance() -> None:
    amounts = RNG.normal(size=(50, 3))
    directions = RNG.normal(size=(3, 40))
    drawn = amounts @ directions + 5
    samples = drawn.astype(np.float32)
    found = pca(samples, 3)
    again = found.mean + found.weights @ found.components
    variances = found.weights.var(axis=0)
    assert again == pytest.approx(samples, abs=1e-3)
    assert variances == pytest.approx(np.ones(3), abs=1e-3)


def test_the_similarity_of_a_moved_shape_brings_it_back() -> None:
    shape = load_basis().mean_shape
    rotation = np.array(
        [
            [0.8, -0.6],
            [0.6, 0.8],
        ]
    )
    turned = shape @ rotation.T
    enlarged = 2.5 * turned + (30, -12)
    moved = enlarged.astype(np.float32)
    matrix = to_texture_frame(moved, shape)
    back = transformed(moved, matrix)
    assert back == pytest.approx(shape, abs=1e-2)


def test_a_nod_is_taken_out_of_a_shape() -> None:
    shape = load_basis().mean_shape
    head = np.vstack([shape, rings()])
    depth = head_depth(head)[:68]
    nod = np.zeros((68, 2), np.float32)
    nod[:, 1] = 0.2 * depth
    nodding = shape + nod
    (upright,) = level(nodding[None], shape)
    assert np.abs(upright - shape).max() < 0.1
    assert np.abs(nodding - shape).max() > 3


def test_the_mean_shape_is_symmetric() -> None:
    shape = load_basis().mean_shape
    assert mirrored(shape) == pytest.approx(shape, abs=1e-2)


def test_factors_tell_people_from_views() -> None:
    people = np.repeat(np.arange(200), 20)
    of_people = RNG.normal(0, (3, 1), (200, 2))
    of_views = RNG.normal(0, (0.5, 2), (4000, 2))
    weights = of_people[people] + of_views
    between, within = covariance_factors(weights.astype(np.float32), people)
    between_variances = np.diag(between @ between.T)
    within_variances = np.diag(within @ within.T)
    assert np.sqrt(between_variances) == pytest.approx((3, 1.1), rel=0.15)
    assert np.sqrt(within_variances) == pytest.approx((0.5, 2), rel=0.1)


def test_quantised_components_are_within_half_a_step() -> None:
    components = RNG.normal(size=(4, 100)).astype(np.float32)
    small, scale = quantised(components)
    assert small.dtype == np.int8
    off = np.abs(small * scale - components)
    assert (off <= 0.5001 * scale).all()


def test_the_head_is_cut_from_its_background() -> None:
    shape = load_basis().mean_shape
    picture = np.full((HEIGHT, WIDTH, 3), (150, 60, 20), np.uint8)
    picture[20:150, 30:98] = (110, 140, 190)
    noise = RNG.integers(0, 10, picture.shape)
    noisy = (picture + noise).astype(np.uint8)
    alpha = with_alpha(noisy, shape)[..., 3]
    assert alpha[60:120, 45:85].min() > 200
    assert alpha[5:60, :10].max() < 50


def test_the_committed_basis_is_small_and_finite() -> None:
    basis = load_basis()
    black = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    length = len(packed(black))
    path = MODELS / "synthetic_faces.npz"
    assert basis.texture_components.shape == (80, length)
    assert basis.shape_components.shape == (20, 68, 2)
    for array in vars(basis).values():
        assert np.isfinite(array).all()
    assert path.stat().st_size < 3_000_000


def test_the_command_names_a_missing_data_set(tmp_path: Path) -> None:
    data = tmp_path / "none.zip"
    output = tmp_path / "b.npz"
    arguments = [
        f"--data={data}",
        f"--output={output}",
    ]
    result = CliRunner().invoke(synthetic_faces, arguments)
    assert result.exit_code == 2
    assert "none.zip" in result.output
