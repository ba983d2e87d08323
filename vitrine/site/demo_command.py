"""`vitrine demo`: a whole site to look at, in one process.

It runs on synthetic visitors, a video, or a camera.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import Literal

import click

USUAL_PORT = 8000
TOKEN_BYTES = 32
# They win over options, so that the address is known only when the pages are there.
ADDRESS_VARIABLES = (
    "VITRINE_HTTP_HOST",
    "VITRINE_STAND_PORT",
    "VITRINE_CONSOLE_PORT",
    "VITRINE_CONSOLE_ONE_TIME_TOKEN",
    "VITRINE_OPERATOR_TOKEN",
    "VITRINE_USERS",
)


def retired(
    context: click.Context,  # noqa: ARG001 - part of click's interface
    parameter: click.Parameter,  # noqa: ARG001
    value: str | None,
) -> None:
    """Say what has become of --config."""
    if value is not None:
        raise click.UsageError(
            f"a configuration of your own runs with `vitrine site {value}`"
        )


def usual_or_free_port() -> int:
    """Return the usual port, or 0 for any free one where another program has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", USUAL_PORT))
        except OSError:
            return 0
    return USUAL_PORT


def free_port() -> int:
    """Return a port that is free now, and not the same for two demos that start together."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def greet(
    port: int,
    console_port: int,
    token: str,
    operator_token: str,
    sources: tuple[str, ...],
) -> None:
    """Print what runs and, where it is known already, what to open.

    Before anything slow is loaded: somebody waits.
    """
    seen = "synthetic visitors"
    if sources:
        # Never the addresses: they may hold passwords.
        seen = f"cameras given: {len(sources)}"
    click.echo(f"Vitrine demo: {seen}", err=True)
    told_otherwise = any(name in os.environ for name in ADDRESS_VARIABLES)
    if not told_otherwise:
        view = f"http://127.0.0.1:{console_port}/cameras?token={token}"
        click.echo(f"Live cameras  {view}   (opens once)", err=True)
    if port and not told_otherwise:
        page = f"http://127.0.0.1:{port}/live?token={operator_token}"
        click.echo(f"Console       {page}", err=True)
    click.echo("Starting …  (Ctrl-C ends it in order, twice at once)", err=True)


@click.command(short_help="Run everything on synthetic visitors.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="URI",
    help="A camera: device index (0), rtsp:// or http:// address, video file, folder of images, "
    "or `synthetic:?people=4&seed=7`. Repeat it for more cameras of the stand.  "
    "[default: those of the examples]",
)
@click.option(
    "--config",
    hidden=True,
    expose_value=False,
    callback=retired,
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
    help="Do not open the live view and the stand page in a browser.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="0 takes a free one.  [default: 8000, or a free one where that is taken]",
)
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write every event as DIR/<topic>.jsonl, the synthetic truth, and summary.json.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace an earlier run in the folder of --record.",
)
def demo(
    sources: tuple[str, ...],
    bus: Literal["memory", "kafka"],
    speed: Literal["realtime", "max"],
    seconds: float | None,
    no_browser: bool,
    port: int | None,
    record: Path | None,
    overwrite: bool,
) -> None:
    """Run a whole stand in this process: cameras, recognition, screen and campaign figures.

    Without options it runs a minute of synthetic visitors in front of one stand. Open the printed
    address to see what they see; the advertiser's figures are in report.html at the end.

    \b
    vitrine demo                                   a minute of synthetic visitors
    vitrine demo --source 0                        your webcam, until Ctrl-C
    vitrine demo --source shop.mp4 --speed max --record run/

    Your own cameras, stands and campaigns: `vitrine site DIR`.

    With `--bus kafka` give it a broker of its own (VITRINE_KAFKA_SERVERS): it takes part under
    the names of the real services.

    Public models are used from the folder VITRINE_MODELS; VITRINE_MODEL_SET chooses the set.
    """
    if port is None:
        port = usual_or_free_port()
    console_port = free_port()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    operator_token = secrets.token_urlsafe(TOKEN_BYTES)
    greet(port, console_port, token, operator_token, sources)
    from vitrine.terminal import console

    with console(stderr=True).status("Starting: loading libraries …"):
        from vitrine.site.demo import run_demo
    run_demo(
        sources=sources,
        bus=bus,
        speed=speed,
        seconds=seconds,
        browser=not no_browser,
        port=port,
        console_port=console_port,
        console_token=token,
        operator_token=operator_token,
        record=record,
        overwrite=overwrite,
    )
