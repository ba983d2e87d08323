"""Made-up result files of the layout that `python -m training evaluate --json` writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng

from training.report.plan import PLAN, Measurement

Content = dict[str, Any]
CLASSES = {
    "face_size": ["≥ 128 px", "64–128 px", "48–64 px", "32–48 px"],
    "yaw": ["< 15°", "15–30°", "30–45°", "≥ 45°"],
    "brightness": ["≥ 150", "110–150", "70–110", "< 70"],
    "blur": ["≥ 150", "50–150", "15–50", "< 15"],
    "skin_tone": ["very light", "light", "intermediate", "tan", "brown", "dark"],
}
EXPRESSIONS = [
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
]
MAIN = {
    "landmarks": "nme",
    "detector": "recall",
    "identity": "accuracy",
    "expression": "accuracy",
}


def make_set(
    key: str,
    value: float,
    *,
    n: int = 200,
    half: float = 0.01,
    **more: Any,
) -> Content:
    """Return figures of one set: `value` ± `half`."""
    return {
        "n": n,
        "people": n // 10,
        key: value,
        "interval": {key: [value - half, value + half]},
        **more,
    }


def make_result(
    task: str,
    value: float,
    **more: Any,
) -> Content:
    """Return a whole result.

    Its last yaw class is clearly worse, its darkest skin tone has few faces.
    """
    key = MAIN[task]
    worse = value + 0.1 if key == "nme" else value - 0.1
    rest = make_set(key, value)
    groups: dict[str, Content] = {}
    for name, labels in CLASSES.items():
        groups[name] = {label: make_set(key, value, rest=rest) for label in labels}
    groups["yaw"]["≥ 45°"] = make_set(
        key,
        worse,
        n=40,
        rest=rest,
    )
    groups["skin_tone"]["dark"] = make_set(
        key,
        worse,
        n=4,
        half=0.2,
        rest=rest,
    )
    return {
        "task": task,
        "model": f"{task}.onnx",
        "sha256": "0" * 64,
        "data": "made_up.zip",
        "format": "none",
        "protocol": "Nothing was measured: these figures are made up.",
        **make_set(key, value),
        "sets": {},
        "subgroups": groups,
        **more,
    }


def _landmarks(rng: Generator) -> Content:
    nme = np.sort(rng.lognormal(-3, 0.35, 101))
    return make_result(
        "landmarks",
        float(nme.mean()),
        mse=0.0001,
        failures=0.02,
        detected=0.998,
        box="detector",
        detector={"model": "mtcnn", "sha256": "0" * 64},
        curves={"nme_quantiles": nme.tolist()},
    )


def _detector(rng: Generator) -> Content:
    milliseconds = float(rng.uniform(3, 20))
    alarms = float(rng.uniform(0, 0.4))
    recall = float(rng.uniform(0.85, 0.98))
    sweep = np.linspace(1.1, 0.2, 40)
    curves = {
        "false_per_image": (alarms * sweep**6).tolist(),
        "recall": (recall * sweep**0.1).tolist(),
    }
    return make_result(
        "detector",
        recall,
        milliseconds=2.0,
        milliseconds_640x360=milliseconds,
        false_per_image=alarms,
        pictures_with_false=alarms / 2,
        curves=curves,
    )


def _identity(rng: Generator) -> Content:
    far = np.logspace(-4, -0.3, 60)
    tar = far ** float(rng.uniform(0.01, 0.03))
    return make_result(
        "identity",
        0.98,
        rank1=0.9,
        curves={"far": far.tolist(), "tar": tar.tolist()},
        tar_at_far={"1e-2": 0.96, "1e-3": 0.9, "1e-4": None},
    )


def _quality(_: Generator) -> Content:
    rejected = np.arange(0, 0.96, 0.05)
    line = np.linspace(0.2, 0, 20)
    ideal = np.maximum(0, line - 0.1)
    reject = {
        "rejected": rejected.tolist(),
        "random": [0.2] * 20,
        "error": line.tolist(),
        "ideal": ideal.tolist(),
        "sharpness": (line + 0.03).tolist(),
    }
    return {
        "protocol": "Made up.",
        **make_set("fnmr", 0.2),
        "area": 0.1,
        "area_random": 0.2,
        "area_ideal": 0.03,
        "gain": 0.6,
        "curves": {"reject": reject},
        "subgroups": {},
    }


def _expression(rng: Generator) -> Content:
    wrong = rng.integers(0, 20, (8, 8))
    right = np.diag(rng.integers(50, 900, 8))
    return make_result(
        "expression",
        0.83,
        confusion=(wrong + right).tolist(),
        classes=EXPRESSIONS,
        balanced_accuracy=0.6,
    )


TASKS: dict[str, Callable[[Generator], Content]] = {
    "landmarks": _landmarks,
    "detector": _detector,
    "identity": _identity,
    "quality": _quality,
    "expression": _expression,
}


def made_up(measurement: Measurement) -> Content:
    """Return plausible figures for a measurement of the plan, always the same."""
    seed = sum(measurement.name.encode())
    task = measurement.arguments[0]
    return TASKS[task](default_rng(seed))


def write_made_up(folder: Path) -> None:
    """Write a file for each measurement of the plan."""
    for measurement in PLAN:
        text = json.dumps(made_up(measurement))
        (folder / f"{measurement.name}.json").write_text(text)
