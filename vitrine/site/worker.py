"""One service of a site in a thread."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from vitrine.errors import Unavailable
from vitrine.runtime.stop import DrainingStop

# Longer than any service takes to notice that it was abandoned. Chosen, not measured.
ABANDON_LIMIT_S = 10.0


class Worker:
    """Run a service in a thread, and keep how it ended."""

    def __init__(
        self,
        name: str,
        run: Callable[[Event], None],
        ended: Event,
    ) -> None:
        """Set `ended` when it ends, for whatever reason."""
        self.name = name
        self.stop = DrainingStop()
        self.error: BaseException | None = None
        self._run = run
        self._ended = ended
        self._thread = Thread(target=self._work, name=name)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """True while the thread is alive."""
        return self._thread.is_alive()

    def finish(self, limit_s: float) -> None:
        """Let it handle what is on the bus, then end; at once after the limit."""
        self.stop.set()
        self._thread.join(limit_s)
        if self.running:
            self.error = Unavailable(
                f"{self.name} did not catch up within {limit_s:g} s; figures are incomplete"
            )
        self.abandon()

    def abandon(self) -> None:
        """End it now."""
        self.stop.abandon()
        started = self._thread.ident is not None
        if started:
            self._thread.join(ABANDON_LIMIT_S)

    def _work(self) -> None:
        try:
            self._run(self.stop)
        except BaseException as error:  # noqa: BLE001 - kept, and raised again by the site
            self.error = error
        finally:
            self._ended.set()
