"""Write results for the terminal and for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from vitrine.fieldtest.case import Result
from vitrine.fieldtest.running import Run
from vitrine.fieldtest.scenarios import Scenario

VERDICTS: Final = {
    True: "[green]pass[/]",
    False: "[bold red]FAIL[/]",
    None: "[dim]–[/]",
}
WORDS: Final = {
    True: "pass",
    False: "fail",
    None: "not judged",
}


def summary(results: Sequence[Result]) -> str:
    """Return `all 20 checks passed`, or how many did not."""
    judged = [result for result in results if result.passed is not None]
    if not judged:
        return "nothing was judged"
    # None is not judged, which is no failure.
    failed = sum(result.passed is False for result in judged)
    if failed:
        return f"{failed} of {len(judged)} checks failed"
    return f"all {len(judged)} checks passed"


def table_of(run: Run, results: Sequence[Result]) -> Table:
    """Return the results, one line a check, parted by groups."""
    title = f"Field test: {run.scenario.title}"
    if run.fault:
        title += f", broken: {run.fault.story}"
    table = Table(
        title=title,
        caption=summary(results),
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("check", overflow="fold")
    for name in ("measured", "asked for", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for _, some in groupby(results, key=attrgetter("group")):
        for result in some:
            table.add_row(
                result.title,
                result.value,
                result.wanted,
                VERDICTS[result.passed],
            )
        table.add_section()
    return table


def list_of(scenarios: Iterable[Scenario]) -> Table:
    """Return what there is to run, one line a scenario."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("scenario", "seconds", "stands", "cameras"):
        table.add_column(name, no_wrap=True)
    table.add_column("what happens", overflow="fold")
    for one in scenarios:
        length = f"{one.seconds:g}"
        if one.days > 1:
            length += f" × {one.days} days"
        cameras = sum(map(len, one.cameras.values()))
        table.add_row(
            f"[bold]{one.name}[/]",
            length,
            str(len(one.cameras)),
            str(cameras),
            one.story,
        )
    return table


def scenarios_json(scenarios: Iterable[Scenario]) -> list[dict[str, Any]]:
    """Return what there is to run, for other programs."""
    listed = []
    for one in scenarios:
        cameras = {stand: list(uris) for stand, uris in one.cameras.items()}
        plain = {
            "scenario": one.name,
            "title": one.title,
            "seconds": one.seconds,
            "days": one.days,
            "cameras": cameras,
            "story": one.story,
        }
        listed.append(plain)
    return listed


def to_json(run: Run, results: Sequence[Result]) -> dict[str, Any]:
    """Return a run and its results for other programs."""
    cameras = {stand: list(uris) for stand, uris in run.scenario.cameras.items()}
    return {
        "scenario": run.scenario.name,
        "seconds": run.scenario.seconds,
        "days": run.scenario.days,
        "cameras": cameras,
        "broken": run.fault.story if run.fault else None,
        "passed": not any(result.passed is False for result in results),
        "checks": [_check(result) for result in results],
    }


def _check(result: Result) -> dict[str, str]:
    return {
        "check": result.key,
        "group": result.group,
        "title": result.title,
        "value": result.value,
        "wanted": result.wanted,
        "verdict": WORDS[result.passed],
    }
