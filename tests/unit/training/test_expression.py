"""Training of the expression network: votes, copies, views, a small run, and its export."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml

from training.copies import are_copies
from training.datasets.faces import DatasetError
from training.datasets.splits import part_of
from training.export import write_onnx
from training.networks.expression import ExpressionNetwork
from training.tasks import load_run
from training.tasks.expression import (
    Config,
    ExpressionTask,
    build,
    shares,
    usable,
    view,
)
from training.trainer import Batches, train
from vitrine.vision.crop import Image
from vitrine.vision.expression_classes import CLASSES, SIDE, expression_input
from vitrine.vision.networks import load_network

CONFIG = Path(__file__).parents[3] / "training" / "configs" / "expression.yaml"


def votes(**given: int) -> np.ndarray:
    """The ten columns; `unknown` and `no_face` are the last two."""
    return np.array([given.get(name, 0) for name in (*CLASSES, "unknown", "no_face")])


def picture(seed: int) -> Image:
    """Blurred noise, different for each seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), dtype=np.uint8)


def names(part: str, count: int) -> list[str]:
    numbered = (f"fer{number:07}.png" for number in range(10_000))
    return [
        name
        for name in numbered
        if (part_of(f"FER2013Train/{name}") == "validation") == (part == "v")
    ][:count]


def data_set(path: Path, *, valid: int = 4) -> Path:
    """Twelve faces to train on, four to choose by; two of the former are copies of a face of FER2013Valid."""
    rows: dict[str, list[str]] = {"FER2013Train": [], "FER2013Valid": []}
    with zipfile.ZipFile(path / "ferplus.zip", "w") as archive:

        def add(part: str, name: str, seed: int) -> None:
            body = cv2.imencode(".png", picture(seed))[1].tobytes()
            archive.writestr(f"{part}/{name}", body)
            given = votes(**{CLASSES[seed % 3]: 8, "sadness": 2})
            rows[part].append(f'{name},"(0, 0, 48, 48)",{",".join(map(str, given))}')

        for seed, name in enumerate(names("t", 12)):
            add("FER2013Train", name, seed if seed < 10 else 100)
        for seed, name in enumerate(names("v", 4)):
            add("FER2013Train", name, 50 + seed)
        for seed in range(valid):
            add("FER2013Valid", f"valid{seed}.png", 100 + seed)
        for part, lines in rows.items():
            if lines:
                archive.writestr(f"{part}/label.csv", "\n".join(lines) + "\n")
    return path / "ferplus.zip"


def config_file(path: Path, **changes: object) -> Path:
    values = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    small = {
        "data": str(data_set(path)),
        "run": str(path / "run"),
        "epochs": 2,
        "batch": 5,
        "workers": 0,
    }
    (path / "expression.yaml").write_text(yaml.safe_dump(values | small | changes))
    return path / "expression.yaml"


def make_task(path: Path) -> ExpressionTask:
    return build(
        Config.model_validate(
            yaml.safe_load(config_file(path).read_text(encoding="utf-8"))
        )
    )


def test_single_votes_are_no_evidence() -> None:
    assert shares(votes(happiness=7, surprise=2, fear=1)) == pytest.approx(
        [0, 7 / 9, 2 / 9, 0, 0, 0, 0, 0]
    )


def test_a_face_that_most_could_not_name_is_not_shown() -> None:
    assert usable(votes(neutral=4, sadness=4, unknown=2))
    assert not usable(votes(neutral=3, unknown=6))
    assert not usable(votes(no_face=10))
    assert not usable(votes(neutral=1, anger=1, fear=1))


def test_a_copy_is_known_through_light_and_compression() -> None:
    original = picture(1)
    brighter = np.clip(original * 0.8 + 30, 0, 255).astype(np.uint8)
    jpeg = cv2.imdecode(cv2.imencode(".jpg", original)[1], cv2.IMREAD_GRAYSCALE)
    found = are_copies(
        [brighter, np.asarray(jpeg, np.uint8), picture(2)], [picture(3), original]
    )
    assert found.tolist() == [True, True, False]


def test_copies_of_faces_that_are_measured_on_are_not_trained_on(
    tmp_path: Path,
) -> None:
    task = make_task(tmp_path)
    order = task.order(np.random.default_rng(0))
    assert sorted(order) == list(range(10))


def test_a_set_without_its_training_part_is_refused(tmp_path: Path) -> None:
    config = config_file(tmp_path)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr(
            "FER2013Valid/a.png", cv2.imencode(".png", picture(0))[1].tobytes()
        )
        archive.writestr(
            "FER2013Valid/label.csv", 'a.png,"(0, 0, 48, 48)",10,0,0,0,0,0,0,0,0,0\n'
        )
    settings, _ = load_run(config)
    with pytest.raises(DatasetError, match="FER2013Train"):
        build(Config.model_validate(dict(settings) | {"data": tmp_path / "other.zip"}))


def test_a_view_is_another_picture_of_the_same_face() -> None:
    views = [view(picture(1), np.random.default_rng(seed)) for seed in range(50)]
    assert {v.shape for v in views} == {(SIDE, SIDE)}
    assert {v.dtype for v in views} == {np.dtype(np.uint8)}
    assert len({v.tobytes() for v in views}) == 50


def test_the_same_generator_gives_the_same_sample(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    one, two = (task.sample(3, np.random.default_rng(5)) for _ in range(2))
    assert one[0].shape == (1, SIDE, SIDE)
    assert one[1].sum() == pytest.approx(1)
    np.testing.assert_array_equal(one[0], two[0])


def test_the_loss_is_least_where_the_answer_is_the_votes() -> None:
    wanted = torch.tensor([[0.75, 0.25, 0, 0, 0, 0, 0, 0]])
    batch = [torch.zeros(1, 1, SIDE, SIDE), wanted]

    def loss(answer: torch.Tensor) -> float:
        constant = torch.nn.Module()
        constant.forward = lambda _: answer.log()
        return float(
            ExpressionTask.loss(object.__new__(ExpressionTask), constant, batch)
        )

    exact = loss(wanted + 1e-6)
    assert exact < loss(torch.tensor([[0.99, 0.01, 0, 0, 0, 0, 0, 0]]) + 1e-6)
    assert exact < loss(torch.full((1, 8), 1 / 8))


def test_a_small_run_learns_and_leaves_its_weights(tmp_path: Path) -> None:
    config, task = load_run(config_file(tmp_path))
    assert Batches(config, task).steps == 2
    train(config, task, resume=False)
    header, *rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    assert header == "epoch,loss,accuracy,cross_entropy"
    assert len(rows) == 2
    assert (tmp_path / "run" / "best.pt").exists()


def test_torch_and_onnx_runtime_agree(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ExpressionNetwork(len(CLASSES), 0.3).eval()
    pictures = expression_input([picture(seed) for seed in range(3)])
    with torch.no_grad():
        expected = network(torch.from_numpy(pictures)).numpy()
    write_onnx(network, ExpressionTask.product, tmp_path / "expression.onnx")
    answered = load_network(tmp_path / "expression.onnx").run(pictures)[0]
    np.testing.assert_allclose(answered, expected, atol=1e-4)
