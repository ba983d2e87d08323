"""The YAML that describes a training run: what every task has; `training/tasks/` adds its own fields."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from training.datasets.faces import LabelledFace
from training.datasets.formats import READERS, Format


class Source(BaseModel):
    """A set of faces with 68 points."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: Path
    format: Format
    repeat: int = Field(1, ge=1)
    """How often an epoch shows each face of this set."""

    def read(self) -> list[LabelledFace]:
        """Raises DatasetError."""
        return READERS[self.format](self.path)


class RunConfig(BaseModel):
    """What the trainer itself needs to know. Paths are relative to the folder the command runs in."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    task: str
    run: Path
    """Folder of metrics.csv, curves.png, best.pt and last.pt."""
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
    warm_up: float = Field(0.05, ge=0, lt=1)
    """Share of all steps."""
    average: float = Field(0.998, ge=0, lt=1)
    """Of the moving average of the weights, which is what is measured and exported."""
    start: Path | None = None
    """Weights to start from, a best.pt of the same task."""
