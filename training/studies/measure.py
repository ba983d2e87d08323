"""Figures of a trained network of the studies: errors, time and size."""

import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from training.export import RUN_FILE, write_onnx
from training.state import BEST, epochs_done, load_weights
from training.studies.networks import NETWORKS
from training.studies.task import Config, StudyTask, build
from training.task import Product
from vitrine.errors import ConfigurationError
from vitrine.vision.networks import load_network

SETTINGS: Final = "config.json"
"""Of a run, in its folder: what `measure` reads."""
TIMED: Final = 40
"""Pictures that are timed; enough for a median."""


def settings_of(run: Path) -> Config:
    """Return the settings of a run. Raises ConfigurationError where there is none."""
    path = run / SETTINGS
    if not path.exists() or not (run / BEST).exists():
        raise ConfigurationError(
            f"{run} holds no run with {SETTINGS} and {BEST}: train first,"
            " python -m training studies train --help"
        )
    return Config.model_validate_json(path.read_text(encoding="utf-8"))


def measure(config: Config) -> dict[str, Any]:
    """Return the figures of a run's best weights on the faces that it was not to see.

    The network is left in the run's folder, for the lab's app.
    """
    task = build(config)
    network = task.network()
    load_weights(network, config.run / BEST)
    network.eval()
    held_out = task.measured("held-out")
    errors = held_out.errors(network, torch.device("cpu"))
    parameters = sum(weights.numel() for weights in network.parameters())
    return {
        "network": config.name,
        "split": config.split,
        "points": config.points,
        "size": config.size,
        "grey": config.grey,
        "rotation": config.rotation,
        "start": task.start,
        "epochs": epochs_done(config.run),
        "batch": config.batch,
        "learning_rate": config.learning_rate,
        "faces": len(held_out.faces),
        **errors.means(),
        "parameters": parameters,
        **_cost(network, task, config.run / RUN_FILE),
    }


def _cost(network: nn.Module, task: StudyTask, path: Path) -> dict[str, float]:
    """Return megabytes of the ONNX file at `path`, and milliseconds of one picture on one core."""
    write_onnx(network, task.product, path)
    size = path.stat().st_size
    milliseconds = _milliseconds(path, task.product)
    return {"megabytes": size / 1e6, "milliseconds": milliseconds}


def _milliseconds(path: Path, product: Product) -> float:
    """Return the median CPU time of a picture, which a busy machine changes least."""
    network = load_network(path)
    picture = np.zeros((1, *product.shape), np.float32)
    # The first run allocates memory.
    network.run(picture)
    times_s = []
    for _ in range(TIMED):
        started = time.process_time()
        network.run(picture)
        times_s.append(time.process_time() - started)
    return 1000 * median(times_s)


def title_of(name: str) -> str:
    """Return how a network is called in tables."""
    return NETWORKS[name].title
