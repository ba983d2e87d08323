"""The one protocol: splits, errors, and a run that is stopped and resumed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from tests.unit.training.small import everybody, labelled_faces, people_of
from training.config import Source
from training.datasets.faces import DatasetError
from training.datasets.fifteen import MIRROR, NAMES, fifteen_of
from training.pictures.drawn import drawn_faces
from training.state import State
from training.studies.data import MARGIN, SQUARE, StudyFace, chosen_faces, errors_of
from training.studies.task import Config, build
from training.trainer import train
from vitrine.vision.shape import five_points, mirrored


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    people = [*everybody(), *people_of("held-out", 2)]
    return labelled_faces(tmp_path_factory.mktemp("faces"), people)


def config(
    run: Path,
    faces: Path,
    **changes: Any,
) -> Config:
    settings = {
        "run": run,
        "seed": 3,
        "threads": 1,
        "workers": 0,
        "epochs": 3,
        "batch": 4,
        "learning_rate": 0.001,
        "name": "lenet",
        "data": [Source(path=faces, format="keypoints-csv")],
        "size": 32,
    }
    return Config.model_validate(settings | changes)


def checkpoint(run: Path) -> dict[str, Any]:
    saved: dict[str, Any] = torch.load(run / "last.pt", weights_only=True)
    return saved


@pytest.mark.parametrize("name", ["lenet", "mobilenetv2"])
def test_a_stopped_and_resumed_run_ends_as_one_that_was_not_stopped(
    tmp_path: Path,
    faces: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    whole = config(tmp_path / "whole", faces, name=name)
    train(whole, build(whole), resume=False)

    save = State.save

    def save_then_die(state: State, path: Path) -> None:
        save(state, path)
        if state.epoch == 2:
            raise KeyboardInterrupt

    stopped = config(tmp_path / "stopped", faces, name=name)
    monkeypatch.setattr(State, "save", save_then_die)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, build(stopped), resume=False)
    monkeypatch.undo()
    train(stopped, build(stopped), resume=True)

    expected = checkpoint(whole.run)
    found = checkpoint(stopped.run)
    for part in ("network", "averaged"):
        for layer, weights in expected[part].items():
            assert torch.equal(weights, found[part][layer]), layer
    rows = (whole.run / "metrics.csv").read_text()
    assert rows == (stopped.run / "metrics.csv").read_text()
    assert rows.splitlines()[0] == "epoch,loss,mse,pixels,nme"
    assert (whole.run / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_people_are_kept_apart_and_the_published_split_is_its_folders(
    tmp_path: Path, faces: Path
) -> None:
    data = config(tmp_path, faces).data
    apart: list[set[str]] = []
    for part in ("train", "validation", "held-out"):
        chosen = chosen_faces(data, "people", part)
        apart.append({face.group for face in chosen})
    assert [len(people) for people in apart] == [8, 2, 2]
    # All pictures are in training/: the published split has nothing to measure on.
    with pytest.raises(DatasetError, match="no face in the part 'held-out'"):
        chosen_faces(data, "published", "held-out")


def test_errors_are_those_of_the_photo() -> None:
    picture = torch.zeros(3, 4, 4, dtype=torch.uint8)
    points = torch.zeros(3, 2)
    face = StudyFace(
        picture,
        points,
        scale=2.0,
        photo=(200, 100),
    )
    expected = torch.tensor([[[-0.5, 0.0], [0.5, 0.0], [0.0, 0.5]]])
    # A tenth of the half picture of 40 pixels, twice as many in the photo: 8 pixels.
    found = expected + torch.tensor([0.0, 0.2])
    errors = errors_of(
        found,
        expected,
        [face],
        size=40,
        eyes=(0, 1),
    )
    assert errors.pixels[0] == pytest.approx(8)
    assert errors.mse[0] == pytest.approx((8 / 100) ** 2 / 2)
    # The eyes are 20 pixels of the picture apart, 40 of the photo.
    assert errors.nme[0] == pytest.approx(8 / 40)


def test_an_unknown_network_is_refused_with_the_names_of_all(
    tmp_path: Path, faces: Path
) -> None:
    with pytest.raises(ValidationError, match="'alexnet' is none of custom, lenet"):
        config(tmp_path, faces, name="alexnet")


def test_fifteen_points_mirror_as_sixty_eight_do() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 100, (68, 2))
    flipped = fifteen_of(mirrored(points, 100))
    own = fifteen_of(points)[MIRROR]
    own[:, 0] = 99 - own[:, 0]
    np.testing.assert_allclose(flipped, own)
    # The person's left eye is right of the nose in the picture.
    assert NAMES[0] == "left_eye_center"
    np.testing.assert_allclose(fifteen_of(points)[0], points[42:48].mean(axis=0))


def test_a_detectors_square_is_about_the_one_of_the_points() -> None:
    sizes = []
    lower = []
    for face in drawn_faces(people=3, each=4):
        five = five_points(face.points)
        crop = SQUARE.crop(five, 96)
        scale = float(np.hypot(*crop[:, 0]))
        low = face.points.min(axis=0)
        high = face.points.max(axis=0)
        side = MARGIN * float((high - low).max())
        sizes.append(96 / scale / side)
        middle = crop @ [*((low + high) / 2), 1]
        lower.append((middle[1] - 47.5) / 96)
    assert np.median(sizes) == pytest.approx(1, abs=0.1)
    assert np.median(lower) == pytest.approx(0, abs=0.05)
