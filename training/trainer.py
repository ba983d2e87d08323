"""One training loop for every network of the product.

Everything random is a function of seed, epoch and place in the epoch, so a run killed and resumed ends with
the same weights. What is measured and kept is the moving average of the weights.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset

from training.config import RunConfig
from training.curves import MetricsFile, draw_curves
from training.export import Product

Sample = tuple[NDArray[Any], ...]
Batch = Sequence[Tensor]


class Task(Protocol):
    """What the trainer has to know about one kind of network."""

    metric: str
    """The measurement of `validate` that chooses the best weights."""
    better: Literal["lower", "higher"]
    product: Product

    def network(self) -> nn.Module:
        """A network with its first weights; called after the seed is set."""

    def order(self, rng: np.random.Generator) -> Sequence[int] | NDArray[np.integer]:
        """Which samples an epoch shows, in which order; as many in each epoch."""

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """One training sample: arrays that are stacked to a batch. May run in another process."""

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """What is made smaller."""

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """Measurements on faces that are not trained on."""


@dataclass
class State:
    """What a checkpoint holds."""

    network: nn.Module
    averaged: AveragedModel
    optimizer: torch.optim.AdamW
    epoch: int = 0
    best: float = math.nan

    def save(self, path: Path) -> None:
        """Atomic: a kill leaves the old checkpoint or the new one."""
        partial = path.with_suffix(".partial")
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save(parts | {"epoch": self.epoch, "best": self.best}, partial)
        os.replace(partial, path)

    def restore(self, path: Path) -> None:
        saved: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
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

    def save_weights(self, path: Path) -> None:
        """The averaged weights alone, as `load_weights` reads them."""
        partial = path.with_suffix(".partial")
        torch.save(self.averaged.module.state_dict(), partial)
        os.replace(partial, path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Fills a network with the weights of a best.pt."""
    network.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))


def train(config: RunConfig, task: Task, *, resume: bool) -> None:
    """Trains to the end of the schedule; leaves metrics.csv, curves.png, best.pt and last.pt."""
    torch.set_num_threads(config.threads)
    config.run.mkdir(parents=True, exist_ok=True)
    device = chosen_device(config)
    state = fresh_state(config, task, device)
    last = config.run / "last.pt"
    best = config.run / "best.pt"
    if resume and last.exists():
        state.restore(last)
    metrics = MetricsFile(config.run / "metrics.csv", keep=state.epoch)
    batches = Batches(config, task)
    with _progress() as progress:
        bar = progress.add_task(
            task.metric,
            total=config.epochs * batches.steps,
            loss=math.nan,
            value=state.best,
        )
        progress.advance(bar, state.epoch * batches.steps)
        while state.epoch < config.epochs:
            losses: list[float] = []
            for loss in _epoch(config, task, state, batches, device):
                losses.append(loss)
                progress.update(bar, advance=1, loss=np.mean(losses))
            state.epoch += 1
            measured = task.validate(state.averaged.module.eval(), device)
            value = measured[task.metric]
            metrics.add(state.epoch, {"loss": float(np.mean(losses)), **measured})
            progress.update(bar, value=value)
            if math.isnan(state.best) or (
                value < state.best if task.better == "lower" else value > state.best
            ):
                state.best = value
                state.save_weights(best)
            state.save(last)
            draw_curves(config.run / "metrics.csv", config.run / "curves.png")


def chosen_device(config: RunConfig) -> torch.device:
    """The device of a run."""
    if config.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(config.device)


def fresh_state(config: RunConfig, task: Task, device: torch.device) -> State:
    """First weights from the seed or from `config.start`; no weight decay on biases and normalisation."""
    torch.manual_seed(config.seed)
    network = task.network()
    if config.start is not None:
        load_weights(network, config.start)
    network.to(device).to(
        memory_format=torch.channels_last
    )  # halves the time of a step on a CPU
    moving = get_ema_multi_avg_fn(config.average)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(network, multi_avg_fn=moving, use_buffers=True)
    trained = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {
            "params": [p for p in trained if p.ndim > 1],
            "weight_decay": config.weight_decay,
        },
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return State(network, averaged, torch.optim.AdamW(groups, lr=config.learning_rate))


class Batches:
    """The batches of each epoch, prepared beside the training."""

    def __init__(self, config: RunConfig, task: Task) -> None:
        self._config = config
        self._task = task
        self.steps = len(self._order(0)) // config.batch
        if not self.steps:
            raise ValueError(
                f"an epoch of {len(self._order(0))} samples has no batch of {config.batch}"
            )

    def _order(self, epoch: int) -> NDArray[np.integer]:
        return np.asarray(
            self._task.order(np.random.default_rng([self._config.seed, epoch]))
        )

    def of(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, counted from 0; what does not fill a batch is left out."""
        chosen = self._order(epoch)[: self.steps * self._config.batch]
        samples = _Samples(self._task, chosen, self._config.seed, epoch)
        loader = DataLoader(
            samples,
            batch_size=self._config.batch,
            num_workers=self._config.workers,
            pin_memory=torch.cuda.is_available(),
        )
        yield from loader


class _Samples(Dataset[Sample]):
    """One epoch: each place has a generator of its own, so workers change nothing."""

    def __init__(
        self, task: Task, chosen: NDArray[np.integer], seed: int, epoch: int
    ) -> None:
        self._task = task
        self._chosen = chosen
        self._seed = seed
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, place: int) -> Sample:
        rng = np.random.default_rng([self._seed, self._epoch, place])
        return self._task.sample(int(self._chosen[place]), rng)


def _epoch(
    config: RunConfig, task: Task, state: State, batches: Batches, device: torch.device
) -> Iterator[float]:
    """One pass; yields the loss of each step."""
    state.network.train()
    for step, batch in enumerate(batches.of(state.epoch)):
        for group in state.optimizer.param_groups:
            group["lr"] = config.learning_rate * schedule(
                state.epoch + step / batches.steps, config
            )
        there = [_placed(part, device) for part in batch]
        with torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
            loss = task.loss(state.network, there)
        state.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        state.averaged.update_parameters(state.network)
        yield loss.item()


def _placed(part: Tensor, device: torch.device) -> Tensor:
    layout = torch.channels_last if part.ndim == 4 else torch.preserve_format
    return part.to(device, non_blocking=True, memory_format=layout)


def schedule(epoch: float, config: RunConfig) -> float:
    """Linear warm-up, then a cosine down to 0; a share of the learning rate."""
    done = epoch / config.epochs
    if done < config.warm_up:
        return 0.02 + 0.98 * done / config.warm_up
    return 0.5 * (
        1 + math.cos(math.pi * (done - config.warm_up) / (1 - config.warm_up))
    )


def _progress() -> Progress:
    shown = TextColumn(
        "loss {task.fields[loss]:.5f}  best {task.description} so far {task.fields[value]:.4f}"
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, TimeRemainingColumn(), shown, speed_estimate_period=300)
