"""Read the mall's configuration from YAML files; errors name file, line and field."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
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
# How often the files are looked at: chosen, as soon as an operator who saves a file looks up.
CHECK_EVERY_S = 1.0


class MallSource(Protocol):
    """Give services the configuration."""

    def current(self) -> Mall:
        """Return the configuration now. Raises ConfigurationError if there was never a good one."""


class FixedMall:
    """Give a configuration that does not change."""

    def __init__(self, mall: Mall) -> None:
        self._mall = mall

    def current(self) -> Mall:
        """Return the configuration."""
        return self._mall


class MallFolder:
    """Give what `cameras.yaml`, `stands.yaml` and `campaigns.yaml` of a folder say.

    The files are read again when they change. A bad file leaves the last good configuration active.
    Thread-safe.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mall: Mall | None = None
        self._stamps: list[tuple[int, int] | None] = []
        self._due = 0.0
        self._lock = Lock()
        # A label counts from zero on: Prometheus then sees the first refusal as a rise.
        metrics.CONFIG_RELOADS.labels("mall", "refused")

    def current(self) -> Mall:
        """Return the configuration now; looks at the files at most once a second."""
        with self._lock:
            now = time.monotonic()
            if self._mall is None:
                self._mall = self._read_first()
                self._due = now + CHECK_EVERY_S
            elif now >= self._due:
                self._mall = self._read_again(self._mall)
                self._due = now + CHECK_EVERY_S
            return self._mall

    def _read_first(self) -> Mall:
        """Return what the files say. Raises ConfigurationError."""
        self._stamps = self._stamps_now()
        return self._load()

    def _read_again(self, active: Mall) -> Mall:
        """Return what the files say if they changed and are good, else what is active."""
        stamps = self._stamps_now()
        if stamps == self._stamps:
            return active
        self._stamps = stamps
        try:
            mall = self._load()
        except ConfigurationError as error:
            # The message says everything; a traceback would hide it.
            logger.error(  # noqa: TRY400
                "configuration refused, the last good one stays active: %s",
                error,
            )
            return active
        logger.info("configuration %s is active", mall.version)
        return mall

    def _load(self) -> Mall:
        """Read the files and count how it ends. Raises ConfigurationError."""
        try:
            mall = load_mall(self._folder)
        except ConfigurationError:
            metrics.CONFIG_RELOADS.labels("mall", "refused").inc()
            raise
        metrics.CONFIG_RELOADS.labels("mall", "accepted").inc()
        return mall

    def _stamps_now(self) -> list[tuple[int, int] | None]:
        """Return a stamp of each file; taken before reading, so that no change is missed."""
        return [_stamp(self._folder / f"{name}.yaml") for name in FILES]


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file does: time of change and size; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def load_mall(folder: Path) -> Mall:
    """Read and check the three files. Raises ConfigurationError with file, line and field."""
    documents: dict[str, Any] = {}
    nodes: dict[str, yaml.Node | None] = {}
    for name in FILES:
        path = folder / f"{name}.yaml"
        content, node = _parse(path, name)
        documents[name] = content
        nodes[name] = node
    try:
        return Mall.model_validate(documents)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False):
            line = _explain(folder, nodes, problem["loc"], problem["msg"])
            lines.append(line)
        raise ConfigurationError("\n".join(lines)) from None


def _parse(path: Path, name: str) -> tuple[Any, yaml.Node | None]:
    """Return what stands under the one key of a file, as values and as nodes with their lines."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: no such file; copy the examples from config/"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        # YAML's own messages have many lines, and ours is one.
        words = str(error).split()
        reason = " ".join(words)
        raise ConfigurationError(f"{path}: {reason}") from None
    if not isinstance(content, dict) or set(content) != {name}:
        raise ConfigurationError(
            f"{path}:1: expected the one key `{name}:` with a list under it"
        )
    return content[name], _child(node, name)


def _explain(
    folder: Path,
    nodes: Mapping[str, yaml.Node | None],
    place: Sequence[int | str],
    message: str,
) -> str:
    """Return a line like `cameras.yaml:3: cameras.0.fps: Input should be …`.

    The number is that of the nearest part that is there: a missing field has no line of its own.
    """
    if not place:
        return f"{folder}: {message}"
    file = str(place[0])
    node = nodes[file]
    for key in place[1:]:
        below = _child(node, key)
        if below is None:
            break
        node = below
    line = 1
    if node is not None:
        line = node.start_mark.line + 1
    field = ".".join(str(part) for part in place)
    return f"{folder / file}.yaml:{line}: {field}: {message}"


def _child(node: yaml.Node | None, key: int | str) -> yaml.Node | None:
    """Return the node under an index or a key, if there is one."""
    if isinstance(node, yaml.SequenceNode):
        return _item(node, key)
    if isinstance(node, yaml.MappingNode):
        return _value(node, key)
    return None


def _item(node: yaml.SequenceNode, key: int | str) -> yaml.Node | None:
    if not isinstance(key, int) or key >= len(node.value):
        return None
    item: yaml.Node = node.value[key]
    return item


def _value(node: yaml.MappingNode, key: int | str) -> yaml.Node | None:
    for name, value in node.value:
        if name.value == str(key):
            found: yaml.Node = value
            return found
    return None
