"""A camera at work in a thread of its own."""

from __future__ import annotations

import logging
import time
from threading import Thread

from vitrine.services.ingest.camera import CameraRun
from vitrine.services.ingest.shots import Unreadable

logger = logging.getLogger(__name__)

# A source that has not noticed by then that it should stop hangs (in a driver, or in a
# network library); its thread is left behind. Chosen, not measured.
HANG_LIMIT_S = 5.0


class CameraThread:
    """Run a camera in a thread, and keep how it ended."""

    def __init__(self, run: CameraRun) -> None:
        self.run = run
        self.failure: str | None = None
        """Why the source cannot be read, if that is how it ended."""
        self.error: Exception | None = None
        """A fault of this program, if that is how it ended."""
        self._left_behind_at: float | None = None
        self._thread = Thread(
            target=self._work,
            name=f"ingest {run.camera.id}",
            daemon=True,
        )

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, *, retire: bool) -> None:
        """Ask it to stop; with `retire`, because the camera will not come back."""
        if self.run.stop.is_set():
            return
        self._left_behind_at = time.monotonic() + HANG_LIMIT_S
        self.run.retired = retire
        self.run.stop.set()

    @property
    def over(self) -> bool:
        """True when it ended, or hangs although it was asked to stop."""
        if not self._thread.is_alive():
            return True
        if self._left_behind_at is None:
            return False
        return time.monotonic() >= self._left_behind_at

    def join(self) -> None:
        """Wait for its end; call `stop` first."""
        left_s = 0.0
        if self._left_behind_at is not None:
            left_s = max(0.0, self._left_behind_at - time.monotonic())
        self._thread.join(left_s)
        if self._thread.is_alive():
            logger.warning("camera %s hangs and is left behind", self.run.camera.id)

    def _work(self) -> None:
        try:
            self.run.run()
        except Unreadable as error:
            self.failure = f"camera {self.run.camera.id}: {error}"
            logger.error("%s", self.failure)  # noqa: TRY400 - the message says it all
        except Exception as error:  # noqa: BLE001 - raised again by the supervisor
            self.error = error
