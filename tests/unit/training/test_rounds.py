"""The rounds of each network: the settings that were trained with, and the chain of weights."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from training.config import NETWORKS, RunConfig
from training.rounds import chosen_round, config_path, read_rounds
from vitrine.errors import ConfigurationError

YOUTUBE = {
    "path": Path("../shared/data/youtube_faces_keypoints.zip"),
    "format": "keypoints-csv",
    "repeat": 1,
}
PHOTOS = {"path": Path("../shared/data/helen_afw_68.zip"), "format": "pts", "repeat": 1}
EVERYWHERE = {"device": "auto", "threads": 1, "workers": 1, "warm_up": 0.05, "kept": 0}
COMMON: dict[str, dict[str, Any]] = {
    "detector": {
        "data": [YOUTUBE, PHOTOS],
        "aligned": Path("../shared/data/lfw_aligned_144.zip"),
        "shelves": Path("../shared/data/shop_shelves_no_faces.zip"),
        "videos": (Path("../shared/video/expressions-a.mp4"),),
        "teacher": Path("../shared/models/yunet_n_dynamic.onnx"),
        "batch": 16,
        "weight_decay": 0.01,
        "validation_tiles": 384,
    },
    "landmarks": {
        "data": [YOUTUBE, PHOTOS | {"repeat": 3}],
        "size": 112,
        "batch": 32,
        "weight_decay": 0.02,
        "turned": 0.3,
        "average": 0.998,
    },
    "embedding": {
        "teacher": Path("../shared/models/mobilefacenet_112.onnx"),
        "keep": 0.75,
        "people": Path("../shared/data/lfw_aligned_144.zip"),
        "faces": [YOUTUBE, PHOTOS],
        "relation": 2.0,
        "identity": 0.03,
        "shown": 5120,
        "batch": 32,
        "weight_decay": 0.0001,
    },
    "expression": {
        "data": Path("../shared/data/ferplus.zip"),
        "batch": 64,
        "weight_decay": 0.05,
        "dropout": 0.3,
    },
    "quality": {
        "people": Path("../shared/data/lfw_aligned_144.zip"),
        "faces": [YOUTUBE],
        "each": 2,
        "pictures": 10,
        "batch": 64,
        "weight_decay": 0.02,
        "workers": 0,
    },
}
"""Settings that all rounds of a network share."""
TABLES = {
    "detector": """
        seed epochs tiles malls mall_frames learning_rate average false_alarms
        7    5      6400  24    4           0.003         0.99    none
        8    12     3200  24    4           0.0025        0.99    new
        9    10     6400  24    4           0.0025        0.995   new
        10   24     6400  60    6           0.0025        0.998   new
        11   9      6400  60    6           0.0012        0.998   kept
    """,
    "landmarks": """
        seed epochs learning_rate bent tracked
        7    60     0.002         0    0
        9    45     0.0015        0.6  0
        10   40     0.0012        0.6  0.5
        11   24     0.001         0.6  0.5
    """,
    "embedding": """
        seed epochs learning_rate average covered kept
        3    4      0.0007        0.99    0       0
        4    16     0.0003        0.995   0       0
        5    10     0.0003        0.995   0.33    0.25
    """,
    "expression": """
        seed epochs learning_rate average
        11   18     0.003         0.999
    """,
    "quality": """
        seed epochs learning_rate average
        5    8      0.003         0.99
    """,
}
"""Settings in which the rounds differ, a row a round."""


def rows(table: str) -> list[dict[str, Any]]:
    head, *lines = table.strip().splitlines()
    names = head.split()
    found = []
    for line in lines:
        values = map(yaml.safe_load, line.split())
        found.append(dict(zip(names, values, strict=True)))
    return found


def stated(settings: RunConfig) -> dict[str, Any]:
    """Return the settings less those that follow from the place in the chain."""
    return settings.model_dump(exclude={"run", "start"})


@pytest.mark.parametrize("network", NETWORKS)
def test_rounds_have_the_settings_that_the_shipped_weights_were_trained_with(
    network: str,
) -> None:
    merged = [stated(this.settings) for this in read_rounds(network)]
    expected = [EVERYWHERE | COMMON[network] | row for row in rows(TABLES[network])]
    assert merged == expected


@pytest.mark.parametrize("network", NETWORKS)
def test_each_round_goes_on_from_a_file_that_the_one_before_writes(
    network: str,
) -> None:
    rounds = read_rounds(network)
    assert rounds[0].settings.start is None
    for before, after in pairwise(rounds):
        assert after.settings.start == before.settings.run / "best.pt"


def test_runs_lie_in_a_folder_of_the_network_in_order() -> None:
    folders = [str(this.settings.run) for this in read_rounds("landmarks")]
    assert folders == [
        "runs/landmarks/1-photos",
        "runs/landmarks/2-bent",
        "runs/landmarks/3-tracked",
        "runs/landmarks/4-longer",
    ]


def changed(
    folder: Path,
    text: str,
    by: str,
) -> Path:
    """Return a copy of the expression network's configuration with one change."""
    content = config_path("expression").read_text("utf-8")
    assert text in content
    path = folder / "config.yaml"
    path.write_text(content.replace(text, by))
    return path


@pytest.mark.parametrize(
    ("text", "by", "message"),
    [
        (
            "epochs: 18",
            "epoch_count: 18",
            r"\(votes\): epochs: Field required; epoch_count",
        ),
        ("epochs: 18", "epochs: 0", r"round 1 \(votes\): epochs: Input should"),
        ("epochs: 18", "start: mine.pt", "`start` follows from the order"),
        ("runs: runs/expression", "", r"config\.yaml: runs: Field required"),
        ("name: votes", "name: ../up", r"config\.yaml: rounds\.0\.name: String should"),
        ("rounds:", "rounds: [", r"config\.yaml: while parsing"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(
    tmp_path: Path,
    text: str,
    by: str,
    message: str,
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_rounds("expression", changed(tmp_path, text, by))


@pytest.mark.parametrize("number", [0, 5])
def test_a_round_that_is_not_there_is_refused(number: int) -> None:
    with pytest.raises(ConfigurationError, match="landmarks has rounds 1 to 4"):
        chosen_round(read_rounds("landmarks"), number)
