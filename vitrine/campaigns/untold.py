"""Time of which figures lack something: it counts as not covered, whatever the cameras saw.

It is kept among the reports of cameras, so that it is stored, revises windows, and grows old as
they do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vitrine.campaigns.intervals import Span, union
from vitrine.schemas import Coverage

# Names of cameras in the configuration have no colon.
MARK: Final = "untold:"


def untold(stand_id: str, what: str, start_ns: int, end_ns: int) -> Coverage:
    """Return the report that figures lack `what`, such as `plays`, between two moments."""
    return Coverage(
        camera_id=f"{MARK}{what}",
        stand_id=stand_id,
        start_ns=start_ns,
        end_ns=end_ns,
        usable_ns=0,
        frames=0,
        dropped=0,
    )


def is_untold(report: Coverage) -> bool:
    """Tell whether a report is of what figures lack, and of no camera."""
    return report.camera_id.startswith(MARK)


def untold_spans(reports: Iterable[Coverage]) -> list[Span]:
    """Return the time of which figures lack something, ordered and disjoint."""
    return union(
        (report.start_ns, report.end_ns) for report in reports if is_untold(report)
    )
