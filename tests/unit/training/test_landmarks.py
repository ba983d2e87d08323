import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml
from pydantic import ValidationError

from tests.builders import face_points
from training.augmentation import Views, cached, jittered_crop, view
from training.datasets.faces import LabelledFace
from training.datasets.splits import part_of
from training.tasks import load_run
from training.tasks.landmarks import rarity
from training.trainer import Batches, load_weights, train
from vitrine.vision.crop import MARGIN, crop_of_points, to_network

CONFIG = Path(__file__).parents[3] / "training" / "configs" / "landmarks.yaml"


def drawn_face(points: np.ndarray) -> bytes:
    picture = np.full((120, 120, 3), 60, np.uint8)
    for x, y in points:
        cv2.circle(picture, (round(x), round(y)), 2, (200, 180, 255), -1)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def labelled(yaw: float = 0.0) -> LabelledFace:
    points = face_points(yaw=yaw, x=60, y=45, eyes=36)
    return LabelledFace(
        "a.jpg", "training", "a", points.astype(np.float32), drawn_face(points)
    )


def data_set(path: Path) -> Path:
    """Eight people who train and two who validate."""
    names = [f"Person_{i}" for i in range(200)]
    people = [n for n in names if part_of(n) == "train"][:8] + [
        n for n in names if part_of(n) == "validation"
    ][:2]
    rows = [","]
    with zipfile.ZipFile(path / "faces.zip", "w") as archive:
        for at, person in enumerate(people):
            points = face_points(yaw=5 * at - 20, x=60, y=45, eyes=36)
            rows.append(
                f"{person}_00.jpg," + ",".join(str(v) for v in points.reshape(-1))
            )
            archive.writestr(f"training/{person}_00.jpg", drawn_face(points))
        archive.writestr("training_frames_keypoints.csv", "\n".join(rows))
    return path / "faces.zip"


def config_file(path: Path, run: str = "run", **changes: object) -> Path:
    """The shipped configuration on the small data set."""
    values = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    values["data"] = [{"path": str(data_set(path)), "format": "keypoints-csv"}]
    small = {
        "run": str(path / run),
        "epochs": 3,
        "batch": 4,
        "size": 32,
        "threads": 1,
        "workers": 0,
    }
    (path / "landmarks.yaml").write_text(yaml.safe_dump(values | small | changes))
    return path / "landmarks.yaml"


def test_a_misspelt_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="epoch_count"):
        load_run(config_file(tmp_path, epoch_count=3))


def test_an_unknown_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"landmarks.yaml: task is 'ears', expected one of"
    ):
        load_run(config_file(tmp_path, task="ears"))


def test_a_cached_face_keeps_its_targets() -> None:
    face = labelled(20)
    kept = cached(labelled(20))
    expected = to_network(face.points, crop_of_points(face.points))
    np.testing.assert_allclose(
        to_network(kept.points, crop_of_points(kept.points)), expected, atol=1e-5
    )


def test_the_targets_of_a_view_lie_on_its_picture() -> None:
    kept = cached(labelled(20))
    bright = []
    for seed in range(20):
        picture, points = view(
            kept, Views(128, 0.5, 0.5), np.random.default_rng(seed), [kept]
        )
        assert (picture.shape, picture.dtype.name) == ((128, 128, 3), "uint8")
        column, row = np.round(points[8] * 64 + 63.5).astype(int)
        if 0 <= column < 128 and 0 <= row < 128:
            bright.append(int(picture[row, column].max()) - float(np.median(picture)))
    assert np.median(bright) > 30


def test_the_same_seed_gives_the_same_view() -> None:
    kept = cached(labelled())
    first, again = (
        view(kept, Views(96, 0.5, 0.5), np.random.default_rng(5), [kept])
        for _ in range(2)
    )
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


def test_jitter_is_centred_on_the_crop_of_serving() -> None:
    kept = cached(labelled())
    rng = np.random.default_rng(0)
    crops = {
        tracked: [
            jittered_crop(kept.points, Views(128, 0, tracked), rng) for _ in range(300)
        ]
        for tracked in (0, 1)
    }
    reach = {
        t: [np.abs(to_network(kept.points, c, 128)).max() for c in some]
        for t, some in crops.items()
    }
    assert np.median(reach[0]) == pytest.approx(1 / MARGIN, rel=0.15)
    assert np.median(reach[1]) == pytest.approx(1 / MARGIN, rel=0.08)
    assert np.subtract(*np.quantile(reach[1], (0.75, 0.25))) < np.subtract(
        *np.quantile(reach[0], (0.75, 0.25))
    )


