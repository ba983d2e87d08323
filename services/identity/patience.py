"""Patience with a store that does not answer."""

from __future__ import annotations

from typing import Final

# Faces wait while we wait for the store. One that hangs is asked again only when five
# times its answer's time has passed: it takes a fifth of our time. Chosen, not measured.
PATIENCE: Final = 5


def ask_again_at(asked_s: float, failed_s: float) -> float:
    """Return the time from which to ask again, for a question asked and failed then."""
    waited_s = failed_s - asked_s
    return asked_s + PATIENCE * waited_s
