import json
from pathlib import Path

import numpy as np
import pytest

from training.evaluation.results import Columns, plain, show, write

RESULT = {
    "model": "net.onnx",
    "sha256": "0" * 64,
    "data": "faces [1].zip",
    "protocol": "How it was done.",
    "n": np.int64(2),
    "nme": 0.0512345,
    "accuracy": 0.975,
    "tar_at_far": {
        "1e-2": 0.9,
        "1e-3": None,
    },
    "interval": {
        "nme": (0.04, 0.06),
        "accuracy": None,
        "tar_at_far": {
            "1e-2": (np.float32(0.5), 1),
            "1e-3": None,
        },
    },
    "sets": {
        "test": {
            "n": 1,
            "nme": np.nan,
            "accuracy": 1.0,
            "interval": {"nme": None},
        }
    },
    "subgroups": {
        "yaw": {
            "< 15°": {
                "n": 1,
                "nme": 0.05,
                "interval": {"nme": None},
            }
        },
        "skin_tone": None,
    },
}


def test_figures_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(RESULT)
    shown = capsys.readouterr().out
    for text in (
        "0.0512 (0.04 – 0.06)",
        "97.5%",
        "1e-2: 90.0%  1e-3: –",
        "yaw < 15°",
        "faces [1].zip",
    ):
        assert text in shown


def test_what_could_not_be_measured_is_null(tmp_path: Path) -> None:
    write(RESULT, tmp_path / "figures.json")
    read = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert read["sets"]["test"]["nme"] is None
    assert read["n"] == 2
    assert read["interval"]["tar_at_far"] == {
        "1e-2": [0.5, 1],
        "1e-3": None,
    }
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


def test_arrays_and_infinities_are_plain() -> None:
    assert plain(
        {
            1: np.array([[1, 2]]),
            "b": (np.inf, np.True_, "text", None),
        }
    ) == {
        "1": [[1, 2]],
        "b": [None, True, "text", None],
    }


def test_figures_of_nobody_are_not_numbers() -> None:
    columns = Columns({"nme": np.array([0.1])}, np.array(["Ann"]))
    figures = columns.figures(np.array([False]))
    assert (figures["n"], figures["people"], figures["interval"]["nme"]) == (0, 0, None)
    assert np.isnan(figures["nme"])
