"""Write the page of a run: verdicts, timelines, worst cases. It needs no other file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, select_autoescape

from vitrine.fieldtest.case import Case, Result
from vitrine.fieldtest.pictures import pictures
from vitrine.fieldtest.report import WORDS, summary
from vitrine.fieldtest.running import Run
from vitrine.fieldtest.timeline import charts

HEADLINES: Final = (
    "visits",
    "dwell",
    "watchers",
    "attention-overlap",
)
"""Keys of the checks that the page shows large."""


def render(run: Run, case: Case, results: Sequence[Result]) -> str:
    """Return the page as HTML."""
    folder = Path(__file__).parent / "pages"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    by_key = {result.key: result for result in results}
    headlines = [by_key[key] for key in HEADLINES if key in by_key]
    groups = []
    # Checks of a group follow each other in `CHECKS`.
    for name, some in groupby(results, key=attrgetter("group")):
        groups.append((name, list(some)))
    template = environment.get_template("fieldtest.html")
    return template.render(
        run=run,
        results=results,
        groups=groups,
        headlines=headlines,
        failed=any(result.passed is False for result in results),
        summary=summary(results),
        words=WORDS,
        charts=charts(case),
        pictures=pictures(case, run.scenario, results),
        presences=len(case.truth.presences),
        visitors=len(case.people),
        frames=len(case.truth.frames),
    )
