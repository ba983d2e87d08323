"""Watch a source: a thread reads it, one analyses it, and whoever shows it takes the newest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Lock
from typing import Final

from vitrine.beside import beside
from vitrine.lab.view.analysis import Analysis, Seen
from vitrine.lab.view.kit import Kit
from vitrine.lab.view.latest import Latest
from vitrine.lab.view.reading import Picture, Player

# How soon a key takes effect while no picture comes. Chosen, not measured.
TICK_S: Final = 0.05


class Watch:
    """Analyse what a player reads; keys and buttons pause it and change its networks."""

    def __init__(self, kit: Kit, analysis: Analysis, player: Player) -> None:
        self.newest: Latest[Seen] = Latest()
        self._kit = kit
        self._analysis = analysis
        self._player = player
        self._lock = Lock()
        self._wanted = analysis.names
        self._last: Picture | None = None

    @property
    def paused(self) -> bool:
        """True while the picture stands still."""
        return self._player.paused.is_set()

    @property
    def ended(self) -> bool:
        """True once the source has ended."""
        return self._player.ended.is_set()

    def toggle_pause(self) -> None:
        """Let the picture stand still, or go on."""
        if self.paused:
            self._player.paused.clear()
        else:
            self._player.paused.set()

    def next_detector(self) -> None:
        """Change to the detector after this one, of those whose weights are there."""
        with self._lock:
            detector, net = self._wanted
            self._wanted = (_after(detector, self._kit.detectors), net)

    def next_net(self) -> None:
        """Change to the landmark net after this one."""
        with self._lock:
            detector, net = self._wanted
            self._wanted = (detector, _after(net, self._kit.nets))

    @contextmanager
    def running(self, stop: Event) -> Iterator[None]:
        """Read and analyse during the block. An error of either sets `stop`, and is raised."""
        with ExitStack() as stack:
            stack.enter_context(beside(self._analyse, "analysis", stop))
            stack.enter_context(beside(self._player.run, "reader", stop))
            yield

    def _analyse(self, stop: Event) -> None:
        while not stop.is_set():
            picture = self._player.newest.take(TICK_S)
            with self._lock:
                wanted = self._wanted
            if wanted != self._analysis.names:
                self._analysis.change(*wanted)
                if picture is None and self._last is not None:
                    self.newest.put(self._analysis.see_again(self._last))
            if picture is not None:
                self._last = picture
                self.newest.put(self._analysis.see(picture))


def _after(name: str, names: list[str]) -> str:
    return names[(names.index(name) + 1) % len(names)]
