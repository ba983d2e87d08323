"""Publish to the bus in memory."""

from __future__ import annotations

from vitrine.bus.interface import Message, PublishFailed
from vitrine.bus.memory.state import State


class MemoryProducer:
    """Append at once; `flush` reports what was refused."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._refused: list[str] = []

    def send(self, message: Message) -> None:
        """Append, or remember the refusal for `flush`."""
        try:
            self._state.append(message)
        except PublishFailed as error:
            self._refused.append(str(error))

    def flush(self, timeout_s: float = 30.0) -> None:  # noqa: ARG002 - part of the interface
        """Raise PublishFailed if any message since the last flush was refused."""
        refused = self._refused
        self._refused = []
        if refused:
            raise PublishFailed(f"{len(refused)} messages refused: {refused[0]}")

    def close(self) -> None:
        """Do nothing: nothing is held."""
