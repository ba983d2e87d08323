"""`vitrine demo`: everything in one process, on synthetic visitors, a video, or a camera."""

from __future__ import annotations

import json
import os
import signal
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Literal

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from vitrine.errors import ConfigurationError
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import FixedMall, MallFolder, MallSource, load_mall
from vitrine.services.analytics.report import (
    render_html,
    summary_table,
    to_json,
)
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.services.ingest.addresses import without_password
from vitrine.settings import Defaults, Settings
from vitrine.shipped import CONFIG
from vitrine.site.embedded import Plan, Site
from vitrine.site.output import write_output
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect
from vitrine.telemetry.logs import configure_logs

DEMO_SECONDS = 60.0
# A minute is short, so windows are; synthetic people need no anonymity.
SYNTHETIC_DEFAULTS: Defaults = {
    AnalyticsSettings: {"window_s": 10, "grace_s": 5, "k_anonymity": 1},
}


@click.command()
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="URI",
    help="A camera: device index (0), rtsp:// or http:// address, video file, folder of images, or "
    "`synthetic:?people=4&seed=7`. Repeat it for more cameras of the stand.  [default: those of --config]",
)
@click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with cameras.yaml, stands.yaml, campaigns.yaml.  [default: the examples, recognition on]",
)
@click.option(
    "--bus", type=click.Choice(["memory", "kafka"]), default="memory", show_default=True
)
@click.option(
    "--speed",
    type=click.Choice(["realtime", "max"]),
    default="realtime",
    show_default=True,
    help="`max` plays files and synthetic sources as fast as the machine can analyse every frame.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1),
    help="Stop after so many seconds of the source's time.  [default: 60, or the end of the files]",
)
@click.option(
    "--no-browser", is_flag=True, help="Do not open the stand page in a browser."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write every event as DIR/<topic>.jsonl, the synthetic truth, and summary.json.",
)
def demo(
    sources: tuple[str, ...],
    config: Path | None,
    bus: Literal["memory", "kafka"],
    speed: Literal["realtime", "max"],
    seconds: float | None,
    no_browser: bool,
    port: int,
    record: Path | None,
) -> None:
    """Run a whole stand in this process: cameras, recognition, screen and campaign figures.

    Without options it runs a minute of synthetic visitors in front of one stand. Open the printed
    address to see what they see; the advertiser's figures are in report.html at the end.

    \b
    vitrine demo                                   a minute of synthetic visitors
    vitrine demo --source 0                        your webcam, until Ctrl-C
    vitrine demo --source shop.mp4 --speed max --record run/

    With `--bus kafka` give it a broker of its own (VITRINE_KAFKA_SERVERS): it takes part under the names
    of the real services.

    Optional public models (YuNet, MobileFaceNet) are used from the folder VITRINE_MODELS.
    """
    settings = Settings.load(bus=bus)
    configure_logs(
        "WARNING" if settings.log_format == "json" else settings.log_level, "text"
    )
    mall, synthetic = _mall(sources, config)
    if seconds is None and not sources and config is None:
        seconds = DEMO_SECONDS
    plan = Plan(
        settings.model_copy(update={"config": config or CONFIG}),
        mall,
        speed=speed,
        seconds=seconds,
        port=port,
        record=record,
        defaults=SYNTHETIC_DEFAULTS if synthetic else {},
    )
    _run(plan, browser=not no_browser)


def _mall(sources: tuple[str, ...], config: Path | None) -> tuple[MallSource, bool]:
    """What to run on, and whether all visitors are synthetic."""
    folder = config or CONFIG
    mall = load_mall(folder)
    if not mall.stands:
        raise ConfigurationError(
            f"{folder / 'stands.yaml'}: a demo needs at least one stand"
        )
    if sources:
        cameras = tuple(
            _camera(number, uri, mall.stands[0])
            for number, uri in enumerate(sources, 1)
        )
        mall = mall.model_copy(update={"cameras": cameras})
    synthetic = all(camera.uri.startswith("synthetic:") for camera in mall.cameras)
    if config is None:
        stands = tuple(
            stand.model_copy(update={"recognition": "enrolled"})
            for stand in mall.stands
        )
        mall = mall.model_copy(update={"stands": stands})
    elif not sources:
        return MallFolder(folder), synthetic
    return FixedMall(mall), synthetic


