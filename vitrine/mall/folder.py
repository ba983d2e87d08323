"""Give the mall's configuration as its files are at each moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeAlias

from vitrine.mall import Mall
from vitrine.mall.checking import FILES, mall_of
from vitrine.mall.last_good import LastGood
from vitrine.mall.problems import Problem, Refused
from vitrine.mall.reader import MOST_BYTES
from vitrine.mall.text import Unreadable, read_text
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# How often the files are looked at: chosen, as soon as an operator who saves a file looks up.
CHECK_EVERY_S = 1.0

Stamp: TypeAlias = tuple[int, int, int, int]


class MallSource(Protocol):
    """Give services the configuration."""

    def current(self) -> Mall:
        """Return the configuration now. Raises ConfigurationError if there was never a good one."""

    def problems(self) -> Sequence[str]:
        """Return what is wrong in the files now, a sentence each; empty while all is in force."""


class FixedMall:
    """Give a configuration that does not change."""

    def __init__(self, mall: Mall) -> None:
        self._mall = mall

    def current(self) -> Mall:
        """Return the configuration."""
        return self._mall

    def problems(self) -> Sequence[str]:
        """Return nothing."""
        return ()


class MallFolder:
    """Give what `cameras.yaml`, `stands.yaml` and `campaigns.yaml` of a folder say.

    The files are read again when they change. A bad file leaves the last good configuration
    active, also over a restart: it is kept in the folder `state`. Thread-safe.
    """

    def __init__(self, folder: Path, state: Path | None = None) -> None:
        self._folder = folder
        self._last_good: LastGood | None = None
        if state is not None:
            self._last_good = LastGood(state, folder)
        self._mall: Mall | None = None
        self._problems: tuple[str, ...] = ()
        self._stamps: list[Stamp | None] = []
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

    def problems(self) -> Sequence[str]:
        """Return what is wrong in the files now, a sentence each; empty while all is in force."""
        with self._lock:
            return self._problems

    def _read_first(self) -> Mall:
        """Return what the files say, or the last good configuration. Raises ConfigurationError."""
        self._stamps = self._stamps_now()
        try:
            return self._load()
        except Refused as error:
            mall = None
            if self._last_good is not None:
                mall = self._last_good.mall()
            if mall is None:
                raise
            self._refuse(error)
            return mall

    def _read_again(self, active: Mall) -> Mall:
        """Return what the files say if they changed and are good, else what is active."""
        stamps = self._stamps_now()
        if stamps == self._stamps:
            return active
        self._stamps = stamps
        try:
            mall = self._load()
        except Refused as error:
            self._refuse(error)
            return active
        logger.info("configuration %s is active", mall.version)
        return mall

    def _load(self) -> Mall:
        """Read the files, and keep what is good. Raises Refused."""
        try:
            texts = read_files(self._folder)
            mall = mall_of(self._folder, texts)
        except Refused:
            metrics.CONFIG_RELOADS.labels("mall", "refused").inc()
            raise
        metrics.CONFIG_RELOADS.labels("mall", "accepted").inc()
        metrics.CONFIG_REFUSED.set(0)
        self._problems = ()
        if self._last_good is not None:
            self._last_good.keep(texts)
        return mall

    def _refuse(self, error: Refused) -> None:
        """Tell logs, metrics and pages that what is on disk is not in force."""
        metrics.CONFIG_REFUSED.set(1)
        self._problems = tuple(
            f"The configuration was refused, the last good one is in force: {problem}"
            for problem in error.problems
        )
        # The message says everything; a traceback would hide it.
        logger.error(
            "configuration refused, the last good one stays active: %s",
            error,
        )

    def _stamps_now(self) -> list[Stamp | None]:
        """Return a stamp of each file; taken before reading, so that no change is missed."""
        return [stamp_of(self._folder / f"{name}.yaml") for name in FILES]


def stamp_of(path: Path) -> Stamp | None:
    """Return what changes when a file does; None if there is no file.

    A tool may set the time of change back, and a copy may have the size of what it replaces.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns, status.st_mtime_ns, status.st_size


def load_mall(folder: Path) -> Mall:
    """Read and check the three files. Raises Refused with file, line and field of each problem."""
    return mall_of(folder, read_files(folder))


def read_files(folder: Path) -> dict[str, str]:
    """Return the texts of the files, by their names. Raises Refused.

    When one cannot be read, the others are checked all the same, so that all problems are told.
    """
    texts = {}
    problems = []
    for name in FILES:
        path = folder / f"{name}.yaml"
        try:
            texts[name] = read_text(path, MOST_BYTES)
        except Unreadable as error:
            text = f"{error}{_hint(path)}"
            problems.append(Problem(path, text, error.line))
    if problems:
        mall_of(folder, texts, problems)
    return texts


def _hint(path: Path) -> str:
    """Return advice for a file that is not there."""
    if path.exists():
        return ""
    other = path.with_suffix(".yml")
    if other.exists():
        return f"; rename {other.name} to {path.name}"
    return "; `vitrine config init DIR` writes a commented site to start from"
