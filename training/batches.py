"""The batches of each epoch, prepared beside the training.

Everything random is a function of seed, epoch and place in the epoch, so the number of worker
processes and a resume after a kill change nothing.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.random import default_rng
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from training.config import RunConfig
from training.task import Batch, Sample, Task


class Batches:
    """Draw the batches of a run, epoch by epoch."""

    def __init__(self, config: RunConfig, task: Task) -> None:
        """Raise ValueError where an epoch does not fill one batch."""
        self._config = config
        self._task = task
        count = len(self._order(0))
        self.steps = count // config.batch
        if self.steps == 0:
            raise ValueError(
                f"an epoch of {count} samples has no batch of {config.batch}"
            )

    def _order(self, epoch: int) -> NDArray[np.integer]:
        rng = default_rng([self._config.seed, epoch])
        return np.asarray(self._task.order(rng))

    def of(self, epoch: int) -> Iterator[Batch]:
        """Yield the batches of one epoch, counted from 0; a last, smaller one is left out."""
        chosen = self._order(epoch)[: self.steps * self._config.batch]
        samples = _Samples(
            self._task,
            chosen,
            self._config.seed,
            epoch,
        )
        loader = DataLoader(
            samples,
            batch_size=self._config.batch,
            num_workers=self._config.workers,
            pin_memory=torch.cuda.is_available(),
        )
        yield from loader


class _Samples(Dataset[Sample]):
    """Give each place of one epoch a generator of its own."""

    def __init__(
        self,
        task: Task,
        chosen: NDArray[np.integer],
        seed: int,
        epoch: int,
    ) -> None:
        self._task = task
        self._chosen = chosen
        self._seed = seed
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, place: int) -> Sample:
        rng = default_rng([self._seed, self._epoch, place])
        index = int(self._chosen[place])
        return self._task.sample(index, rng)


def answers(
    network: nn.Module,
    pictures: Tensor,
    device: torch.device,
    count: int,
) -> Tensor:
    """Return what a network says of n pictures, `count` at once, on the CPU."""
    parts = torch.split(pictures, count)
    with torch.no_grad():
        # Each answer goes to the CPU at once: all of them need not fit the GPU.
        found = [network(part.to(device)).cpu() for part in parts]
    return torch.cat(found)
