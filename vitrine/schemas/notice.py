"""Define the proof that people at a stand are told of its cameras."""

from __future__ import annotations

from typing import Literal

from vitrine.schemas.base import Event, Id, Nanoseconds

Recognition = Literal["none", "enrolled", "key-in-hand"]
Reactions = Literal["off", "expression"]


class Notice(Event):
    """Report that the page of a stand shows the notice; a later one replaces it."""

    stand_id: Id
    shown_at_ns: Nanoseconds
    """When the stand heard it from the page in charge."""
    recognition: Recognition
    """What the words on the page say of recognition."""
    reactions: Reactions = "off"
    """What they say of expressions; `off` in events of before."""

    @property
    def occurred_at_ns(self) -> int:
        return self.shown_at_ns
