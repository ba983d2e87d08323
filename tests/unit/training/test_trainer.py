"""The training loop: kills, workers, the best weights, the schedule, the export."""

from pathlib import Path
from typing import Any

import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.unit.training.small import everybody, labelled_faces, small_config
from training.batches import Batches
from training.config import RunConfig
from training.curves import read_metrics
from training.export import write_onnx
from training.rounds import read_rounds
from training.state import State, load_weights
from training.task import Task
from training.trainer import schedule, train
from vitrine.vision.networks import load_network


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labelled_faces(tmp_path_factory.mktemp("faces"), everybody())


def first_round(
    folder: Path,
    faces: Path,
    **changes: object,
) -> tuple[RunConfig, Task]:
    """Return the first round of the landmark network on small faces."""
    folder.mkdir(exist_ok=True)
    data = [{"path": str(faces), "format": "keypoints-csv"}]
    small = {
        "data": data,
        "size": 32,
        "batch": 4,
        "epochs": 3,
    }
    settings = small | changes
    path = small_config(folder, "landmarks", **settings)
    first, *_ = read_rounds("landmarks", path)
    return first.settings, first.task()


def checkpoint(config: RunConfig) -> dict[str, Any]:
    saved: dict[str, Any] = torch.load(config.run / "last.pt", weights_only=True)
    return saved


def test_a_killed_and_resumed_run_ends_with_the_same_weights(
    tmp_path: Path,
    faces: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, task = first_round(tmp_path / "whole", faces)
    train(whole, task, resume=False)

    save = State.save
    saves: list[str] = []

    def save_then_die(state: State, path: Path) -> None:
        save(state, path)
        saves.append(path.name)
        if len(saves) == 2:
            raise KeyboardInterrupt

    killed, task = first_round(tmp_path / "killed", faces)
    monkeypatch.setattr(State, "save", save_then_die)
    with pytest.raises(KeyboardInterrupt):
        train(killed, task, resume=False)
    monkeypatch.undo()
    train(killed, task, resume=True)

    expected = checkpoint(whole)
    found = checkpoint(killed)
    for part in ("network", "averaged"):
        for name, weights in expected[part].items():
            assert torch.equal(weights, found[part][name]), name
    rows = (whole.run / "metrics.csv").read_text()
    assert rows == (killed.run / "metrics.csv").read_text()
    assert rows.splitlines()[0] == "epoch,loss,nme,failures"
    assert len(rows.splitlines()) == 4
    assert (whole.run / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_kept_weights_are_those_of_the_best_epoch(
    tmp_path: Path, faces: Path
) -> None:
    config, task = first_round(tmp_path, faces, epochs=4, learning_rate=0.05)
    train(config, task, resume=False)
    columns = read_metrics(config.run / "metrics.csv")
    best = min(columns["nme"])
    network = task.network()
    load_weights(network, config.run / "best.pt")
    measured = task.validate(network.eval(), torch.device("cpu"))
    assert measured["nme"] == pytest.approx(best, rel=1e-4)


def test_a_round_may_keep_some_of_the_weights_that_it_began_with(
    tmp_path: Path, faces: Path
) -> None:
    config, task = first_round(tmp_path, faces, epochs=1)
    train(config, task, resume=False)
    begun = config.run / "best.pt"
    second = {"run": tmp_path / "second", "start": begun, "learning_rate": 0.05}
    plain = config.model_copy(update=second)
    mixed = plain.model_copy(update={"run": tmp_path / "mixed", "kept": 0.25})
    train(plain, task, resume=False)
    train(mixed, task, resume=False)
    first = torch.load(begun, weights_only=True)
    trained = torch.load(plain.run / "best.pt", weights_only=True)
    found = torch.load(mixed.run / "best.pt", weights_only=True)
    for name, weights in trained.items():
        if weights.is_floating_point():
            expected = torch.lerp(weights, first[name], 0.25)
            torch.testing.assert_close(found[name], expected)
    assert any(not torch.equal(found[name], trained[name]) for name in trained)


# Python 3.12 warns of threads; OpenCV runs one.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_workers_change_nothing(tmp_path: Path, faces: Path) -> None:
    config, task = first_round(tmp_path, faces)
    helped = config.model_copy(update={"workers": 1})
    expected = list(Batches(config, task).of(1))
    found = list(Batches(helped, task).of(1))
    assert len(expected) == len(found) == 2
    for one, other in zip(expected, found, strict=True):
        for a, b in zip(one, other, strict=True):
            # What is not learnt is NaN in both.
            assert_array_equal(a.numpy(), b.numpy())


def test_an_epoch_without_a_batch_is_refused(tmp_path: Path, faces: Path) -> None:
    config, task = first_round(tmp_path, faces, batch=400)
    with pytest.raises(ValueError, match="an epoch of 8 samples has no batch of 400"):
        Batches(config, task)


def test_the_learning_rate_rises_and_then_falls_to_nothing(
    tmp_path: Path, faces: Path
) -> None:
    config, _ = first_round(tmp_path, faces, epochs=10, warm_up=0.1)
    shares = [schedule(epoch, config) for epoch in (0, 0.5, 1, 5.5, 10)]
    assert shares == pytest.approx([0.02, 0.51, 1, 0.5, 0])


def test_the_exported_network_answers_as_torch_does(
    tmp_path: Path, faces: Path
) -> None:
    _, task = first_round(tmp_path, faces)
    torch.manual_seed(1)
    network = task.network().train()
    # Gives the batch normalisation statistics that are not 0 and 1.
    for _ in range(3):
        network(torch.randn(8, 3, 32, 32))
    batch = torch.randn(5, 3, 32, 32)
    with torch.no_grad():
        expected = network.eval()(batch).numpy()
    path = tmp_path / "network.onnx"
    write_onnx(network, task.product, path)
    exported = load_network(path)
    several = exported.run(batch.numpy())[0]
    one = exported.run(batch[:1].numpy())[0]
    assert_allclose(several, expected, atol=1e-4)
    assert_allclose(one, expected[:1], atol=1e-4)
    assert b"site-packages" not in path.read_bytes()
