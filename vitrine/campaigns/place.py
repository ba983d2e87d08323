"""What a stand is configured to have, as far as its figures depend on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vitrine.campaigns.lifetime import synthetic_stands
from vitrine.clock import SECOND_NS
from vitrine.mall import Mall
from vitrine.mall.hours import is_open

MINUTE_NS: Final = 60 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Place:
    """Hold the cameras that are to watch a stand, and when."""

    time_zone: str = "UTC"
    cameras: frozenset[str] = field(default_factory=frozenset)
    hours: tuple[str, ...] = ()
    """Opening hours in the time zone; always open without any."""
    synthetic: bool = False
    """Its cameras draw their visitors."""
    recognised: bool = True
    """Faces are compared, so that most people are one visitor."""

    def open_ns(self, start_ns: int, end_ns: int) -> int:
        """Return for how long the stand is open between two moments."""
        if not self.hours:
            return end_ns - start_ns
        found_ns = 0
        at_ns = start_ns
        while at_ns < end_ns:
            # They change at whole minutes.
            next_ns = min(end_ns, at_ns // MINUTE_NS * MINUTE_NS + MINUTE_NS)
            if is_open(self.hours, self.time_zone, at_ns):
                found_ns += next_ns - at_ns
            at_ns = next_ns
        return found_ns


ANYWHERE: Final = Place()


def places_of(mall: Mall) -> Mapping[str, Place]:
    """Return each stand of a configuration, by its id."""
    found = {}
    drawn = synthetic_stands(mall)
    for stand in mall.stands:
        cameras = {camera.id for camera in mall.cameras if camera.stand == stand.id}
        found[stand.id] = Place(
            stand.time_zone,
            frozenset(cameras),
            stand.hours,
            synthetic=stand.id in drawn,
            recognised=stand.recognition != "none",
        )
    return found
