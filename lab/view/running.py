"""Run a watch as a window, a page or a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Event

import cv2
from rich.console import Console

from vitrine.errors import ConfigurationError
from vitrine.lab.view.analysis import Analysis
from vitrine.lab.view.film import write_film
from vitrine.lab.view.kit import OWN, Kit
from vitrine.lab.view.reading import Player, Reading, camera_of
from vitrine.lab.view.watching import Watch
from vitrine.lab.view.web import serve
from vitrine.mall import Camera
from vitrine.output import check_free
from vitrine.services.ingest.app import silence_ffmpeg
from vitrine.settings import Settings
from vitrine.site.interrupts import interrupts
from vitrine.site.local_page import has_screen, when_ready
from vitrine.telemetry.logs import configure_logs


@dataclass(frozen=True, slots=True)
class Order:
    """Hold what is to be watched, and with what."""

    source: str
    detector: str = "own"
    nets: Sequence[Path] = ()
    models: Path | None = None
    fps: float = 30
    width: int = 640
    seconds: float | None = None


@dataclass(frozen=True)
class Run:
    """Hold a source and the networks, ready to begin."""

    camera: Camera
    reading: Reading
    kit: Kit
    analysis: Analysis
    seconds: float | None

    @property
    def has_window(self) -> bool:
        """True where a window can be shown."""
        return has_screen()

    @cached_property
    def watch(self) -> Watch:
        """The source at its own pace, and its analysis beside it."""
        player = Player(self.reading, self.seconds)
        return Watch(self.kit, self.analysis, player)

    def window(self, folder: Path, stop: Event) -> None:
        """Show a window; pictures are saved into `folder`. Raises ConfigurationError."""
        try:
            from vitrine.lab.view.window import Window  # noqa: PLC0415 - it needs a library
        except ModuleNotFoundError:
            raise ConfigurationError(
                "a window needs pygame: install 'vitrine[lab]', or use --web or --save"
            ) from None
        with interrupts(stop), self.watch.running(stop):
            Window(self.watch, folder).run(stop)

    def page(
        self,
        screen: Console,
        stop: Event,
        *,
        port: int,
        token: str,
        browser: bool,
    ) -> None:
        """Show a page until Ctrl-C. Raises ConfigurationError."""
        ready = when_ready(
            screen, "Ctrl-C ends it; nothing is stored.", browser=browser
        )
        with interrupts(stop), self.watch.running(stop):
            serve(self.watch, port, token, stop, ready)

    def film(
        self, path: Path, screen: Console, stop: Event, *, overwrite: bool
    ) -> None:
        """Write a video; Ctrl-C ends it earlier. Raises ConfigurationError."""
        if not overwrite:
            check_free(path)
        if _is_source(path, self.camera):
            raise ConfigurationError(f"{path} is the source; name another file")
        with interrupts(stop):
            pictures = write_film(
                path,
                self.analysis,
                self.reading,
                self.camera,
                self.seconds,
                screen,
                stop,
            )
        screen.print(f"{path}: {pictures} pictures")


def _is_source(path: Path, camera: Camera) -> bool:
    """Return whether writing `path` would replace the video that is read."""
    if camera.uri.kind != "path":
        return False
    return path.resolve() == Path(camera.uri.target).resolve()


def prepared(order: Order) -> Run:
    """Load the networks and name the source; it is opened when the run begins.

    Raises ConfigurationError for a source that cannot be one, or weights that are missing.
    """
    configure_logs("WARNING", "text")
    silence_ffmpeg()
    # The reader and the window have the other cores.
    cv2.setNumThreads(1)
    camera = camera_of(order.source, order.fps, order.width)
    reading = Reading(camera)
    kit = Kit(order.models or Settings.load().models, order.nets)
    net = order.nets[0].stem if order.nets else OWN
    analysis = Analysis(
        kit,
        order.detector,
        net,
        synthetic=reading.source.synthetic,
    )
    return Run(camera, reading, kit, analysis, order.seconds)
