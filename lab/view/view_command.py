"""`vitrine view`: watch a camera, a file or an address live."""

from __future__ import annotations

import secrets
from pathlib import Path
from threading import Event

import click

TOKEN_BYTES = 32
DETECTORS = ("own", "mtcnn", "yunet", "ssd", "haar")


@click.command(short_help="Watch a source live, with all that is measured.")
@click.argument("source", metavar="SOURCE")
@click.option(
    "--detector",
    type=click.Choice(DETECTORS),
    default="own",
    show_default=True,
    help="What finds faces first; `d` changes it.",
)
@click.option(
    "--net",
    "nets",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.onnx",
    help="A further landmark net, the first to be used; may be given often, `n` changes it.",
)
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of public weights: YuNet, OpenCV's SSD and Haar.  [default: VITRINE_MODELS]",
)
@click.option("--fps", type=click.FloatRange(0.1, 120), default=30, show_default=True)
@click.option(
    "--width",
    type=click.IntRange(64, 4096),
    default=640,
    show_default=True,
    help="Pixels that pictures are scaled down to before they are analysed.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="End after so much of the source.  [default: all of it]",
)
@click.option(
    "--save",
    "film",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.mp4",
    help="Write a video instead of opening a window.",
)
@click.option("--overwrite", is_flag=True, help="Replace a video that is there.")
@click.option(
    "--web", is_flag=True, help="A page in the browser; the way without a display."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Of the page.  [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
def view(
    source: str,
    detector: str,
    nets: tuple[Path, ...],
    models: Path | None,
    fps: float,
    width: int,
    seconds: float | None,
    film: Path | None,
    overwrite: bool,
    web: bool,
    port: int,
    no_browser: bool,
) -> None:
    """Show what the system sees of SOURCE: faces, 68 points, the axes of each head, expression,
    confidence, track and engagement.

    SOURCE is what ingest takes: the number of a camera, a video, a picture or a folder of them,
    an rtsp or http address, or `synthetic:` for people who do not exist.

    \b
    vitrine view 0                                the first camera of this machine
    vitrine view shop.mp4 --detector mtcnn
    vitrine view 'synthetic:?scene=rush&people=6'
    vitrine view shop.mp4 --save out.mp4          a video with the overlay
    vitrine view rtsp://10.0.0.5/stream1 --web    a page, for a machine without display

    \b
    space   stand still, or go on       s   save the picture as PNG, here
    d       the next detector           ?   help
    n       the next landmark net       q   quit

    Nothing is stored but what you save. Tell people before a camera sees them.
    """
    from vitrine.terminal import console

    screen = console(stderr=True)
    with screen.status("Starting: loading libraries and networks …"):
        from vitrine.lab.view.running import Order, prepared

        order = Order(
            source=source,
            detector=detector,
            nets=nets,
            models=models,
            fps=fps,
            width=width,
            seconds=seconds,
        )
        run = prepared(order)

    stop = Event()
    if film is not None:
        run.film(film, screen, stop, overwrite=overwrite)
    elif web or not run.has_window:
        run.page(
            screen,
            stop,
            port=port,
            token=secrets.token_urlsafe(TOKEN_BYTES),
            browser=not no_browser,
        )
    else:
        run.window(Path.cwd(), stop)
