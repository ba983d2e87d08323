"""`vitrine calibrate`: a page to set a camera and its stand up."""

from __future__ import annotations

import secrets
from pathlib import Path
from threading import Event

import click

TOKEN_BYTES = 32


@click.command(short_help="Set a camera up: zone, mask, light, cone.")
@click.argument("camera", metavar="CAMERA")
@click.option(
    "--config",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of cameras.yaml and stands.yaml.  [default: VITRINE_CONFIG]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Of the page.  [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
def calibrate(
    camera: str,
    folder: Path | None,
    port: int,
    no_browser: bool,
) -> None:
    """Open a page on this machine to set one camera of cameras.yaml, and its stand, up.

    The page shows what the camera sees and says whether light, focus, face size and frame rate
    will do. Draw the mask on a still, say how near people have to be, and let somebody look at the
    corners of the screen: the cone of attention is fitted to that. The page shows the difference
    of the files, and writes them when you say so; a site that runs takes them up within a second.

    \b
    vitrine calibrate north-1 --config mall
    vitrine calibrate north-1 --port 8010     and on your laptop
    ssh -L 8010:127.0.0.1:8010 MACHINE        to see the page of another machine

    Pictures stay in memory, nothing is recorded. A camera at the machine (device 0) can be open in
    one program only: end `vitrine site` first. Ctrl-C ends it.
    """
    from vitrine.terminal import console

    screen = console(stderr=True)
    with screen.status("Starting: loading libraries …"):
        from vitrine.calibrate.running import run_calibration
        from vitrine.site.interrupts import interrupts
        from vitrine.site.local_page import when_ready
        from vitrine.telemetry.logs import configure_logs

    # The page says what the camera does.
    configure_logs("WARNING", "text")

    last_line = "Ctrl-C ends it; nothing is recorded."
    ready = when_ready(screen, last_line, browser=not no_browser)
    stop = Event()
    with interrupts(stop):
        run_calibration(
            folder,
            camera,
            port=port,
            token=secrets.token_urlsafe(TOKEN_BYTES),
            stop=stop,
            ready=ready,
        )
