"""What happened at a stand since the program started, and its last plays."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from vitrine.schemas import Interaction, InteractionKind, Play

# Chosen, not measured: a table that fits on the page without scrolling.
RECENT: Final = 12
"""Plays that are listed."""


@dataclass(slots=True)
class Tally:
    """Count what happened at one stand since the program started."""

    plays: int = 0
    completed: int = 0
    interactions: Counter[InteractionKind] = field(default_factory=Counter)
    recent: deque[Play] = field(default_factory=lambda: deque(maxlen=RECENT))
    """As they were reported, the last one first."""

    def count_play(self, play: Play) -> None:
        """Count a play that a player reported, and list it."""
        self.plays += 1
        self.completed += play.completed
        self.recent.appendleft(play)

    def count_interaction(self, interaction: Interaction) -> None:
        """Count what somebody did, or an offer that was shown."""
        self.interactions[interaction.kind] += 1
