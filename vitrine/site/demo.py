"""The composition of a demo: a site to look at, in one process."""

from __future__ import annotations

import json
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Literal

from pydantic import SecretStr
from rich.console import Console

from vitrine.campaigns.summary import Figures
from vitrine.errors import ConfigurationError
from vitrine.mall import Address, Camera, Mall, Stand
from vitrine.mall.folder import FixedMall, load_mall
from vitrine.output import check_unused, free_name, write_output
from vitrine.services.analytics.report import summary_table, to_json
from vitrine.services.analytics.report_page import render_html
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.settings import Settings
from vitrine.shipped import CONFIG
from vitrine.site.demo_view import (
    closing_line,
    stand_page,
    starting,
    summary_of,
    watch,
    welcome,
)
from vitrine.site.embedded import Site
from vitrine.site.interrupts import interrupts
from vitrine.site.local_page import has_screen
from vitrine.site.own_pages import free_port, passed_on
from vitrine.site.plan import Plan
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect
from vitrine.telemetry.logs import configure_logs
from vitrine.terminal import console

# Long enough for a play with an audience at each stand of the examples.
DEMO_SECONDS = 60.0

# A minute is short, so windows are; synthetic people need no anonymity.
SYNTHETIC = {
    "window_s": 10,
    "grace_s": 5,
    "k_anonymity": 1,
}
"""Settings of analytics."""


def run_demo(
    *,
    sources: tuple[str, ...],
    bus: Literal["memory", "kafka"],
    speed: Literal["realtime", "max"],
    seconds: float | None,
    browser: bool,
    port: int,
    console_port: int,
    console_token: str,
    operator_token: str,
    record: Path | None,
    overwrite: bool,
) -> None:
    """Run until the sources end or somebody interrupts, then write the report.

    Raises ConfigurationError, and what stopped a service.
    """
    if record is not None and not overwrite:
        check_unused(record)
    settings = Settings.load(bus=bus)
    if settings.operator_token is None:
        token = SecretStr(operator_token)
        settings = settings.model_copy(update={"operator_token": token})
    # People at a terminal read a progress bar; programs get warnings only, beside it.
    level = settings.log_level
    if settings.log_format == "json":
        level = "WARNING"
    configure_logs(level, "text")
    mall = mall_of_sources(sources)
    if seconds is None and not sources:
        seconds = DEMO_SECONDS
    defaults = dict(passed_on(settings.http_host, console_port, free_port()))
    if _is_synthetic(mall):
        defaults[AnalyticsSettings] = {**defaults[AnalyticsSettings], **SYNTHETIC}
    plan = Plan(
        settings.model_copy(update={"config": CONFIG}),
        FixedMall(mall),
        speed=speed,
        seconds=seconds,
        port=port,
        console_token=SecretStr(console_token),
        record=record,
        defaults=defaults,
    )
    _run(plan, browser=browser)


def mall_of_sources(sources: tuple[str, ...]) -> Mall:
    """Return the examples with recognition on, and with the given cameras at the first stand."""
    mall = load_mall(CONFIG)
    if sources:
        mall = _with_cameras(mall, sources)
    return _with_recognition(mall)


def _told_by_the_user(stands: tuple[Stand, ...]) -> tuple[Stand, ...]:
    """Return stands that wait for no page: who tries a camera tells people (`welcome`)."""
    told = []
    for stand in stands:
        changed = stand.model_copy(update={"notice": "sign"})
        told.append(changed)
    return tuple(told)


def _with_cameras(mall: Mall, sources: tuple[str, ...]) -> Mall:
    cameras = []
    for number, uri in enumerate(sources, 1):
        camera = _camera(number, uri, mall.stands[0])
        cameras.append(camera)
    stands = _told_by_the_user(mall.stands)
    return mall.model_copy(update={"cameras": tuple(cameras), "stands": stands})


def _with_recognition(mall: Mall) -> Mall:
    stands = []
    for stand in mall.stands:
        changed = stand.model_copy(update={"recognition": "enrolled"})
        stands.append(changed)
    return mall.model_copy(update={"stands": tuple(stands)})


def _camera(number: int, uri: str, stand: Stand) -> Camera:
    try:
        address = Address.parse(uri)
    except ValueError as error:
        raise ConfigurationError(f"--source: the address {error}") from None
    # A video is taken at its own rate, which is hardly above 60; drawing is slower.
    fps = 60
    if address.scheme == "synthetic":
        fps = 10
    return Camera(
        id=f"camera-{number}",
        uri=address,
        stand=stand.id,
        fps=fps,
        width=640,
    )


def _is_synthetic(mall: Mall) -> bool:
    """Return True where all visitors are synthetic."""
    return all(camera.uri.scheme == "synthetic" for camera in mall.cameras)


def _run(plan: Plan, *, browser: bool) -> None:
    screen = console(stderr=True)
    stop = Event()
    site = Site(plan)

    def last() -> None:
        screen.show_cursor()
        site.kill()

    with ExitStack() as stack:
        stack.enter_context(interrupts(stop, last))
        with starting(screen) as say:
            stack.enter_context(site.running(stop, say))
        welcome(screen, site)
        if browser and has_screen():
            webbrowser.open(site.live_view())
            webbrowser.open(stand_page(site))
        watch(screen, site, stop)
        with screen.status("Counting what is on its way …"):
            site.finish()
        redis = connect(site.redis_url)
        figures = load_figures(redis, "exact")
    _report(screen, site, figures)
    if site.source_error is not None:
        raise site.source_error
    error = site.recorder.error
    if error is not None:
        raise ConfigurationError(
            f"the recording in {plan.record} is incomplete: {error}; "
            "free some space and repeat"
        )


def _report(
    screen: Console,
    site: Site,
    figures: Figures,
) -> None:
    """Write the figures of the run, and show them."""
    summary = summary_of(site)
    summary["campaigns"] = to_json(figures)
    folder = site.plan.record
    if folder is None:
        report = free_name(Path("report.html"))
    else:
        text = json.dumps(summary, indent=2)
        write_output(folder / "summary.json", text + "\n")
        report = folder / "report.html"
    write_output(report, render_html(figures))
    screen.print(summary_table(figures))
    screen.print(closing_line(summary))
    screen.print(f"Report: [bold]{report}[/]")
