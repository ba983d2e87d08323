"""Run `stand` with a UTC clock that can be set; the steady clock goes on.

    python -m benchmarks.screen_days.stand_process FILE

The file holds the offset in nanoseconds, and is read whenever somebody asks for the time.
libfaketime
would do more, but with it Python cannot sleep by the steady clock (EINVAL), and the client of Kafka
does.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

from vitrine.cli import main

WIDTH: Final = 25


def set_clock(path: Path, offset_ns: int) -> None:
    """Write an offset, of a fixed width, so that nobody reads half of one."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(f"{offset_ns:+{WIDTH}d}".encode())


def follow(path: Path) -> None:
    """Let this process tell the time of the machine and the offset."""
    file = os.open(path, os.O_RDONLY)
    real_ns = time.time_ns

    def time_ns() -> int:
        return real_ns() + int(os.pread(file, WIDTH, 0))

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9


if __name__ == "__main__":
    follow(Path(sys.argv[1]))
    main(["run", "stand"])
