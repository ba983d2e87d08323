"""Hour × weekday: when people were there, and what a bid request says of an impression then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from vitrine.campaigns.summary import Step
from vitrine.campaigns.totals import Totals, add_up
from vitrine.clock import SECOND_NS
from vitrine.mall.names import Names
from vitrine.services.analytics.days import local

WEEKDAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
# A step that is longer does not say in which hour of the day people were there.
LONGEST_NS: Final = 3600 * SECOND_NS
# AdCOM 1.0, list "DOOH Multiplier Measurement Source Types": 2 is the publisher, who runs the
# screen and this with it. Only source 1, a measurement vendor, has to be named by a domain.
SOURCE_TYPE: Final = 2
VENDOR: Final = None


@dataclass(frozen=True, slots=True)
class HourMap:
    """Hold the sums of each hour of the week, in each stand's own time."""

    hours: dict[tuple[int, int], Totals]
    """Weekday (0 is Monday) and hour → sums."""
    untold_ots: int
    """Opportunities to see of steps that are too long to have an hour."""

    @property
    def most_ots(self) -> int:
        """The most opportunities to see of an hour."""
        return max((totals.ots for totals in self.hours.values()), default=0)


def hour_map(steps: Sequence[Step], names: Names) -> HourMap:
    """Return the sums by hour and weekday; a step counts in the hour of its middle."""
    parts: dict[tuple[int, int], list[Totals]] = {}
    untold_ots = 0
    for step in steps:
        totals = step.totals
        if totals.end_ns - totals.start_ns > LONGEST_NS:
            untold_ots += totals.ots
            continue
        middle_ns = (totals.start_ns + totals.end_ns) // 2
        moment = local(middle_ns, names.time_zone(step.cell.stand_id))
        parts.setdefault((moment.weekday(), moment.hour), []).append(totals)
    hours = {place: add_up(found) for place, found in sorted(parts.items())}
    return HourMap(hours, untold_ots)


def quantity(totals: Totals) -> float | None:
    """Return `imp.qty.multiplier` of OpenRTB 2.6, people who looked a play; None without plays.

    The same as bid requests of the stand get (`/audience/STAND/openrtb`), of measured plays.
    """
    # Who looked is not told beside noise.
    if totals.ots_noise or not totals.measured_plays:
        return None
    return round(totals.watchers / totals.measured_plays, 2)


def quantities(found: HourMap) -> list[dict[str, Any]]:
    """Return `imp.qty` of each hour that had a play, with its source and vendor."""
    rows = []
    for (weekday, hour), totals in found.hours.items():
        multiplier = quantity(totals)
        if multiplier is None:
            continue
        qty = {"multiplier": multiplier, "sourcetype": SOURCE_TYPE, "vendor": VENDOR}
        rows.append(
            {
                "weekday": WEEKDAYS[weekday],
                "hour": hour,
                "plays": totals.plays,
                "ots": totals.ots,
                "qty": qty,
            }
        )
    return rows