def test_rare_faces_come_up_oftener() -> None:
    usual = [
        face_points(yaw=yaw, x=60, y=45, eyes=36) for yaw in (-4.0, -2.0, 0.0, 2.0, 4.0)
    ]
    weights = rarity([*usual, face_points(yaw=45, x=60, y=45, eyes=36)])
    assert weights.sum() == pytest.approx(1)
    assert weights[-1] > 1.5 * weights[:5].max()


def test_a_killed_and_resumed_run_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import trainer

    train(*load_run(config_file(tmp_path, "whole")), resume=False)
    save = trainer.State.save
    saves = []

    def save_then_die(state: trainer.State, path: Path) -> None:
        save(state, path)
        saves.append(path.name)
        if len(saves) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(trainer.State, "save", save_then_die)
    with pytest.raises(KeyboardInterrupt):
        train(*load_run(config_file(tmp_path, "killed")), resume=False)
    monkeypatch.undo()
    train(*load_run(config_file(tmp_path, "killed")), resume=True)

    whole, killed = (
        torch.load(tmp_path / run / "last.pt", weights_only=True)
        for run in ("whole", "killed")
    )
    for part in ("network", "averaged"):
        assert all(
            torch.equal(whole[part][name], killed[part][name]) for name in whole[part]
        )
    first, second = (
        (tmp_path / run / "metrics.csv").read_text() for run in ("whole", "killed")
    )
    assert first == second
    assert first.splitlines()[0] == "epoch,loss,nme,failures"
    assert (tmp_path / "whole" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_kept_weights_are_those_of_the_best_epoch(tmp_path: Path) -> None:
    settings, task = load_run(config_file(tmp_path, epochs=4, learning_rate=0.05))
    train(settings, task, resume=False)
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()[1:]
    best = min(float(row.split(",")[2]) for row in rows)
    network = task.network()
    load_weights(network, tmp_path / "run" / "best.pt")
    assert task.validate(network.eval(), torch.device("cpu"))["nme"] == pytest.approx(
        best, rel=1e-4
    )


@pytest.mark.filterwarnings(
    "ignore:.*fork:DeprecationWarning"
)  # Python 3.12 on; OpenCV runs one thread
def test_workers_change_nothing(tmp_path: Path) -> None:
    settings, task = load_run(config_file(tmp_path))
    alone, helped = (
        list(Batches(settings.model_copy(update={"workers": workers}), task).of(1))
        for workers in (0, 1)
    )
    for one, other in zip(alone, helped, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(
                a.numpy(), b.numpy()
            )  # what is not learnt is NaN in both


def test_an_epoch_without_a_batch_is_refused(tmp_path: Path) -> None:
    settings, task = load_run(config_file(tmp_path, batch=400))
    with pytest.raises(ValueError, match="an epoch of 8 samples has no batch of 400"):
        Batches(settings, task)


def test_the_exported_network_answers_as_torch_does(tmp_path: Path) -> None:
    from training.export import write_onnx
    from vitrine.vision.networks import load_network

    _, task = load_run(config_file(tmp_path))
    torch.manual_seed(1)
    network = task.network().train()
    for _ in range(3):
        network(
            torch.randn(8, 3, 32, 32)
        )  # gives the batch normalisation statistics that are not 0 and 1
    batch = torch.randn(5, 3, 32, 32)
    with torch.no_grad():
        expected = network.eval()(batch).numpy()
    write_onnx(network, task.product, tmp_path / "network.onnx")
    exported = load_network(tmp_path / "network.onnx")
    np.testing.assert_allclose(exported.run(batch.numpy())[0], expected, atol=1e-4)
    np.testing.assert_allclose(
        exported.run(batch[:1].numpy())[0], expected[:1], atol=1e-4
    )
    assert b"site-packages" not in (tmp_path / "network.onnx").read_bytes()
