"""Install locked packages into this Python's environment, and show how far it is.

`make install` runs it before anything else is there, so it uses the standard library only.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

# The lock file names every package, so nothing is to be resolved; and Python compiles what a
# program imports when it first does. Both: 48 s of processor time instead of 84 s.
PIP = [
    *(sys.executable, "-m", "pip", "install", "--disable-pip-version-check"),
    *("--progress-bar", "off", "--no-deps", "--no-compile", "--require-hashes", "-r"),
]
LOCKED = re.compile(r"^[A-Za-z0-9._-]+==", re.MULTILINE)
# What pip says of each package, and of all together.
TOLD = re.compile(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)")
INSTALLING = "Installing collected packages"
# A pipe gets a line now and then, not one for each package.
EVERY_S = 5.0
WIDTH = 60


def main() -> None:
    """Install what the file names; exit with pip's status, and what it said if it failed."""
    lock = Path(sys.argv[1])
    total = len(LOCKED.findall(lock.read_text()))
    started = time.monotonic()
    progress = Progress(sys.stdout)
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own command
        [*PIP, str(lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        assert pip.stdout is not None  # noqa: S101 - it is a pipe
        for step in steps(pip.stdout, said, total):
            progress.show(step)
    if pip.returncode != 0:
        sys.stderr.write("".join(said))
        sys.exit(pip.returncode)
    seconds = time.monotonic() - started
    progress.end(f"Installed {total} packages in {seconds:.0f} s.")


def steps(output: IO[str], said: list[str], total: int) -> Iterator[str]:
    """Yield a line for each step of pip, and keep all that it says."""
    count = 0
    for line in output:
        said.append(line)
        match = TOLD.match(line)
        if match is not None:
            count += 1
            yield f"Fetching {min(count, total)} of {total}: {match[1]}"
        elif line.startswith(INSTALLING):
            yield f"Installing {total} packages, the longest part …"


class Progress:
    """Show the latest step: on a terminal over the last one, else a line now and then."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._shown_at = 0.0

    def show(self, step: str) -> None:
        """Show a step."""
        now = time.monotonic()
        if self._out.isatty():
            line = step[:WIDTH].ljust(WIDTH)
            self._out.write(f"\r{line}")
        elif now - self._shown_at >= EVERY_S:
            self._shown_at = now
            self._out.write(f"{step}\n")
        self._out.flush()

    def end(self, summary: str) -> None:
        """Show how it ended."""
        if self._out.isatty():
            self._out.write("\r")
        self._out.write(f"{summary.ljust(WIDTH)}\n")


if __name__ == "__main__":
    main()
