"""A window that shows a watch, and its keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Final

# Printed to standard output by the library otherwise.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import cv2
import pygame

from vitrine.errors import ConfigurationError
from vitrine.lab.view.analysis import Seen
from vitrine.lab.view.screen import draw_screen
from vitrine.lab.view.watching import Watch
from vitrine.output import free_name, write_bytes
from vitrine.vision.crop import Image

TITLE: Final = "vitrine view"
# Width of the window at first; the picture follows when somebody drags an edge.
WIDTH: Final = 960
# Looks at the keys a second. Chosen, not measured: a key answers at once.
TICKS: Final = 60
# How long a note stays. Chosen, not measured.
NOTE_MS: Final = 2500
# A window may be dragged to nothing; a picture has at least a pixel.
LEAST_SCALE: Final = 0.1
BEFORE: Final = "waiting for the first picture"


class Window:
    """Show the newest picture of a watch until somebody quits."""

    def __init__(self, watch: Watch, folder: Path) -> None:
        """Save pictures into `folder`."""
        self._watch = watch
        self._folder = folder
        self._seen: Seen | None = None
        self._canvas: Image | None = None
        self._helped = False
        self._note = ""
        self._note_until_ms = 0
        self._stale = True
        self._keys: dict[str, Callable[[], None]] = {
            " ": self._pause,
            "d": watch.next_detector,
            "n": watch.next_net,
            "s": self._save,
            "?": self._help,
        }

    def run(self, stop: Event) -> None:
        """Show pictures until `q`, Escape, the window's own button, or `stop`.

        Raises ConfigurationError where no window can be opened.
        """
        screen = _opened()
        clock = pygame.time.Clock()
        try:
            while not stop.is_set():
                for event in pygame.event.get():
                    if _quits(event):
                        return
                    self._take(event)
                self._show(screen)
                clock.tick(TICKS)
        finally:
            pygame.quit()

    def _take(self, event: pygame.Event) -> None:
        if event.type == pygame.KEYDOWN and event.unicode in self._keys:
            self._keys[event.unicode]()
            self._stale = True
        elif event.type == pygame.VIDEORESIZE:
            self._stale = True

    def _show(self, screen: pygame.Surface) -> None:
        """Draw what is new; nothing is drawn again while nothing changes."""
        seen = self._watch.newest.take()
        if seen is not None:
            first = self._seen is None
            self._seen = seen
            self._stale = True
            if first:
                _fit(seen)
        if self._note and pygame.time.get_ticks() > self._note_until_ms:
            self._note = ""
            self._stale = True
        if self._seen is None or not self._stale:
            return
        self._stale = False
        screen = pygame.display.get_surface() or screen
        canvas = draw_screen(
            self._seen,
            _scale(self._seen, screen),
            self._notes(),
            helped=self._helped,
        )
        self._canvas = canvas
        height, width = canvas.shape[:2]
        picture = pygame.image.frombuffer(canvas.tobytes(), (width, height), "BGR")
        screen.fill((0, 0, 0))
        screen.blit(picture, (0, 0))
        pygame.display.flip()

    def _notes(self) -> list[str]:
        notes = []
        if self._watch.paused:
            notes.append("paused")
        if self._watch.ended:
            notes.append("the recording has ended")
        notes.append(self._note or "? for help")
        return notes

    def _pause(self) -> None:
        self._watch.toggle_pause()

    def _help(self) -> None:
        self._helped = not self._helped

    def _save(self) -> None:
        """Write the picture as it is shown; a disk that is full is told, and the watch goes on."""
        if self._canvas is None:
            return
        path = free_name(self._folder / "view.png")
        _, data = cv2.imencode(".png", self._canvas)
        try:
            write_bytes(path, data.tobytes())
            self._note = f"saved as {path.name}"
        except ConfigurationError as error:
            self._note = str(error)
        self._note_until_ms = pygame.time.get_ticks() + NOTE_MS


def _opened() -> pygame.Surface:
    try:
        pygame.display.init()
        pygame.display.set_caption(f"{TITLE}: {BEFORE}")
        return pygame.display.set_mode((WIDTH, WIDTH * 9 // 16), pygame.RESIZABLE)
    except pygame.error as error:
        raise ConfigurationError(
            f"no window can be opened ({error}); use --web or --save"
        ) from None


def _fit(seen: Seen) -> None:
    """Give the window the shape of the first picture."""
    height, width = seen.pixels.shape[:2]
    pygame.display.set_mode((WIDTH, round(WIDTH * height / width)), pygame.RESIZABLE)
    pygame.display.set_caption(TITLE)


def _scale(seen: Seen, screen: pygame.Surface) -> float:
    """Return how much larger a picture is shown, so that all of it fits."""
    height, width = seen.pixels.shape[:2]
    wide, high = screen.get_size()
    scale = min(wide / width, high / height)
    return float(max(LEAST_SCALE, scale))


def _quits(event: pygame.Event) -> bool:
    if event.type == pygame.QUIT:
        return True
    if event.type != pygame.KEYDOWN:
        return False
    return bool(event.unicode == "q" or event.key == pygame.K_ESCAPE)
