"""Keep what stops a process from being ready."""

from __future__ import annotations

from threading import Lock


class Health:
    """Keep what stops a process from being ready, by component; thread-safe."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._lock = Lock()

    def unready(self, component: str, reason: str) -> None:
        """Note why `component` cannot work now."""
        with self._lock:
            self._reasons[component] = reason

    def ready(self, component: str) -> None:
        """Note that `component` works again."""
        with self._lock:
            self._reasons.pop(component, None)

    def reasons(self) -> dict[str, str]:
        """Return why the process is not ready, by component; empty when it is."""
        with self._lock:
            return dict(self._reasons)
