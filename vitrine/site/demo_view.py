"""The demo at the terminal: addresses, progress, and a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from vitrine.site.embedded import Site
from vitrine.site.own_pages import operators_page

# Smooth for the eye, and nothing for the machine.
REFRESH_S = 0.25


def stand_page(site: Site) -> str:
    """Return the address of the first stand's page."""
    stand = site.plan.mall.current().stands[0]
    return f"{site.address}/stands/{stand.id}"


@contextmanager
def starting(screen: Console) -> Iterator[Callable[[str], None]]:
    """Show what the start is about; yield the function that is told."""
    with screen.status("Starting …") as status:

        def say(step: str) -> None:
            status.update(f"Starting: {step} …")

        yield say


TELL_PEOPLE: Final = (
    "A camera is at work: tell people before they come into its view. A site waits until "
    "a screen or a sign does."
)


def welcome(screen: Console, site: Site) -> None:
    """Print where to look."""
    page = stand_page(site)
    view = site.live_view()
    screen.print("Ready. Open")
    screen.print(
        f"  Live cameras  [bold]{view}[/]   (opens once)",
        soft_wrap=True,
    )
    screen.print(f"  Stand page    [bold]{page}[/]")
    console_page = operators_page("live", site.plan.settings)
    screen.print(
        f"  Console       [bold]{site.address}/{console_page}[/]",
        soft_wrap=True,
    )
    if site.customers_address:
        screen.print(f"  Customers     [bold]{site.customers_address}/join[/]")
    cameras = site.plan.mall.current().cameras
    if any(camera.uri.live for camera in cameras):
        screen.print(TELL_PEOPLE)


def watch(screen: Console, site: Site, stop: Event) -> None:
    """Show progress until the sources end, somebody interrupts, or a service fails.

    Raises what stopped a service.
    """
    total = site.plan.seconds
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    counts = site.recorder.counts
    with Progress(*columns, console=screen, transient=False) as progress:
        task = progress.add_task(
            "watching",
            total=total,
            figures="",
        )
        while not stop.is_set() and not site.sources_ended:
            site.check()
            site.changed.wait(REFRESH_S)
            progress.update(
                task,
                completed=counts.source_seconds,
                figures=_figures(site),
            )
        if site.sources_ended and total is not None:
            progress.update(task, completed=total)


def _figures(site: Site) -> str:
    counts = site.recorder.counts
    people = len(counts.presences)
    plays = counts.events["plays"]
    return f"{counts.frames} frames · {people} people · {plays} plays"


def summary_of(site: Site) -> dict[str, Any]:
    """Return the figures of a run, as they stand in summary.json."""
    plan = site.plan
    counts = site.recorder.counts
    cameras = plan.mall.current().cameras
    return {
        "sources": [str(camera.uri) for camera in cameras],
        "bus": plan.settings.bus,
        "speed": plan.speed,
        "wall_seconds": round(site.seconds, 3),
        "source_seconds": round(counts.source_seconds, 3),
        "frames": counts.frames,
        "frames_per_second": round(counts.frames / site.seconds, 2),
        "faces": counts.faces,
        "tracks": len(counts.tracks),
        "presences": len(counts.presences),
        "visitors": len(counts.visitors),
        "synthetic": counts.synthetic,
        "events": dict(sorted(counts.events.items())),
    }


def closing_line(summary: dict[str, Any]) -> str:
    """Return the summary in one line."""
    plays = summary["events"].get("plays", 0)
    rate = summary["frames_per_second"]
    line = (
        f"{summary['frames']} frames in {summary['wall_seconds']:.1f} s "
        f"({rate:.0f} a second), {summary['presences']} people, {plays} plays"
    )
    if summary["synthetic"]:
        line += ", all visitors synthetic"
    return line
