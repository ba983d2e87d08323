"""The page of a run: verdicts, timelines, worst cases. It needs no other file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from vitrine.fieldtest.case import Case, Result
from vitrine.fieldtest.pictures import pictures
from vitrine.fieldtest.report import WORDS, summary
from vitrine.fieldtest.running import Run
from vitrine.fieldtest.timeline import charts

HEADLINES = ("visits", "dwell", "watchers", "attention-overlap")


def render(run: Run, case: Case, results: Sequence[Result]) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    by_key = {result.key: result for result in results}
    return environment.get_template("fieldtest.html").render(
        run=run,
        results=results,
        groups=[
            (name, list(some))
            for name, some in groupby(results, key=lambda result: result.group)
        ],
        headlines=[by_key[key] for key in HEADLINES if key in by_key],
        failed=any(result.passed is False for result in results),
        summary=summary(results),
        words=WORDS,
        charts=charts(case),
        pictures=pictures(case, run.scenario, results),
        presences=len(case.truth.presences),
        visitors=len(case.people),
        frames=len(case.truth.frames),
    )
