import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from tests.builders import face_points
from training.augmentation import cached, jittered_crop, view
from training.config import Config, load_config
from training.datasets.faces import LabelledFace
from training.datasets.splits import part_of
from vitrine.vision.crop import MARGIN, crop_of_points, to_network

CONFIG = Path(__file__).parents[3] / "training" / "configs" / "landmarks.yaml"


def drawn_face(points: np.ndarray) -> bytes:
    picture = np.full((120, 120, 3), 60, np.uint8)
    for x, y in points:
        cv2.circle(picture, (round(x), round(y)), 2, (200, 180, 255), -1)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def labelled(yaw: float = 0.0) -> LabelledFace:
    points = face_points(yaw=yaw, x=60, y=45, eyes=36)
    return LabelledFace("a.jpg", "training", "a", points.astype(np.float32), drawn_face(points))


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
            rows.append(f"{person}_00.jpg," + ",".join(str(v) for v in points.reshape(-1)))
            archive.writestr(f"training/{person}_00.jpg", drawn_face(points))
        archive.writestr("training_frames_keypoints.csv", "\n".join(rows))
    return path / "faces.zip"


def config(path: Path, run: str, epochs: int = 3) -> Config:
    source = {"path": data_set(path), "format": "keypoints-csv"}
    values = load_config(CONFIG).model_dump() | {"data": [source], "run": path / run, "epochs": epochs}
    return Config.model_validate(
        values | {"threads": 1, "width": 0.1, "small_epochs": 1, "small_size": 32, "batch": 4}
    )


def test_a_misspelt_setting_is_refused(tmp_path: Path) -> None:
    (tmp_path / "typo.yaml").write_text(CONFIG.read_text().replace("\nepochs:", "\nepoch:"))
    with pytest.raises(ValidationError, match="epoch"):
        load_config(tmp_path / "typo.yaml")


def test_a_cached_face_keeps_its_targets() -> None:
    face, kept = labelled(20), cached(labelled(20))
    expected = to_network(face.points, crop_of_points(face.points))
    np.testing.assert_allclose(to_network(kept.points, crop_of_points(kept.points)), expected, atol=1e-5)


def test_the_targets_of_a_view_lie_on_its_picture() -> None:
    kept = cached(labelled(20))
    bright = []
    for seed in range(20):
        picture, points = view(kept, 128, np.random.default_rng(seed), [kept])
        assert (picture.shape, picture.dtype.name) == ((128, 128, 3), "uint8")
        column, row = np.round(points[8] * 64 + 63.5).astype(int)
        if 0 <= column < 128 and 0 <= row < 128:
            bright.append(int(picture[row, column].max()) - float(np.median(picture)))
    assert np.median(bright) > 30


def test_the_same_seed_gives_the_same_view() -> None:
    kept = cached(labelled())
    first, again = (view(kept, 96, np.random.default_rng(5), [kept]) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


def test_jitter_is_centred_on_the_crop_of_serving() -> None:
    kept, rng = cached(labelled()), np.random.default_rng(0)
    spread = [np.abs(to_network(kept.points, jittered_crop(kept.points, 128, rng))).max() for _ in range(300)]
    assert np.median(spread) == pytest.approx(1 / MARGIN, rel=0.15)


def test_a_killed_and_resumed_run_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    from training import landmarks

    landmarks.train(config(tmp_path, "whole"), resume=False)
    save, saves = landmarks.State.save, []

    def save_then_die(state: landmarks.State, path: Path) -> None:
        save(state, path)
        saves.append(path.name)
        if saves.count("last.pt") == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(landmarks.State, "save", save_then_die)
    with pytest.raises(KeyboardInterrupt):
        landmarks.train(config(tmp_path, "killed"), resume=False)
    monkeypatch.undo()
    landmarks.train(config(tmp_path, "killed"), resume=True)

    whole, killed = (torch.load(tmp_path / run / "last.pt", weights_only=True) for run in ("whole", "killed"))
    assert all(torch.equal(whole["network"][name], killed["network"][name]) for name in whole["network"])
    assert (tmp_path / "whole" / "metrics.csv").read_text() == (
        tmp_path / "killed" / "metrics.csv"
    ).read_text()


def test_the_exported_network_answers_as_torch_does(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from training.export import write_onnx
    from training.landmarks import landmark_network
    from vitrine.vision.networks import load_network

    torch.manual_seed(1)
    network = landmark_network(0.25).train()
    for _ in range(3):
        network(torch.randn(8, 3, 64, 64))  # gives the batch normalisation statistics that are not 0 and 1
    batch = torch.randn(5, 3, 128, 128)
    with torch.no_grad():
        expected = network.eval()(batch).numpy()
    write_onnx(network, tmp_path / "network.onnx")
    exported = load_network(tmp_path / "network.onnx")
    np.testing.assert_allclose(exported.run(batch.numpy())[0], expected, atol=1e-4)
    np.testing.assert_allclose(exported.run(batch[:1].numpy())[0], expected[:1], atol=1e-4)
    assert b"site-packages" not in (tmp_path / "network.onnx").read_bytes()
