"""One training loop for every network of the product.

A run that is killed and resumed ends with the same weights. What is measured and exported is the
moving average of the weights; where `kept` says so, mixed with those that the round began with.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from torch import Tensor

from training.batches import Batches
from training.config import RunConfig
from training.curves import MetricsFile, draw_curves
from training.state import BEST, LAST, State, fresh_state, write_weights
from training.task import Task


def train(
    config: RunConfig,
    task: Task,
    *,
    resume: bool,
) -> None:
    """Train to the end of the schedule; leave metrics.csv, curves.png, best.pt and last.pt."""
    torch.set_num_threads(config.threads)
    config.run.mkdir(parents=True, exist_ok=True)
    device = chosen_device(config)
    state = fresh_state(config, task, device)
    last = config.run / LAST
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
            for loss in _epoch(
                config,
                task,
                state,
                batches,
                device,
            ):
                losses.append(loss)
                progress.update(
                    bar,
                    advance=1,
                    loss=np.mean(losses),
                )
            state.epoch += 1
            product = state.product().eval()
            measured = task.validate(product, device)
            value = measured[task.metric]
            progress.update(bar, value=value)
            mean_loss = float(np.mean(losses))
            metrics.add(state.epoch, {"loss": mean_loss, **measured})
            if _is_better(value, state.best, task):
                state.best = value
                write_weights(product, config.run / BEST)
            # After best.pt: a kill between the two repeats an epoch, and loses none.
            state.save(last)
            draw_curves(config.run / "metrics.csv", config.run / "curves.png")


def chosen_device(config: RunConfig) -> torch.device:
    """Return the device of a run."""
    if config.device != "auto":
        return torch.device(config.device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _is_better(
    value: float,
    best: float,
    task: Task,
) -> bool:
    if math.isnan(best):
        return True
    if task.better == "lower":
        return value < best
    return value > best


def _epoch(
    config: RunConfig,
    task: Task,
    state: State,
    batches: Batches,
    device: torch.device,
) -> Iterator[float]:
    """Train one pass; yield the loss of each step."""
    state.network.train()
    # Dropout draws from torch's own generator, which no checkpoint holds.
    rng = np.random.default_rng([config.seed, state.epoch])
    torch.manual_seed(int(rng.integers(2**63)))
    for step, batch in enumerate(batches.of(state.epoch)):
        share = schedule(state.epoch + step / batches.steps, config)
        for group in state.optimizer.param_groups:
            group["lr"] = config.learning_rate * share
        placed = [_placed(part, device) for part in batch]
        # bfloat16 has the range of float32, so the loss needs no scaling.
        with torch.autocast(
            "cuda",
            torch.bfloat16,
            enabled=device.type == "cuda",
        ):
            loss = task.loss(state.network, placed)
        state.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        state.averaged.update_parameters(state.network)
        yield loss.item()


def _placed(part: Tensor, device: torch.device) -> Tensor:
    layout = torch.channels_last if part.ndim == 4 else torch.preserve_format
    return part.to(
        device,
        non_blocking=True,
        memory_format=layout,
    )


def schedule(epoch: float, config: RunConfig) -> float:
    """Return the share of the learning rate: a linear warm-up, then a cosine down to 0."""
    done = epoch / config.epochs
    if done < config.warm_up:
        # Not from 0, where the first step would change nothing.
        return 0.02 + 0.98 * done / config.warm_up
    cooled = (done - config.warm_up) / (1 - config.warm_up)
    return 0.5 * (1 + math.cos(math.pi * cooled))


def _progress() -> Progress:
    state = (
        "loss {task.fields[loss]:.5f}  "
        "best {task.description} so far {task.fields[value]:.4f}"
    )
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn(state),
        # An epoch ends with a validation, so speed is averaged over some minutes.
        speed_estimate_period=300,
    )
