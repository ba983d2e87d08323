"""Run the virtual player with a journal of the plays it finished.

Nothing ever leaves the journal.

python -m benchmarks.kills.player JOURNAL --url … --stand … --keep FILE
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from vitrine.programme.commands import PlayReport
from vitrine.services.stand import virtual_player
from vitrine.services.stand.kept_plays import KeptPlays

JOURNAL = Path(sys.argv[1]) if __name__ == "__main__" else Path()


class JournalledPlays(KeptPlays):
    """Keep plays, and write each down once it is kept: from then on the player owes it."""

    def add(self, stand_id: str, report: PlayReport) -> None:
        """Keep a play."""
        super().add(stand_id, report)
        with JOURNAL.open("a", encoding="utf-8") as file:
            file.write(f"{report.play_id}\n")
            file.flush()
            os.fsync(file.fileno())


if __name__ == "__main__":
    # The name is imported there, not declared: an assignment would not pass the type check.
    setattr(virtual_player, "KeptPlays", JournalledPlays)  # noqa: B010
    # As a page, as a virtual player is granted no offers that could be lost.
    setattr(virtual_player, "KIND", "page")  # noqa: B010
    virtual_player.main(sys.argv[2:])
