"""Training of the landmark network: MobileNetV2 from scratch, 68 points as 136 numbers in crop coordinates.

Everything random is a function of seed and epoch: a run killed and resumed ends with the same weights.
"""

import csv
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
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
from torch.nn import functional
from torchvision.models import MobileNetV2

from training.augmentation import CachedFace, cached, view
from training.config import Config
from training.datasets.splits import Part, select
from vitrine.vision.crop import INPUT_SIZE, crop_of_points, cut, network_input, to_network
from vitrine.vision.shape import POINT_COUNT, outer_eye_distance


def landmark_network(width: float = 1.0) -> MobileNetV2:
    """(n, 3, 128, 128) RGB in −1…1 → (n, 136) crop coordinates."""
    return MobileNetV2(num_classes=2 * POINT_COUNT, width_mult=width, dropout=0.0)


@dataclass
class State:
    """What a checkpoint holds."""

    network: MobileNetV2
    optimizer: torch.optim.AdamW
    epoch: int = 0
    best: float = math.inf

    def save(self, path: Path) -> None:
        """Atomic: a kill leaves the old checkpoint or the new one."""
        parts = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        partial = path.with_suffix(".partial")
        torch.save(parts | {"epoch": self.epoch, "best": self.best}, partial)
        os.replace(partial, path)

    def restore(self, path: Path) -> None:
        saved: dict[str, Any] = torch.load(path, weights_only=True)
        self.network.load_state_dict(saved["network"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.epoch, self.best = saved["epoch"], saved["best"]


def fresh_state(config: Config, mean: NDArray[np.float64]) -> State:
    """Random weights from the seed; the last layer starts at the mean shape (136,)."""
    torch.manual_seed(config.seed)
    network = landmark_network(config.width)
    head = network.classifier[1]
    assert isinstance(head, nn.Linear)
    with torch.no_grad():
        head.weight.mul_(0.1)
        head.bias.copy_(torch.from_numpy(mean))
    network.to(memory_format=torch.channels_last)  # halves the time of a step on a CPU
    decay = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": config.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return State(network, torch.optim.AdamW(groups, lr=config.learning_rate))


def load_faces(config: Config, part: Part) -> list[list[CachedFace]]:
    """Decoded cuts of one part, a list for each source."""
    return [[cached(face) for face in select(source.read(), part)] for source in config.data]


def train(config: Config, *, resume: bool) -> None:
    """Trains to the end of the schedule; leaves last.pt, best.pt and metrics.csv in the run folder."""
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(1)
    config.run.mkdir(parents=True, exist_ok=True)
    sources = load_faces(config, "train")
    faces = [f for source, some in zip(config.data, sources, strict=True) for f in some * source.repeat]
    validation = ValidationSet([f for some in load_faces(config, "validation") for f in some])
    state = fresh_state(config, mean_target(faces))
    last, best = config.run / "last.pt", config.run / "best.pt"
    if resume and last.exists():
        state.restore(last)
    metrics = MetricsFile(config.run / "metrics.csv", keep=state.epoch)
    with _progress() as progress:
        task = progress.add_task(
            "train", total=config.epochs * _steps(config, faces), loss=math.nan, nme=state.best
        )
        progress.advance(task, state.epoch * _steps(config, faces))
        while state.epoch < config.epochs:
            losses, size = [], input_size(config, state.epoch)
            for loss in _epoch(config, state, faces):
                losses.append(loss)
                progress.update(task, advance=1, loss=np.mean(losses))
            state.epoch += 1
            nme = validation.nme(state.network, size)
            metrics.add(state.epoch, float(np.mean(losses)), nme, state.optimizer.param_groups[0]["lr"])
            progress.update(task, nme=nme)
            if size == INPUT_SIZE and nme < state.best:
                state.best = nme
                state.save(best)
            state.save(last)


def _progress() -> Progress:
    shown = TextColumn("loss {task.fields[loss]:.5f}  validation NME {task.fields[nme]:.4f}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), shown, speed_estimate_period=300)


def _steps(config: Config, faces: list[CachedFace]) -> int:
    return len(faces) // config.batch


def input_size(config: Config, epoch: int) -> int:
    """Side of the pictures that this epoch, counted from 0, trains on."""
    return config.small_size if epoch < config.small_epochs else INPUT_SIZE


def _epoch(config: Config, state: State, faces: list[CachedFace]) -> Iterator[float]:
    """One pass in an order that seed and epoch give; yields the loss of each step."""
    rng = np.random.default_rng([config.seed, state.epoch])
    size = input_size(config, state.epoch)
    steps = _steps(config, faces)
    order = rng.permutation(len(faces))[: steps * config.batch].reshape(steps, config.batch)
    state.network.train()
    for step, chosen in enumerate(order):
        for group in state.optimizer.param_groups:
            group["lr"] = config.learning_rate * schedule(state.epoch + step / steps, config)
        views = [view(faces[i], size, rng, faces) for i in chosen]
        pictures = torch.from_numpy(network_input([picture for picture, _ in views]))
        targets = torch.from_numpy(np.stack([points for _, points in views]).astype(np.float32))
        loss = _loss(state.network(pictures.contiguous(memory_format=torch.channels_last)), targets)
        state.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        yield loss.item()


def _loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Smooth L1, quadratic below one pixel of the input."""
    return functional.smooth_l1_loss(outputs, targets.flatten(1), beta=2 / INPUT_SIZE)


def schedule(epoch: float, config: Config) -> float:
    """Linear warm-up, then a cosine down to 0; a share of the learning rate."""
    done = epoch / config.epochs
    if done < config.warm_up:
        return 0.02 + 0.98 * done / config.warm_up
    return 0.5 * (1 + math.cos(math.pi * (done - config.warm_up) / (1 - config.warm_up)))


def mean_target(faces: list[CachedFace]) -> NDArray[np.float64]:
    """Mean of the upright targets, (136,)."""
    targets: list[NDArray[np.float64]] = [
        to_network(f.points, crop_of_points(f.points)).reshape(-1) for f in faces
    ]
    return np.asarray(np.mean(targets, axis=0), dtype=np.float64)


class ValidationSet:
    """Upright cuts of the faces that choose the best checkpoint."""

    def __init__(self, faces: list[CachedFace]) -> None:
        crops = [crop_of_points(f.points) for f in faces]
        self._pictures = torch.from_numpy(
            network_input([cut(f.image, crop) for f, crop in zip(faces, crops, strict=True)])
        ).contiguous(memory_format=torch.channels_last)
        self._targets = np.stack([to_network(f.points, crop) for f, crop in zip(faces, crops, strict=True)])

    def nme(self, network: MobileNetV2, size: int) -> float:
        """Mean distance of the points over that of the outer eye corners, seen at `size` pixels."""
        network.eval()
        pictures = functional.interpolate(self._pictures, size, mode="bilinear", antialias=True)
        with torch.no_grad():
            outputs = torch.cat([network(some) for some in torch.split(pictures, 64)]).numpy()
        errors = np.linalg.norm(outputs.reshape(self._targets.shape) - self._targets, axis=-1).mean(axis=1)
        return float(np.mean(errors / outer_eye_distance(self._targets)))


class MetricsFile:
    """A CSV with a row an epoch; a resumed run drops the rows that its checkpoint has not seen."""

    HEADER = ("epoch", "loss", "validation_nme", "learning_rate")

    def __init__(self, path: Path, keep: int) -> None:
        rows = path.read_text(encoding="utf-8").splitlines()[1 : keep + 1] if keep else []
        path.write_text("\n".join([",".join(self.HEADER), *rows]) + "\n", encoding="utf-8")
        self._path = path

    def add(self, epoch: int, loss: float, nme: float, rate: float) -> None:
        with self._path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(
                [epoch, f"{loss:.6f}", f"{nme:.6f}", f"{rate:.3g}"]
            )
