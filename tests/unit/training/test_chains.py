"""Each network's chain of rounds in a tiny form, from nothing to an ONNX file that loads."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from tests.unit.training.small import (
    aligned_people,
    everybody,
    expression_names,
    expression_set,
    labelled_faces,
    people_of,
    shelves,
    small_config,
)
from training import trainer
from training.__main__ import main
from training.detector.task import DetectorTask
from training.embedding.net import EmbeddingNetwork
from training.embedding.task import EmbeddingTask
from training.export import write_onnx
from training.rounds import read_rounds
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections
from vitrine.vision.networks import load_network

# A minute in all on a free core; a busy machine may take several times as long.
pytestmark = pytest.mark.timeout(600)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def answers_of_chain(
    network: str,
    config: Path,
    shape: tuple[int, ...],
) -> list[NDArray[np.float32]]:
    """Train all rounds, export, and return what the file says of a black picture."""
    trained = run("train", network, "--config", config)
    assert trained.exit_code == 0, trained.output
    output = config.with_suffix(".onnx")
    exported = run("export", network, "--config", config, "--output", output)
    assert exported.exit_code == 0, exported.output
    for this in read_rounds(network, config):
        assert this.is_done
    answers = load_network(output).run(np.zeros((1, *shape), np.float32))
    assert all(np.isfinite(answer).all() for answer in answers)
    return list(answers)


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture takes longer to draw than a tiny round to train; test_trainer.py looks at one."""
    monkeypatch.setattr(trainer, "draw_curves", lambda *_: None)


class MiddleTeacher:
    """Stand in for YuNet: a face in the middle of every picture."""

    def detect(self, image: Image) -> Detections:
        height, width = image.shape[:2]
        box = np.array([[width / 4, height / 4, width / 2, height / 2]], np.float32)
        five = box[:, None, :2] + box[:, None, 2:] * np.linspace(0.3, 0.7, 5)[:, None]
        return Detections(box, np.ones(1, np.float32), five.astype(np.float32))


def test_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DetectorTask, "_yunet", MiddleTeacher())
    faces = labelled_faces(tmp_path, everybody())
    config = small_config(
        tmp_path,
        "detector",
        data=[{"path": str(faces), "format": "keypoints-csv"}],
        aligned=str(aligned_people(tmp_path, everybody(), each=1)),
        shelves=str(shelves(tmp_path)),
        videos=[],
        malls=0,
        tiles=4,
        batch=2,
        validation_tiles=4,
    )
    answers = answers_of_chain("detector", config, (3, 64, 96))
    assert [answer.shape for answer in answers] == [
        (1, 15, 8, 12),
        (1, 15, 4, 6),
        (1, 15, 2, 3),
    ]
    mined = sorted(path.parent.name for path in tmp_path.rglob("mined.npz"))
    assert mined == ["2-false-alarms", "3-false-alarms-again", "4-more-malls"]


def test_landmarks(tmp_path: Path) -> None:
    faces = labelled_faces(tmp_path, everybody())
    config = small_config(
        tmp_path,
        "landmarks",
        data=[{"path": str(faces), "format": "keypoints-csv"}],
        size=32,
        batch=4,
    )
    (points,) = answers_of_chain("landmarks", config, (3, 32, 32))
    assert points.shape == (1, 136)


