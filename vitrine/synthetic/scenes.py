"""List the scenes of the synthetic mall, but for the demo's, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Scene:
    """Tell what goes on at the stands of a mall, and what the pictures are like."""

    people: int
    """The most at once at one stand, unless the address says otherwise."""
    arrivals: float
    """Of groups, per minute at one stand; who would be too many does not come."""
    passing: float
    glancing: float
    """Shares of those who walk by, and who slow down for a look; the others stay."""
    stay: tuple[float, float] = (5.0, 30.0)
    """Seconds."""
    grouped: float = 0.25
    """Share of arrivals of two or three together."""
    children: float = 0.0
    """Share of people who are as tall as children."""
    returning: float = 0.25
    """Share of arrivals, once there is somebody, of people who left this stand some minutes ago."""
    returns_after: tuple[float, float] = (75.0, 300.0)
    """Seconds; more than the minute within which a visit goes on (docs/metrics)."""
    wandering: float = 0.15
    """Share of arrivals of people who come from another stand of the mall."""
    posters: int = 0
    """Posters with static faces in view."""
    night: bool = False
    scripted: bool = False
    """Everybody stands back, smiles, comes closer and stands there (docs/synthetic.md)."""


# All shares and rates are chosen, not measured: each scene makes one thing hard.
SCENES: Final = {
    "quiet": Scene(
        people=3,
        arrivals=4,
        passing=0.35,
        glancing=0.25,
    ),
    "rush": Scene(
        people=8,
        arrivals=40,
        passing=0.3,
        glancing=0.15,
    ),
    "returning": Scene(
        people=4,
        arrivals=10,
        passing=0.1,
        glancing=0.1,
        returning=0.45,
        returns_after=(75.0, 180.0),
    ),
    "later": Scene(
        people=3,
        arrivals=3,
        passing=0.1,
        glancing=0.1,
        returning=0.6,
        returns_after=(300.0, 600.0),
        wandering=0.0,
    ),
    "posters": Scene(
        people=2,
        arrivals=4,
        passing=0.3,
        glancing=0.2,
        posters=3,
    ),
    "reactions": Scene(
        people=1,
        arrivals=20,
        passing=0,
        glancing=0,
        grouped=0,
        scripted=True,
    ),
    "families": Scene(
        people=5,
        arrivals=8,
        passing=0.3,
        glancing=0.2,
        grouped=0.6,
        children=0.25,
    ),
    "night": Scene(
        people=4,
        arrivals=10,
        passing=0.3,
        glancing=0.2,
        night=True,
    ),
}
