"""Reading the mall's configuration from YAML files, with errors that name file, line and field."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import yaml
from pydantic import ValidationError

from vitrine.errors import ConfigurationError
from vitrine.mall import Mall
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

FILES = ("cameras", "stands", "campaigns")
CHECK_EVERY_S = 1.0


class MallSource(Protocol):
    """Where services get the configuration from."""

    def current(self) -> Mall:
        """The configuration now. Raises ConfigurationError if there was never a good one."""


class FixedMall:
    """A configuration that does not change."""

    def __init__(self, mall: Mall) -> None:
        self._mall = mall

    def current(self) -> Mall:
        """The configuration."""
        return self._mall


class MallFolder:
    """`cameras.yaml`, `stands.yaml`, `campaigns.yaml` of a folder, read again when they change.

    A bad file leaves the last good configuration active. Thread-safe.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mall: Mall | None = None
        self._stamp: object = None
        self._due = 0.0
        self._lock = Lock()
        metrics.CONFIG_RELOADS.labels("mall", "refused")

    def current(self) -> Mall:
        """The configuration now; looks at the files at most once a second."""
        with self._lock:
            if self._mall is None or time.monotonic() >= self._due:
                self._due = time.monotonic() + CHECK_EVERY_S
                self._refresh()
            assert self._mall is not None  # noqa: S101 - _refresh raised otherwise
            return self._mall

    def _refresh(self) -> None:
        stamp = [_stamp(self._folder / f"{name}.yaml") for name in FILES]
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            mall = load_mall(self._folder)
        except ConfigurationError as error:
            metrics.CONFIG_RELOADS.labels("mall", "refused").inc()
            if self._mall is None:
                self._stamp = None
                raise
            logger.error(  # noqa: TRY400
                "configuration refused, the last good one stays active: %s", error
            )
            return
        metrics.CONFIG_RELOADS.labels("mall", "accepted").inc()
        if self._mall is not None:
            logger.info("configuration %s is active", mall.version)
        self._mall = mall


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def load_mall(folder: Path) -> Mall:
    """Read and check the three files. Raises ConfigurationError with file, line and field."""
    documents = {}
    nodes = {}
    for name in FILES:
        path = folder / f"{name}.yaml"
        documents[name], nodes[name] = _parse(path, name)
    try:
        return Mall.model_validate(documents)
    except ValidationError as error:
        lines = [
            _explain(folder, nodes, p["loc"], p["msg"])
            for p in error.errors(include_input=False)
        ]
        raise ConfigurationError("\n".join(lines)) from None


def _parse(path: Path, name: str) -> tuple[Any, yaml.Node | None]:
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: no such file; copy the examples from config/"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or set(content) != {name}:
        raise ConfigurationError(
            f"{path}:1: expected the one key `{name}:` with a list under it"
        )
    return content[name], _child(node, name)


def _explain(
    folder: Path, nodes: dict[str, Any], loc: Sequence[int | str], message: str
) -> str:
    """`cameras.yaml:3: cameras.0.fps: Input should be …`; the line of the nearest part that is there."""
    if not loc:
        return f"{folder}: {message}"
    node = nodes[str(loc[0])]
    for key in loc[1:]:
        below = _child(node, key)
        if below is None:
            break
        node = below
    line = node.start_mark.line + 1 if node is not None else 1
    return f"{folder / str(loc[0])}.yaml:{line}: {'.'.join(map(str, loc))}: {message}"


def _child(node: yaml.Node | None, key: int | str) -> yaml.Node | None:
    if (
        isinstance(node, yaml.SequenceNode)
        and isinstance(key, int)
        and key < len(node.value)
    ):
        child: yaml.Node = node.value[key]
        return child
    if isinstance(node, yaml.MappingNode):
        return next(
            (value for name, value in node.value if name.value == str(key)), None
        )
    return None
