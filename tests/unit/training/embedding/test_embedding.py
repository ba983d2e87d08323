"""The embedding network: pruned from a teacher, taught with bad views, exported."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.random import Generator, default_rng
from numpy.testing import assert_allclose, assert_array_equal

from tests.unit.training.small import aligned_people, everybody, small_config
from training.datasets.faces import LabelledFace
from training.embedding import task
from training.embedding.data import jittered, teacher_targets
from training.embedding.net import EmbeddingNetwork, read_network
from training.embedding.pruning import prune, strongest
from training.embedding.task import EmbeddingTask
from training.export import write_onnx
from training.likeness import best_accuracy, pair_scores, tar_at, threshold_at
from training.pictures.aligned import ROOM, wide
from training.pictures.degradation import degraded, far
from training.rounds import read_rounds
from vitrine.vision.crop import Image
from vitrine.vision.embedding import TEMPLATE, align
from vitrine.vision.networks import load_network


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def teacher() -> EmbeddingNetwork:
    """Random weights, loud enough that the clips matter."""
    torch.manual_seed(1)
    network = EmbeddingNetwork().eval()
    weights = [one for one in network.parameters() if one.ndim > 1]
    with torch.no_grad():
        for weight in weights:
            weight.mul_(2)
    return network


def least_likeness(
    one: EmbeddingNetwork,
    other: EmbeddingNetwork,
    pictures: torch.Tensor,
) -> float:
    """Return the smallest cosine between what two networks say of the same picture."""
    with torch.no_grad():
        products = one(pictures) * other(pictures)
        cosines = products.sum(dim=1)
    return float(cosines.min())


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.randn(2, 3, 112, 112, generator=torch.Generator().manual_seed(2))


def test_pruning_nothing_changes_nothing(
    teacher: EmbeddingNetwork, pictures: torch.Tensor
) -> None:
    same = prune(teacher, 1.0, pictures)
    assert least_likeness(same, teacher, pictures) > 0.999


def test_half_the_channels_keep_most_of_what_is_said(
    teacher: EmbeddingNetwork, pictures: torch.Tensor
) -> None:
    half = prune(teacher, 0.5, pictures)
    assert least_likeness(half, teacher, pictures) > 0.9
    assert half.state_dict()["blocks.0.widen.weight"].shape[0] == 64


def test_channels_that_repeat_others_go_first() -> None:
    rng = torch.Generator().manual_seed(0)
    base = torch.randn(500, 3, generator=rng, dtype=torch.float64)
    first_again = base[:, :1] * 0.9
    channels = torch.cat([base, first_again], dim=1)
    rows = [
        [1.0, 0],
        [0, 1],
        [0.5, 0.5],
    ]
    mixing = torch.tensor(rows, dtype=torch.float64)
    outputs = base @ mixing
    covariance = channels.T @ channels
    cross = channels.T @ outputs
    chosen = strongest(covariance, cross, 3)
    kept = set(chosen.tolist())
    assert kept in ({0, 1, 2}, {1, 2, 3})


def test_the_exported_file_says_the_same(
    tmp_path: Path, pictures: torch.Tensor
) -> None:
    torch.manual_seed(0)
    network = EmbeddingNetwork(0.25).eval()
    with torch.no_grad():
        expected = network(pictures).numpy()
    path = tmp_path / "embedding.onnx"
    write_onnx(network, EmbeddingTask.product, path)
    vectors = load_network(path).run(pictures.numpy())[0]
    lengths = np.linalg.norm(vectors, axis=1)
    assert_allclose(vectors, expected, atol=1e-4)
    assert_allclose(lengths, 1, rtol=1e-5)


@pytest.mark.shared
def test_the_public_file_is_read_as_a_network_of_ours(
    shared: Path, pictures: torch.Tensor
) -> None:
    path = shared / "models" / "mobilefacenet_112.onnx"
    public = load_network(path).run(pictures.numpy())[0]
    with torch.no_grad():
        ours = read_network(path)(pictures).numpy()
    lengths = np.linalg.norm(public, axis=1, keepdims=True)
    assert_allclose(ours, public / lengths, atol=1e-5)


def test_another_architecture_is_no_teacher(tmp_path: Path) -> None:
    path = tmp_path / "thin.onnx"
    write_onnx(EmbeddingNetwork(0.5).eval(), EmbeddingTask.product, path)
    with pytest.raises(ValueError, match="not the layers of MobileFaceNet"):
        read_network(path)


def test_a_thinner_file_is_read_back_as_it_was_trained(
    tmp_path: Path, pictures: torch.Tensor
) -> None:
    torch.manual_seed(3)
    trained = EmbeddingNetwork(0.25).eval()
    # Exporting folds in place, so what it said is kept before.
    with torch.no_grad():
        expected = trained(pictures)
    path = tmp_path / "thin.onnx"
    write_onnx(trained, EmbeddingTask.product, path)
    with torch.no_grad():
        found = read_network(path, 0.25)(pictures)
    assert_allclose(found.numpy(), expected.numpy(), atol=1e-6)


def test_targets_lie_halfway_to_the_mirror_and_are_computed_once(
    tmp_path: Path, teacher: EmbeddingNetwork
) -> None:
    path = tmp_path / "teacher.onnx"
    write_onnx(teacher, EmbeddingTask.product, path)
    rng = default_rng(0)
    faces = rng.integers(0, 256, (2, 112, 112, 3), dtype=np.uint8)
    mirrored = faces[:1, :, ::-1]
    both = np.concatenate([faces[:1], mirrored])
    cache = tmp_path / "run" / "targets.npz"
    targets = teacher_targets(path, both, cache)
    lengths = np.linalg.norm(targets, axis=1)
    assert_allclose(targets[0], targets[1], atol=1e-5)
    assert_allclose(lengths, 1, rtol=1e-5)
    written = cache.stat().st_mtime_ns
    teacher_targets(path, both, cache)
    assert cache.stat().st_mtime_ns == written
    others = teacher_targets(path, faces, cache)
    assert not np.array_equal(others, targets)


@pytest.mark.parametrize(("share", "sides"), [(0.0, []), (1.0, [144])])
def test_so_many_views_wear_something(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
    sides: list[int],
) -> None:
    teacher = tmp_path / "teacher.onnx"
    write_onnx(EmbeddingNetwork().eval(), EmbeddingTask.product, teacher)
    seen: list[int] = []

    def watched(picture: Image, _rng: Generator) -> Image:
        seen.append(len(picture))
        return picture

    monkeypatch.setattr(task, "covered", watched)
    config = small_config(
        tmp_path,
        "embedding",
        teacher=str(teacher),
        people=str(aligned_people(tmp_path, everybody())),
        faces=[],
        covered=share,
    )
    this = read_rounds("embedding", config)[0].task()
    assert len(this.order(default_rng(0)))
    this.sample(0, default_rng(0))
    assert seen == sides


def test_degraded_views_keep_their_size_and_leave_the_original_alone() -> None:
    rng = default_rng(0)
    picture = rng.integers(0, 256, (112, 112, 3), dtype=np.uint8)
    before = picture.copy()
    views = [degraded(picture, default_rng(seed)) for seed in range(60)]
    assert {view.shape for view in views} == {(112, 112, 3)}
    assert {view.dtype for view in views} == {np.dtype(np.uint8)}
    assert_array_equal(picture, before)
    unchanged = [view for view in views if np.array_equal(view, picture)]
    assert len(unchanged) < 20


def test_a_far_face_has_lost_its_details() -> None:
    stripes = np.zeros((112, 112, 3), np.uint8)
    stripes[:, ::2] = 255
    seen = far(stripes, 20, default_rng(3))
    assert seen.std() < 0.3 * stripes.std()


def test_a_labelled_face_is_aligned_as_in_the_product() -> None:
    rng = default_rng(0)
    points = np.full((68, 2), 200.0, np.float32)
    places = (
        range(36, 42),
        range(42, 48),
        [30],
        [48],
        [54],
    )
    for some, at in zip(places, TEMPLATE, strict=True):
        points[list(some)] = at * 1.5 + 90
    image = rng.integers(0, 256, (400, 400, 3), dtype=np.uint8)

    class Face(LabelledFace):
        def image(self) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
            return image

    face = Face("a", "", "a", points, b"")
    aligned = wide(face)
    assert aligned.shape == (144, 144, 3)
    inner = slice(ROOM, -ROOM)
    middle = aligned[inner, inner].astype(int)
    off = np.abs(middle - align(image, points))
    assert off.max() <= 1
    assert jittered(aligned, rng).shape == (112, 112, 3)


def test_pairs_of_one_person_pass_where_few_others_do() -> None:
    rows = [
        [1, 0],
        [0.8, 0.6],
        [0, 1],
        [0.6, 0.8],
    ]
    vectors = np.array(rows, np.float32)
    same, different = pair_scores(vectors, ["a", "a", "b", "b"])
    assert_allclose(same, [0.8, 0.8], atol=1e-6)
    assert_allclose(np.sort(different), [0, 0.6, 0.6, 0.96], atol=1e-6)
    passed = different >= threshold_at(different, 0.25)
    assert passed.mean() == 0.25
    assert tar_at(same, different, 0.25) == 1.0
    assert tar_at(same, different, 0.0) == 0.0
    assert best_accuracy(same, different) == pytest.approx(0.875)
