"""Parts that the cameras of one service have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vitrine.bus import Bus
from vitrine.services.ingest.in_flight import InFlight
from vitrine.services.ingest.pace import Pace
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.ingest.truth import TruthFile
from vitrine.telemetry.health import Health


@dataclass(frozen=True, slots=True)
class Shared:
    """Hold what all cameras use; each part may be used by several threads."""

    settings: IngestSettings
    bus: Bus
    health: Health
    in_flight: InFlight
    pace: Pace
    truth: TruthFile | None
    finite: bool
    """The run ends with its sources: a camera that never gives a picture is an error."""
    startup_limit_s: float
    """How long to wait for the bus at start."""
    is_open: Callable[[str, int], bool]
    """Tells if a stand, by its id, is open at a time."""
    told: Callable[[str], bool]
    """Tells if the people at a stand, by its id, are told of its cameras now."""
    wall_ns: Callable[[], int]
    """UTC nanoseconds, the capture time of a live picture that arrives now."""
