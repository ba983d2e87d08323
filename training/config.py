"""The YAML that describes a training run, and the readers of its data sets by format name."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.pts import read_pts

Format = Literal["keypoints-csv", "pts"]
READERS: Final[dict[Format, Callable[[Path], list[LabelledFace]]]] = {
    "keypoints-csv": read_keypoints_csv,
    "pts": read_pts,
}


class Source(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    path: Path
    format: Format
    repeat: int = Field(1, ge=1)
    """How often an epoch shows each face of this set."""

    def read(self) -> list[LabelledFace]:
        """Raises DatasetError."""
        return READERS[self.format](self.path)


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    data: list[Source] = Field(min_length=1)
    run: Path
    seed: int
    threads: int = Field(ge=1)
    width: float = Field(gt=0)
    epochs: int = Field(ge=1)
    small_epochs: int = Field(ge=0)
    small_size: int = Field(ge=32, multiple_of=32)
    batch: int = Field(ge=2)
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    warm_up: float = Field(ge=0, lt=1)


def load_config(path: Path) -> Config:
    """Raises pydantic.ValidationError with the field that is wrong."""
    return Config.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
