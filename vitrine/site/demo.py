"""`vitrine demo`: the composition of a site to look at, in one process.

It runs on synthetic visitors, a video, or a camera.
"""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from threading import Event
from typing import Literal

import click
from rich.console import Console

from vitrine.campaigns.summary import Figures
from vitrine.errors import ConfigurationError
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import (
    FixedMall,
    MallFolder,
    MallSource,
    load_mall,
)
from vitrine.services.analytics.report import (
    render_html,
    summary_table,
    to_json,
)
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.settings import Defaults, Settings
from vitrine.shipped import CONFIG
from vitrine.site.demo_view import (
    closing_line,
    greet,
    has_screen,
    stand_page,
    summary_of,
    watch,
)
from vitrine.site.embedded import Site
from vitrine.site.interrupts import interrupts
from vitrine.site.output import write_output
from vitrine.site.plan import Plan
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect
from vitrine.telemetry.logs import configure_logs

# Long enough for a play with an audience at each stand of the examples.
DEMO_SECONDS = 60.0

# A minute is short, so windows are; synthetic people need no anonymity.
SYNTHETIC_DEFAULTS: Defaults = {
    AnalyticsSettings: {
        "window_s": 10,
        "grace_s": 5,
        "k_anonymity": 1,
    },
}


@click.command()
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="URI",
    help="A camera: device index (0), rtsp:// or http:// address, video file, folder of images, "
    "or `synthetic:?people=4&seed=7`. Repeat it for more cameras of the stand.  "
    "[default: those of --config]",
)
@click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with cameras.yaml, stands.yaml, campaigns.yaml.  "
    "[default: the examples, recognition on]",
)
@click.option(
    "--bus",
    type=click.Choice(["memory", "kafka"]),
    default="memory",
    show_default=True,
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
    "--no-browser",
    is_flag=True,
    help="Do not open the stand page in a browser.",
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

    With `--bus kafka` give it a broker of its own (VITRINE_KAFKA_SERVERS): it takes part under
    the names of the real services.

    Optional public models (YuNet, MobileFaceNet) are used from the folder VITRINE_MODELS.
    """
    settings = Settings.load(bus=bus)
    # People at a terminal read a progress bar; programs get warnings only, beside it.
    level = settings.log_level
    if settings.log_format == "json":
        level = "WARNING"
    configure_logs(level, "text")
    mall = _mall(sources, config)
    if seconds is None and not sources and config is None:
        seconds = DEMO_SECONDS
    defaults: Defaults = {}
    if _is_synthetic(mall.current()):
        defaults = SYNTHETIC_DEFAULTS
    plan = Plan(
        settings.model_copy(update={"config": config or CONFIG}),
        mall,
        speed=speed,
        seconds=seconds,
        port=port,
        record=record,
        defaults=defaults,
    )
    _run(plan, browser=not no_browser)


def _mall(sources: tuple[str, ...], config: Path | None) -> MallSource:
    """Return the mall to run on.

    That of the folder, with the given cameras at its first stand; without a folder, the examples,
    with recognition on. Raises ConfigurationError without a stand.
    """
    folder = config or CONFIG
    mall = load_mall(folder)
    if not mall.stands:
        file = folder / "stands.yaml"
        raise ConfigurationError(f"{file}: a demo needs at least one stand")
    if config is not None and not sources:
        # As it is on disk at each moment: changes take effect while the demo runs.
        return MallFolder(folder)
    if sources:
        mall = _with_cameras(mall, sources)
    if config is None:
        mall = _with_recognition(mall)
    return FixedMall(mall)


def _with_cameras(mall: Mall, sources: tuple[str, ...]) -> Mall:
    cameras = []
    for number, uri in enumerate(sources, 1):
        camera = _camera(number, uri, mall.stands[0])
        cameras.append(camera)
    return mall.model_copy(update={"cameras": tuple(cameras)})


def _with_recognition(mall: Mall) -> Mall:
    stands = []
    for stand in mall.stands:
        changed = stand.model_copy(update={"recognition": "enrolled"})
        stands.append(changed)
    return mall.model_copy(update={"stands": tuple(stands)})


def _camera(number: int, uri: str, stand: Stand) -> Camera:
    # A video is taken at its own rate, which is hardly above 60; drawing is slower.
    fps = 60
    if uri.startswith("synthetic:"):
        fps = 10
    return Camera(
        id=f"camera-{number}",
        uri=uri,
        stand=stand.id,
        fps=fps,
        width=640,
    )


def _is_synthetic(mall: Mall) -> bool:
    """Return True where all visitors are synthetic."""
    return all(camera.uri.scheme == "synthetic" for camera in mall.cameras)


def _run(plan: Plan, *, browser: bool) -> None:
    console = Console(stderr=True)
    stop = Event()
    site = Site(plan)
    with interrupts(stop), site.running():
        page = stand_page(site)
        greet(console, site)
        if browser and has_screen():
            webbrowser.open(page)
        watch(console, site, stop)
        site.finish()
        redis = connect(site.redis_url)
        figures = load_figures(redis, "exact")
    _report(console, site, figures)
    if site.source_error is not None:
        raise site.source_error
    error = site.recorder.error
    if error is not None:
        raise ConfigurationError(
            f"the recording in {plan.record} is incomplete: {error}; "
            "free some space and repeat"
        )


def _report(
    console: Console,
    site: Site,
    figures: Figures,
) -> None:
    """Write the figures of the run, and show them."""
    summary = summary_of(site)
    summary["campaigns"] = to_json(figures)
    folder = site.plan.record
    if folder is not None:
        text = json.dumps(summary, indent=2)
        write_output(folder / "summary.json", text + "\n")
    report = (folder or Path()) / "report.html"
    write_output(report, render_html(figures))
    console.print(summary_table(figures))
    console.print(closing_line(summary))
    console.print(f"Report: [bold]{report}[/]")
