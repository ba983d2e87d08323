"""All measurements of the plan, one after the other: the same commands as the page names."""

import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console

from training.report.plan import PLAN, Measurement

Evaluate = Callable[[list[str]], object]
"""Runs `python -m training evaluate` with these arguments."""
SPEED: Final = "speed"


def chosen(beginnings: Sequence[str]) -> list[Measurement]:
    """Those whose names begin so; all without any."""
    return [m for m in PLAN if not beginnings or m.name.startswith(tuple(beginnings))]


def measure(
    measurements: Sequence[Measurement], shared: Path, folder: Path, evaluate: Evaluate
) -> list[str]:
    """Writes a result file each, and says how long it takes. Returns the names of those that failed.

    What fails leaves its old result file away: no figure outlives the weights it was measured with.
    """
    console = Console(stderr=True)
    started = time.monotonic()
    failed = list[str]()
    for number, measurement in enumerate(measurements):
        spent = time.monotonic() - started
        left = (
            f", about {spent / number * (len(measurements) - number):.0f} s left"
            if number
            else ""
        )
        console.print(
            f"[bold]{number + 1}/{len(measurements)}[/bold] {measurement.name}  ({spent:.0f} s{left})"
        )
        target = folder / f"{measurement.name}.json"
        target.unlink(missing_ok=True)
        try:
            with redirect_stdout(StringIO()):
                evaluate([*measurement.in_folder(shared), "--json", str(target)])
        except Exception as error:  # noqa: BLE001  # the others are measured all the same, this one is named
            console.print(f"  [red]{type(error).__name__}: {error}[/red]")
            failed.append(measurement.name)
    console.print(
        f"{len(measurements)} measurements, {time.monotonic() - started:.0f} s"
    )
    return failed
