"""The progress of one face at the terminal, and as a chart."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.people import people_of, person_of
from vitrine.lab.archive.progress import (
    MEASURES,
    Course,
    DatedFace,
    Progress,
    progress_of,
)
from vitrine.lab.archive.store import Store, opened
from vitrine.output import write_bytes
from vitrine.terminal import console

GROUND: Final = "#171a23"
INK: Final = "#f2f0ea"
SOFT: Final = "#a9aebd"
LINE: Final = "#ffb35c"
POINT: Final = "#7ea2ff"


def progress_of_person(store: Store, person: int) -> Progress:
    """Return the progress of a person of an archive."""
    taken = {photo.id: photo.taken for photo in store.photos()}
    faces = []
    undated = 0
    rolls = dict(store.execute("SELECT id, roll FROM faces WHERE person = ?", person))
    for face in store.faces():
        if face.person != person:
            continue
        at = taken[face.photo]
        if not at:
            undated += 1
            continue
        faces.append(
            DatedFace(
                day=date.fromisoformat(at[:10]),
                points=face.points,
                yaw=face.yaw,
                pitch=face.pitch,
                roll=float(rolls[face.id]),
                quality=face.quality,
            )
        )
    return progress_of(faces, undated)


def show_progress(
    archive: Path,
    state: Path | None,
    said: str,
    chart: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print the progress of a person, and draw it. Raises ConfigurationError."""
    with opened(archive, state) as store:
        person = person_of(store, said)
        titles = {one.id: one.title for one in people_of(store)}
        progress = progress_of_person(store, person)
    if progress.problem is not None:
        raise ConfigurationError(f"nothing can be said: {progress.problem}")
    if chart is not None:
        ending = chart.suffix.removeprefix(".") or "svg"
        write_bytes(chart, draw_chart(progress, titles[person], ending))
    if as_json:
        plain = json.dumps(asdict(progress), indent=2, default=str)
        print(plain)  # noqa: T201
        return
    _print(progress, titles[person])


def _print(progress: Progress, title: str) -> None:
    out = console()
    first, *_, last = progress.courses[0].days
    out.print(f"{title}, {first} to {last}, {len(progress.courses[0].days)} days")
    table = Table("measure", "mean", "one day's photos differ by", "verdict", box=None)
    for course in progress.courses:
        noise = "no day has two" if course.noise is None else f"± {course.noise:.1f}"
        mean = sum(course.values) / len(course.values)
        table.add_row(MEASURES[course.measure], f"{mean:.1f}", noise, course.verdict)
    out.print(table)
    out.print(
        "In per cent of the distance of the outer eye corners. "
        f"{progress.used} faces; {progress.left} left out: turned away, poor or without a date."
    )


def draw_chart(progress: Progress, title: str, kind: str) -> bytes:
    """Return a chart of all measures as svg, png or pdf. Raises ConfigurationError for others."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - a second
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9, 2.3 * len(progress.courses)), facecolor=GROUND)
    FigureCanvasAgg(figure)
    figure.suptitle(title, color=INK, x=0.08, ha="left", fontsize=15, weight="bold")
    axes = figure.subplots(len(progress.courses), 1, sharex=True)
    for axis, course in zip(axes, progress.courses, strict=True):
        _draw(axis, course)
    figure.autofmt_xdate(rotation=0, ha="center")
    figure.tight_layout(rect=(0, 0, 1, 0.98))
    content = io.BytesIO()
    try:
        figure.savefig(content, format=kind, facecolor=GROUND, dpi=110)
    except ValueError as error:
        raise ConfigurationError(f"a chart as .{kind}: {error}") from None
    return content.getvalue()


def _draw(axis: Any, course: Course) -> None:
    axis.set_facecolor(GROUND)
    axis.fill_between(
        course.days, course.low, course.high, color=LINE, alpha=0.22, lw=0
    )
    axis.plot(course.days, course.line, color=LINE, lw=2)
    axis.errorbar(
        course.days,
        course.values,
        yerr=course.noise,
        fmt="o",
        ms=4,
        color=POINT,
        elinewidth=0.6,
    )
    axis.set_title(
        f"{MEASURES[course.measure]}: {course.verdict}",
        color=INK,
        fontsize=10.5,
        loc="left",
    )
    axis.set_ylabel("% of eye distance", color=SOFT, fontsize=8)
    axis.tick_params(colors=SOFT, labelsize=8)
    axis.grid(color="#2a2f3e", lw=0.6)
    for spine in axis.spines.values():
        spine.set_visible(False)
