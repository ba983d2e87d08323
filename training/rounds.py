"""The rounds of a network's training, as its config.yaml lists them.

Settings at the top of the file hold for all rounds. Each round states only what differs from
the one before, and goes on from the weights that the one before found best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import cv2
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from threadpoolctl import threadpool_limits

from training.config import RunConfig
from training.state import BEST, epochs_done
from training.task import Task
from training.trainer import train
from vitrine.errors import ConfigurationError

FILLED_IN: Final = ("run", "start")
"""Settings that follow from the place in the chain."""


@dataclass(frozen=True)
class Round:
    """Hold the merged settings of one round."""

    network: str
    number: int
    """Counted from 1."""
    name: str
    settings: RunConfig

    @property
    def label(self) -> str:
        return f"{self.network}, round {self.number} ({self.name})"

    def task(self) -> Task:
        """Return the task of these settings."""
        module = import_module(f"training.{self.network}.task")
        task: Task = module.build(self.settings)
        return task

    @property
    def is_done(self) -> bool:
        """True where the last checkpoint is that of the last epoch."""
        return epochs_done(self.settings.run) >= self.settings.epochs


class _RoundEntry(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")


class _RoundsFile(BaseModel):
    model_config = ConfigDict(extra="allow")
    runs: Path
    """Folder of the rounds' folders."""
    rounds: list[_RoundEntry] = Field(min_length=1)


def config_path(network: str) -> Path:
    """Return the file that says how a network is trained for the product."""
    return Path(__file__).parent / network / "config.yaml"


def read_rounds(network: str, path: Path | None = None) -> list[Round]:
    """Return the rounds of a network in order; `path` stands in for its own config.yaml.

    Raises ConfigurationError, which names the file, the round and the setting.
    """
    path = path or config_path(network)
    content = _read(path)
    config_class = import_module(f"training.{network}.task").Config
    stated: dict[str, Any] = dict(content.model_extra or {})
    start: Path | None = None
    rounds: list[Round] = []
    for number, entry in enumerate(content.rounds, start=1):
        # What a round states holds for the following ones too.
        stated |= entry.model_extra or {}
        where = f"{path}, round {number} ({entry.name})"
        _refuse_filled_in(stated, where)
        run = content.runs / f"{number}-{entry.name}"
        merged = stated | {"run": run, "start": start}
        try:
            settings = config_class.model_validate(merged)
        except ValidationError as error:
            raise ConfigurationError(f"{where}: {_said(error)}") from error
        rounds.append(
            Round(
                network,
                number,
                entry.name,
                settings,
            )
        )
        start = run / BEST
    return rounds


def _read(path: Path) -> _RoundsFile:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _RoundsFile.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_said(error)}") from error
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _said(error: ValidationError) -> str:
    """Return each setting that is wrong and why, in one line."""
    reasons: list[str] = []
    for detail in error.errors(include_url=False):
        setting = ".".join(map(str, detail["loc"]))
        reasons.append(f"{setting}: {detail['msg']}")
    return "; ".join(reasons)


def _refuse_filled_in(stated: dict[str, Any], where: str) -> None:
    for name in FILLED_IN:
        if name in stated:
            raise ConfigurationError(
                f"{where}: `{name}` follows from the order of the rounds, leave it out"
            )


def chosen_round(rounds: Sequence[Round], number: int) -> Round:
    """Return the round of this number. Raises ConfigurationError where there is none."""
    if not 1 <= number <= len(rounds):
        network = rounds[0].network
        raise ConfigurationError(
            f"{network} has rounds 1 to {len(rounds)}, there is no round {number}"
        )
    return rounds[number - 1]


def train_round(this: Round, *, resume: bool) -> None:
    """Train one round from the weights of the one before.

    Raises ConfigurationError where those are missing, DatasetError for damaged data.
    """
    start = this.settings.start
    if start is not None and not start.exists():
        raise ConfigurationError(
            f"{this.label} goes on from {start}, which is missing:"
            f" train round {this.number - 1} first"
        )
    limit_threads()
    train(
        this.settings,
        this.task(),
        resume=resume,
    )


def limit_threads() -> None:
    """Give OpenCV and the linear algebra of NumPy one thread each.

    Threads of OpenCV do not survive in the processes that prepare batches; small matrix
    products are slower on threads that wait for a core.
    """
    cv2.setNumThreads(1)
    threadpool_limits(1, "blas")
