"""The landmark weights that ship."""

import re
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from training.datasets.formats import READERS
from training.datasets.splits import select
from training.evaluation.landmarks import measure
from training.evaluation.models import load_landmarker
from vitrine.shipped import MODELS
from vitrine.vision.models import model_path
from vitrine.vision.networks import load_network

WEIGHTS = "landmarks_112.onnx"


@pytest.mark.parametrize("name", [WEIGHTS, "canonical_shape_68.json"])
def test_the_card_describes_the_file_that_ships(name: str) -> None:
    card = (MODELS / name).with_suffix(".card.md").read_text(encoding="utf-8")
    stated = re.search(r"sha256 `([0-9a-f]{64})`", card)
    assert stated is not None
    assert stated[1] == sha256(model_path(name).read_bytes()).hexdigest()


def test_the_answers_for_a_batch_are_those_for_its_pictures() -> None:
    network = load_network(model_path(WEIGHTS))
    batch = np.random.default_rng(0).uniform(-1, 1, (3, 3, 112, 112)).astype(np.float32)
    together = network.run(batch)[0]
    assert together.shape == (3, 136)
    alone = np.vstack([network.run(one[None])[0] for one in batch])
    np.testing.assert_allclose(together, alone, atol=1e-4)


@pytest.mark.shared
def test_people_never_trained_on_have_the_errors_of_the_card(shared: Path) -> None:
    faces = READERS["keypoints-csv"](shared / "data" / "youtube_faces_keypoints.zip")
    held_out = select(faces, "held-out")[::3]
    landmarker, _ = load_landmarker(model_path(WEIGHTS))
    figures = measure(held_out, landmarker, None)
    assert figures["mse"] < 0.00018
    assert figures["nme"] < 0.07
