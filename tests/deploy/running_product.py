"""The product in a process of its own, as Prometheus scrapes it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.brokers import ROOT


@dataclass(frozen=True, slots=True)
class RunningProduct:
    """A product that runs, and the port of its metrics."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def write_figures(self) -> dict[str, Any]:
        """Let it write figures of two made-up hours; return them as its own report has them."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"write\n")
        self.process.stdin.flush()
        figures: dict[str, Any] = told(self.process, self.log)["figures"]
        return figures


@contextmanager
def running_product(folder: Path) -> Iterator[RunningProduct]:
    """Run `tests.deploy.product` while the block runs; its log is in `folder`."""
    command = [sys.executable, "-m", "tests.deploy.product"]
    log = folder / "product.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
        )
    # It ends when nobody holds its standard input any more.
    with process:
        yield RunningProduct(told(process, log)["port"], process, log)


def told(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """Return its next line. Raises AssertionError with the end of its log if it ended."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, log.read_text()[-2000:]
    answer: dict[str, Any] = json.loads(line)
    return answer
