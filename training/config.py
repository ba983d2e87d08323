"""Settings of a training run that every network has; `training/NETWORK/task.py` adds its own."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from training.datasets.faces import LabelledFace
from training.datasets.formats import READERS, Format

NETWORKS: Final = ("detector", "landmarks", "embedding", "expression", "quality")
"""In the order of a whole training: quality learns from the embedding that ships."""


class Source(BaseModel):
    """Name a set of faces with 68 points."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: Path
    format: Format
    repeat: int = Field(1, ge=1)
    """Times that an epoch shows each face of this set."""

    def read(self) -> list[LabelledFace]:
        """Return all faces of the set. Raises DatasetError."""
        read = READERS[self.format]
        return read(self.path)


class RunConfig(BaseModel):
    """Hold what the trainer needs to know about one round.

    Paths are relative to the folder in which the command runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    run: Path
    """Folder of metrics.csv, curves.png, best.pt and last.pt; `read_rounds` fills it in."""
    start: Path | None = None
    """Weights to go on from, the best.pt of the round before; `read_rounds` fills it in."""
    seed: int
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` takes the GPU, in mixed precision, where there is one."""
    threads: int = Field(2, ge=1)
    """Of the CPU, for the network."""
    workers: int = Field(1, ge=0)
    """Processes that prepare batches; 0 prepares them in the training process."""
    epochs: int = Field(ge=1)
    batch: int = Field(ge=2)
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    warm_up: float = Field(
        0.05,
        ge=0,
        lt=1,
    )
    """Share of all steps in which the learning rate rises."""
    average: float = Field(
        0.998,
        ge=0,
        lt=1,
    )
    """Decay of the moving average of the weights, which is what is measured and exported."""
    kept: float = Field(
        0,
        ge=0,
        lt=1,
    )
    """Share of the weights that the round began with in those that are measured and exported.

    A network that learns something new so forgets less (Wortsman et al. 2022, arXiv:2109.01903).
    """