def test_embedding(tmp_path: Path) -> None:
    torch.manual_seed(0)
    teacher = tmp_path / "teacher.onnx"
    write_onnx(EmbeddingNetwork().eval(), EmbeddingTask.product, teacher)
    config = small_config(
        tmp_path,
        "embedding",
        teacher=str(teacher),
        people=str(aligned_people(tmp_path, everybody())),
        faces=[],
        keep=0.1,
        shown=8,
        batch=4,
    )
    (vector,) = answers_of_chain("embedding", config, (3, 112, 112))
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)
    # Where the rounds are not at hand, their file is enough to go on from.
    best = tmp_path / "runs/embedding/2-longer/best.pt"
    trained = torch.load(best, weights_only=True)
    shipped = tmp_path / "second.onnx"
    run("export", "embedding", "--config", config, "--round", 2, "--output", shipped)
    shutil.rmtree(best.parent)
    restored = run("restore", shipped, "--config", config, "--round", 2)
    assert restored.output == f"{best}: embedding, round 2 (longer)\n"
    again = torch.load(best, weights_only=True)
    assert again.keys() == trained.keys()
    for name, weights in trained.items():
        torch.testing.assert_close(again[name], weights)
    refused = run("restore", teacher, "--config", config, "--round", 2)
    assert refused.exit_code == 1
    assert f"{teacher}: not the layers of MobileFaceNet" in refused.output
    covered = run("train", "embedding", "--config", config, "--round", 3)
    assert covered.exit_code == 0, covered.output


def test_expression(tmp_path: Path) -> None:
    faces = [("FER2013Valid", "valid.png", 100)]
    for seed, name in enumerate(expression_names(10, validation=False)):
        faces.append(("FER2013Train", name, seed))
    for seed, name in enumerate(expression_names(4, validation=True), start=50):
        faces.append(("FER2013Train", name, seed))
    data = expression_set(tmp_path, faces)
    config = small_config(tmp_path, "expression", data=str(data), batch=5)
    (logits,) = answers_of_chain("expression", config, (1, 48, 48))
    assert logits.shape == (1, 8)


def test_quality_learns_from_the_networks_that_ship(tmp_path: Path) -> None:
    people = [*people_of("train", 5), *people_of("validation", 3)]
    config = small_config(
        tmp_path,
        "quality",
        people=str(aligned_people(tmp_path, people)),
        faces=[],
        each=1,
        batch=4,
    )
    (chance,) = answers_of_chain("quality", config, (3, 56, 56))
    assert 0 < chance.item() < 1


def landmarks_config(folder: Path) -> Path:
    faces = labelled_faces(folder, everybody())
    data = [{"path": str(faces), "format": "keypoints-csv"}]
    return small_config(folder, "landmarks", data=data, size=32, batch=4)


def test_a_round_without_the_one_before_says_what_is_missing(tmp_path: Path) -> None:
    config = landmarks_config(tmp_path)
    result = run("train", "landmarks", "--config", config, "--round", 2)
    assert str(result.exception) == (
        f"landmarks, round 2 (bent) goes on from {tmp_path}/runs/landmarks/1-photos/best.pt,"
        " which is missing: train round 1 first"
    )


def test_resume_skips_what_is_done(tmp_path: Path) -> None:
    config = landmarks_config(tmp_path)
    first = run("train", "landmarks", "--config", config, "--round", 1)
    assert "round 1 (photos): 1 epochs" in first.output
    again = run("train", "landmarks", "--config", config, "--resume", "--round", 1)
    assert again.output == "landmarks, round 1 (photos): done before\n"


def test_an_export_before_any_training_says_what_is_missing(tmp_path: Path) -> None:
    result = run("export", "landmarks", "--config", landmarks_config(tmp_path))
    assert result.exit_code == 1
    assert "4-longer/best.pt is missing: train landmarks, round 4" in result.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["Train a network, all its rounds", "Examples", "train landmarks"]),
        (["train"], ["detector, landmarks, embedding", "--round", "--resume"]),
        (["restore"], ["FILE", "--round"]),
        (["export"], ["--checkpoint", "export detector"]),
        (["canonical-shape"], ["PACKAGE", "npm pack"]),
        (["synthetic-faces"], ["synthetic-faces --data"]),
    ],
)
def test_help_teaches(arguments: list[str], expected: list[str]) -> None:
    shown = run(*arguments, "--help").output
    for text in expected:
        assert text in shown
    assert "..." not in shown.replace("COMMAND [ARGS]...", "")
