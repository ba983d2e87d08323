"""Views of known people, what a score of them is worth, and the network that learns one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.random import default_rng
from numpy.testing import assert_array_equal

from training.evaluation.models import Landmarker
from training.evaluation.quality import FMR, SHARES, gain, measure, reject_curve
from training.pictures.aligned import AlignedFaces
from training.pictures.views import Views, frame_of, make_views, seen_twice
from training.quality.net import QualityNetwork
from vitrine.vision.embedding import Embedder
from vitrine.vision.networks import Array


def views_of(genuine: list[float], heights: list[float]) -> Views:
    """Return views of one person each; others reach a cosine of 0.3 once in 500 times."""
    impostor = np.zeros(4000, np.float32)
    impostor[:8] = 0.3
    count = len(genuine)
    people = [f"p{number}" for number in range(count)]
    return Views(
        cuts=np.zeros((count, 56, 56, 3), np.uint8),
        heights=np.array(heights),
        genuine=np.array(genuine),
        impostor=impostor,
        people=np.array(people),
    )


def test_rejecting_the_worst_first_leaves_no_misses() -> None:
    missed = np.zeros(10)
    missed[[0, 4]] = 1
    best = reject_curve(missed, -missed)
    worst = reject_curve(missed, missed)
    tenth = SHARES.searchsorted(0.1)
    assert best[0] == 0.2
    assert best[tenth] == pytest.approx(1 / 9)
    assert not best[SHARES > 0.2].any()
    assert worst[-1] == 1


def test_a_score_of_nothing_rejects_at_random() -> None:
    missed = np.repeat([1.0, 0.0], 500)
    assert reject_curve(missed, np.zeros(1000)) == pytest.approx(0.5, abs=0.12)


def test_gain_is_the_way_from_random_to_ideal() -> None:
    assert gain(0.3, 0.3, 0.1) == 0
    assert gain(0.1, 0.3, 0.1) == pytest.approx(1)
    assert np.isnan(gain(0, 0, 0))


def test_figures_of_a_score_that_knows() -> None:
    views = views_of(
        [0.9, 0.8, 0.1, 0.7, 0.2, 0.9, 0.8, 0.7, 0.6, 0.5], list(range(10))
    )
    figures = measure(views, views.genuine, {"size": views.heights})
    assert figures["n"] == 10
    assert figures["fnmr"] == 0.2
    assert figures["threshold"] == pytest.approx(0.3)
    accepted = views.impostor >= figures["threshold"]
    assert accepted.mean() <= FMR
    assert figures["gain"] == pytest.approx(1)
    assert figures["rank_correlation"] == pytest.approx(1)
    assert figures["others"]["size"]["area"] > figures["area"]
    assert set(figures["curves"]["reject"]) == {
        "rejected",
        "error",
        "random",
        "ideal",
        "size",
    }


class Middle:
    """Stand in for the embedding network: eight means of rows, which scaling keeps."""

    def run(self, batch: Array) -> list[Array]:
        rows = batch.mean(axis=(1, 3))
        groups = rows.reshape(len(batch), 8, 14)
        means = groups.mean(axis=2)
        middle = means.mean(axis=1, keepdims=True)
        return [means - middle]


class Cross:
    """Stand in for the landmark network: points all over the crop."""

    def run(self, batch: Array) -> list[Array]:
        rng = default_rng(0)
        points = rng.uniform(-0.8, 0.8, (1, 136)).astype(np.float32)
        return [np.repeat(points, len(batch), axis=0)]


def test_views_are_compared_with_other_videos_of_the_person() -> None:
    rng = default_rng(0)
    stripes = rng.integers(30, 220, (3, 12, 1, 1))
    base = np.kron(stripes, np.ones((1, 12, 144, 3)))
    noise = rng.normal(0, 3, (6, 144, 144, 3))
    twice = np.repeat(base, 2, axis=0)
    pictures = np.clip(twice + noise, 0, 255)
    people = ["a", "a", "b", "b", "c", "c"]
    videos = ["a/1", "a/2", "b/1", "b/2", "c/1", "c/1"]
    faces = AlignedFaces(pictures.astype(np.uint8), people, videos)
    assert seen_twice(faces) == [0, 1, 2, 3]
    landmarker = Landmarker(Cross(), 112)
    embedder = Embedder(Middle(), "toy")
    views = make_views(faces, 3, landmarker, embedder)
    assert views.cuts.shape == (12, 56, 56, 3)
    assert views.people.tolist() == ["a"] * 6 + ["b"] * 6
    assert views.impostor.shape == (12,)
    assert views.genuine.shape == views.heights.shape == (12,)


def test_views_are_kept_and_read_again(tmp_path: Path) -> None:
    views = views_of([0.5, 0.1], [20, 30])
    views.save(tmp_path / "views.npz")
    again = Views.load(tmp_path / "views.npz")
    for name, value in vars(views).items():
        assert_array_equal(getattr(again, name), value)


def test_frames_are_of_many_sizes_and_the_picture_stays() -> None:
    picture = default_rng(0).integers(0, 256, (144, 144, 3), dtype=np.uint8)
    before = picture.copy()
    sides = [frame_of(picture, default_rng(seed)).shape[0] for seed in range(50)]
    assert_array_equal(picture, before)
    assert min(sides) < 30
    assert max(sides) > 110


def test_the_network_answers_with_a_chance() -> None:
    torch.manual_seed(0)
    network = QualityNetwork().eval()
    with torch.no_grad():
        chances = network(torch.randn(4, 3, 56, 56))
    assert chances.shape == (4, 1)
    assert ((chances > 0) & (chances < 1)).all()