def _camera(number: int, uri: str, stand: Stand) -> Camera:
    fps = 10 if uri.startswith("synthetic:") else 60
    return Camera(id=f"camera-{number}", uri=uri, stand=stand.id, fps=fps, width=640)


def _run(plan: Plan, *, browser: bool) -> None:
    console = Console(stderr=True)
    stop = Event()
    site = Site(plan)
    with _interrupts(stop), site.running():
        _greet(console, plan, site)
        if browser and _has_screen():
            webbrowser.open(_stand_page(site, plan.mall.current()))
        _watch(console, site, stop)
        site.finish()
        figures = load_figures(connect(site.redis_url), "exact")
    summary = _summary(plan, site) | {"campaigns": to_json(figures)}
    if plan.record is not None:
        write_output(plan.record / "summary.json", json.dumps(summary, indent=2) + "\n")
    report = (plan.record or Path()) / "report.html"
    write_output(report, render_html(figures))
    console.print(summary_table(figures))
    console.print(_closing_line(summary), f"Report: [bold]{report}[/]", sep="\n")
    if site.source_error is not None:
        raise site.source_error
    if site.recorder.error is not None:
        raise ConfigurationError(
            f"the recording in {plan.record} is incomplete: {site.recorder.error}; free some space and repeat"
        )


@contextmanager
def _interrupts(stop: Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run in order; a second one ends it at once."""

    def interrupt(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _greet(console: Console, plan: Plan, site: Site) -> None:
    console.print(f"Stand page    [bold]{_stand_page(site, plan.mall.current())}[/]")
    console.print(
        f"Live figures  [bold]{site.address}/live[/]   (Ctrl-C ends the run in order)"
    )


def _has_screen() -> bool:
    """Without one, a browser of the terminal would take the place of the progress bar."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _stand_page(site: Site, mall: Mall) -> str:
    return f"{site.address}/stands/{mall.stands[0].id}"


def _watch(console: Console, site: Site, stop: Event) -> None:
    """Progress until the sources end, somebody interrupts, or a service fails."""
    total = site.plan.seconds
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=console, transient=False) as progress:
        task = progress.add_task("watching", total=total, figures="")
        while not stop.is_set() and not site.sources_ended:
            site.check()
            site.changed.wait(0.25)
            progress.update(
                task, completed=_source_seconds(site), figures=_figures(site)
            )
        if site.sources_ended and total is not None:
            progress.update(task, completed=total)


def _source_seconds(site: Site) -> float:
    recorder = site.recorder
    return (recorder.last_event_ns - recorder.first_event_ns) / 1e9


def _figures(site: Site) -> str:
    recorder = site.recorder
    return f"{recorder.frames} frames · {len(recorder.presences)} people · {recorder.events['plays']} plays"


def _summary(plan: Plan, site: Site) -> dict[str, Any]:
    recorder = site.recorder
    return {
        "sources": [
            without_password(camera.uri) for camera in plan.mall.current().cameras
        ],
        "bus": plan.settings.bus,
        "speed": plan.speed,
        "wall_seconds": round(site.seconds, 3),
        "source_seconds": round(_source_seconds(site), 3),
        "frames": recorder.frames,
        "frames_per_second": round(recorder.frames / site.seconds, 2),
        "faces": recorder.faces,
        "tracks": len(recorder.tracks),
        "presences": len(recorder.presences),
        "visitors": len(recorder.visitors),
        "synthetic": recorder.synthetic,
        "events": dict(sorted(recorder.events.items())),
    }


def _closing_line(summary: dict[str, Any]) -> str:
    return (
        f"{summary['frames']} frames in {summary['wall_seconds']:.1f} s "
        f"({summary['frames_per_second']:.0f} a second), {summary['presences']} people, "
        f"{summary['events'].get('plays', 0)} plays"
        + (", all visitors synthetic" if summary["synthetic"] else "")
    )
