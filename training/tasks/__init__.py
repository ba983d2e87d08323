"""What is trained: one module a network, with its settings and its `Task`."""

from importlib import import_module
from pathlib import Path
from typing import Final

import cv2
import yaml
from pydantic import BaseModel
from threadpoolctl import threadpool_limits

from training.config import RunConfig
from training.trainer import Task

TASKS: Final = ("detector", "embedding", "expression", "landmarks", "quality")


class _Named(BaseModel):
    task: str


def load_run(path: Path) -> tuple[RunConfig, Task]:
    """A run's YAML → its settings and its task. Raises pydantic.ValidationError, which names the field."""
    cv2.setNumThreads(
        1
    )  # threads of OpenCV do not survive in the processes that prepare batches
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    name = _Named.model_validate(content).task
    if name not in TASKS:
        raise ValueError(
            f"{path}: task is {name!r}, expected one of {', '.join(TASKS)}"
        )
    module = import_module(f"training.tasks.{name}")
    threadpool_limits(
        1, "blas"
    )  # small products are slower on threads that wait for a core
    config: RunConfig = module.Config.model_validate(content)
    return config, module.build(config)
