"""The state of a training run between epochs, and the checkpoints it writes."""

import math
import os
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.config import RunConfig
from training.task import Task

BEST: Final = "best.pt"
"""Weights of the best epoch: what the next round and `export` read."""
LAST: Final = "last.pt"
"""Everything after the last epoch: what `--resume` goes on from."""


@dataclass
class State:
    """Hold what a checkpoint holds."""

    network: nn.Module
    averaged: AveragedModel
    optimizer: torch.optim.AdamW
    begun: dict[str, Tensor]
    """The weights that the round began with."""
    kept: float
    """Share of those in what is measured and exported."""
    epoch: int = 0
    best: float = math.nan

    def save(self, path: Path) -> None:
        """Write a checkpoint. Atomic: a kill leaves the old one or the new one."""
        saved: dict[str, Any] = {"epoch": self.epoch, "best": self.best}
        for name, part in self._parts().items():
            saved[name] = part.state_dict()
        _save(saved, path)

    def restore(self, path: Path) -> None:
        """Go back to a checkpoint that `save` wrote."""
        saved: dict[str, Any] = torch.load(
            path,
            weights_only=True,
            map_location="cpu",
        )
        for name, part in self._parts().items():
            part.load_state_dict(saved[name])
        self.epoch = saved["epoch"]
        self.best = saved["best"]

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "averaged": self.averaged,
            "optimizer": self.optimizer,
        }

    def product(self) -> nn.Module:
        """Return the network that is measured and exported."""
        averaged: nn.Module = self.averaged.module
        if self.kept == 0:
            return averaged
        mixed = deepcopy(averaged)
        # These share their memory with the network.
        weights = mixed.state_dict()
        for name, begun in self.begun.items():
            # Normalisation counts its batches in whole numbers.
            if begun.is_floating_point():
                weights[name].lerp_(begun, self.kept)
        return mixed


def _save(content: dict[str, Any], path: Path) -> None:
    # Renamed when whole, so that a kill leaves no half of a file.
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    os.replace(partial, path)


def write_weights(network: nn.Module, path: Path) -> None:
    """Write what `load_weights` reads; the folder is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _save(network.state_dict(), path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network with the weights of a best.pt."""
    weights = torch.load(
        path,
        weights_only=True,
        map_location="cpu",
    )
    network.load_state_dict(weights)


def epochs_done(run: Path) -> int:
    """Return the epoch of a run's last checkpoint, 0 where there is none."""
    path = run / LAST
    if not path.exists():
        return 0
    saved = torch.load(
        path,
        weights_only=True,
        map_location="cpu",
    )
    return int(saved["epoch"])


def fresh_state(
    config: RunConfig,
    task: Task,
    device: torch.device,
) -> State:
    """Return the state before the first epoch.

    The weights are those of `config.start`, or the first ones of the task from the seed.
    """
    torch.manual_seed(config.seed)
    network = task.network()
    if config.start is None:
        task.first_weights(network)
    else:
        load_weights(network, config.start)
    network.to(device)
    # This layout halves the time of a step on a CPU.
    network.to(memory_format=torch.channels_last)
    moving = get_ema_multi_avg_fn(config.average)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(
        network,
        multi_avg_fn=moving,
        use_buffers=True,
    )
    groups = _parameter_groups(network, config.weight_decay)
    optimizer = torch.optim.AdamW(groups, lr=config.learning_rate)
    weights = network.state_dict()
    begun = {name: weight.clone() for name, weight in weights.items()}
    return State(
        network,
        averaged,
        optimizer,
        begun,
        config.kept,
    )


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the trained parameters; biases and normalisation do not decay."""
    decaying: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for parameter in network.parameters():
        if not parameter.requires_grad:
            continue
        group = decaying if parameter.ndim > 1 else others
        group.append(parameter)
    return [
        {"params": decaying, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
