"""A track, the visitor whom it shows, and where it is in the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot
from typing import Final

import numpy as np

from vitrine.clock import SECOND_NS
from vitrine.customers.evidence import Evidence
from vitrine.customers.liveness import Liveness
from vitrine.customers.records import NOTHING_AGREED, Agreement, Vector

# The tracker may begin a new track while the old one of the same face still ends;
# so short an overlap does not prove two people. Chosen, not measured.
CONCURRENT_NS: Final = SECOND_NS // 2

# Chosen, not measured: how far people go, and come closer, while a track is broken.
NEARBY_NS: Final = 3 * SECOND_NS
NEARBY_FACES: Final = 2.0
NEARBY_SIZES: Final = 1.5


@dataclass(frozen=True, slots=True)
class Place:
    """Hold where a face is: centre and height, pixels."""

    x: float
    y: float
    height: float

    def is_near(self, other: Place) -> bool:
        """Return True for a face of about the size, some face heights away at most."""
        larger = max(self.height, other.height)
        smaller = min(self.height, other.height)
        way = hypot(self.x - other.x, self.y - other.y)
        return way <= NEARBY_FACES * larger and larger <= NEARBY_SIZES * smaller


@dataclass(slots=True)
class Visitor:
    """Hold what is known of somebody without a name, seen today."""

    visitor_id: str
    visit_id: str
    first_ns: int
    last_ns: int
    total: Vector | None = None
    """Sum of the unit vectors of all good views, (d,) float32."""
    opted_out: bool = False
    not_customers: set[str] = field(default_factory=set)
    """Customers whom the visitor was taken for, and said not to be."""
    denies: bool = False
    """The visitor said so of a customer who is not known here, as before a restart."""
    returning: bool = False
    """A visit of today ended before this one."""

    def similarity(self, vector: Vector) -> float:
        """Return the cosine similarity with the mean of all views; -1 without any."""
        if self.total is None:
            return -1.0
        lengths = np.linalg.norm(self.total) * np.linalg.norm(vector)
        if lengths == 0:
            return -1.0
        return float(self.total @ vector / lengths)

    def may_be(self, customer_id: str) -> bool:
        """Return False for a customer whom the visitor said not to be.

        Where it is not known whom they meant, that is the first one.
        """
        if self.denies:
            self.denies = False
            self.not_customers.add(customer_id)
        return customer_id not in self.not_customers

    def add(self, vector: Vector) -> None:
        """Remember one more view, or the sum of several."""
        if self.total is None:
            self.total = vector.copy()
        else:
            self.total = self.total + vector


@dataclass(slots=True)
class Track:
    """Hold one track, and who it is as far as we know."""

    track_id: str
    camera_id: str
    visitor: Visitor
    first_ns: int
    first_offset: int
    last_ns: int
    views: list[Vector] = field(default_factory=list)
    """Good views until the track is matched with the day's visitors; then empty."""
    matched: bool = False
    first_place: Place | None = None
    last_place: Place | None = None
    viewed_ns: int = -1
    """Capture time of the latest good view; before any, below all times."""
    evidence: Evidence = field(default_factory=Evidence)
    """What the good views say together."""
    customer_id: str | None = None
    agreement: Agreement = NOTHING_AGREED
    """Of the customer, while the track is known."""
    confidence: float = 0.0
    """Of the latest decision about it."""
    decided_ns: int = -1
    """Time of the latest decision about it; before any, below all times."""
    liveness: Liveness = field(default_factory=Liveness)
    """What was seen of life since the track was taken for who it is now."""

    def follows(self, other: Track) -> bool:
        """Return True for a track that begins where and soon after another one was lost."""
        if self.camera_id != other.camera_id:
            return False
        if self.first_place is None or other.last_place is None:
            return False
        gap_ns = self.first_ns - other.last_ns
        if not -CONCURRENT_NS <= gap_ns <= NEARBY_NS:
            return False
        return self.first_place.is_near(other.last_place)

    def overlaps(self, other: Track) -> bool:
        """Return True when one camera saw both for longer than a hand-over takes."""
        if self.camera_id != other.camera_id:
            return False
        begin_ns = max(self.first_ns, other.first_ns)
        end_ns = min(self.last_ns, other.last_ns)
        return end_ns - begin_ns > CONCURRENT_NS
