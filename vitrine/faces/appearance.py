"""Schedule of the networks that need not see a face in every frame: expression and embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vitrine.vision.quality import GOOD_VIEW

# Time between two embeddings of a track. Chosen: two to three a second, as neighbouring frames
# look alike.
EMBED_EVERY_NS: Final = 400_000_000
# The first embeddings of a track do not wait, so that a customer is known soon. Three: with two
# that agree identity decides, and one of them may be poor.
EMBEDDED_AT_ONCE: Final = 3
# Embeddings of one track: twelve seconds of good views. Chosen: who is not recognised by then, is
# not known.
MOST_EMBEDDINGS: Final = 30
# Time between two looks at a track's expression: each frame at 10 a second, every third at 30.
JUDGE_EVERY_NS: Final = 90_000_000


@dataclass(slots=True)
class Appearance:
    """Keep what the slower networks last said of a track, and when it is their turn again."""

    embeddings: int = 0
    """Number of embeddings made."""
    embedded_ns: int = 0
    expression_shown: float | None = None
    """Chance that the latest view judged shows an expression; None before the first."""
    judged_ns: int = 0

    def expression_due(self, at_ns: int) -> bool:
        """Return whether a view of this time is to be judged."""
        never_judged = self.expression_shown is None
        return never_judged or at_ns - self.judged_ns >= JUDGE_EVERY_NS

    def judged(self, shown: float, at_ns: int) -> None:
        """Take over how likely the view of this time shows an expression."""
        self.expression_shown = shown
        self.judged_ns = at_ns

    def judged_at(self, at_ns: int) -> bool:
        """Return whether the view of this time is the one that was judged."""
        return self.expression_shown is not None and self.judged_ns == at_ns

    def embedding_due(self, quality: float, at_ns: int) -> bool:
        """Return whether a view of this time and quality is to be embedded."""
        if quality < GOOD_VIEW or self.embeddings >= MOST_EMBEDDINGS:
            return False
        at_once = self.embeddings < EMBEDDED_AT_ONCE
        return at_once or at_ns - self.embedded_ns >= EMBED_EVERY_NS

    def embedded(self, at_ns: int) -> None:
        """Count an embedding of the view of this time."""
        self.embeddings += 1
        self.embedded_ns = at_ns
