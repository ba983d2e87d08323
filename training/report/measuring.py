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
    """Return the measurements whose names begin so; all of them without any beginning."""
    if not beginnings:
        return list(PLAN)
    wanted = tuple(beginnings)
    return [one for one in PLAN if one.name.startswith(wanted)]


def measure(
    measurements: Sequence[Measurement],
    shared: Path,
    folder: Path,
    evaluate: Evaluate,
) -> list[str]:
    """Write a result file for each measurement. Returns the names of those that failed.

    A failed one has no result file afterwards: no figure outlives the weights it was measured with.
    """
    console = Console(stderr=True)
    started = time.monotonic()
    total = len(measurements)
    failed = []
    for number, measurement in enumerate(measurements):
        spent_s = time.monotonic() - started
        progress = f"{number + 1}/{total}"
        times = _times(number, total, spent_s)
        console.print(f"[bold]{progress}[/bold] {measurement.name}  ({times})")
        target = folder / f"{measurement.name}.json"
        target.unlink(missing_ok=True)
        arguments = measurement.in_folder(shared)
        arguments += ["--json", str(target)]
        try:
            with redirect_stdout(StringIO()):
                evaluate(arguments)
        # One failure leaves the other measurements alone; it is named at the end.
        except Exception as error:  # noqa: BLE001
            console.print(f"  [red]{type(error).__name__}: {error}[/red]")
            failed.append(measurement.name)
    spent_s = time.monotonic() - started
    console.print(f"{total} measurements, {spent_s:.0f} s")
    return failed


def _times(
    done: int,
    total: int,
    spent_s: float,
) -> str:
    """Return the time spent and, from the second measurement on, about how much is left."""
    if not done:
        return f"{spent_s:.0f} s"
    left_s = spent_s / done * (total - done)
    return f"{spent_s:.0f} s, about {left_s:.0f} s left"
