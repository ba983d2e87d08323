"""The scenarios that ship: what is run, and what has to come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from vitrine.mall import Camera, Campaign, Mall, Stand, Zone


@dataclass(frozen=True, slots=True)
class Tolerances:
    """What is asked for; shares are between 0 and 1. Set before anything was measured."""

    recall: float = 0.90
    """Of the person-seconds of visible faces in the zone, at least."""
    holes: float = 0.05
    """Of the frames between a person's first and last found face, at most."""
    swaps: float = 0.02
    """Tracks that went over to another person, for each presence, at most."""
    fragments: float = 0.5
    """Tracks more than one, for each presence, at most."""
    found: float = 0.95
    """Of the presences of at least one second."""
    invented: float = 0.05
    """Measured presences that are nobody's own, for each true one, at most."""
    within: float = 0.90
    """Of the presences have start, end and dwell within `seconds`."""
    seconds: float = 1.0
    overlap: float = 0.80
    """Attention, measured and true: intersection over union."""
    counts: float = 0.05
    """Visits, watchers, OTS, reach: off by at most this share, or by one where that is less than one."""
    times: float = 0.10
    """Summed seconds: off by at most this share."""
    gap_s: float = 1.0
    """Between two plays, at most."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run of the whole pipeline."""

    name: str
    title: str
    story: str
    cameras: Mapping[str, tuple[str, ...]]
    """Stand to the addresses of its cameras."""
    seconds: float | None
    """Of the source, on each of its days; None to the end of the file."""
    days: int = 1
    fps: float = 10
    width: int = 640
    recognition: bool = False
    """Tracks of one person are one visitor: needs the embedding model."""
    mount: str = "above"
    zone: Zone = field(default_factory=Zone)
    tolerances: Tolerances = field(default_factory=Tolerances)

    def mall(self, campaigns: tuple[Campaign, ...]) -> Mall:
        """The configuration of the run: these campaigns at all its stands."""
        stands = tuple(
            Stand.model_validate(
                {
                    "id": stand,
                    "recognition": "enrolled" if self.recognition else "none",
                    "screen": {"camera": self.mount},
                    "zone": self.zone,
                }
            )
            for stand in self.cameras
        )
        cameras = tuple(
            Camera(id=f"{stand}-{n}", uri=uri, stand=stand, fps=self.fps, width=self.width)
            for stand, uris in self.cameras.items()
            for n, uri in enumerate(uris, 1)
        )
        names = tuple(self.cameras)
        everywhere = tuple(campaign.model_copy(update={"stands": names}) for campaign in campaigns)
        return Mall(cameras=cameras, stands=stands, campaigns=everywhere)


def _named(*scenarios: Scenario) -> Mapping[str, Scenario]:
    return MappingProxyType({scenario.name: scenario for scenario in scenarios})


SCENARIOS: Final = _named(
    Scenario(
        "quiet",
        "Quiet hour",
        "One or two people now and then: every error is one of the product's, not of the crowd.",
        {"north": ("synthetic:?people=2&seed=11",)},
        seconds=180,
    ),
    Scenario(
        "rush",
        "Rush",
        "Two stands, up to eight people at once at each: crossings, occlusion, small faces, passers-by.",
        {"north": ("synthetic:?people=8&seed=21",), "south": ("synthetic:?people=8&seed=22",)},
        seconds=180,
    ),
    Scenario(
        "two-cameras",
        "Two cameras at one stand",
        "The same people seen from two places: each camera has its presences, the visitor is counted once.",
        {"north": ("synthetic:?people=3&seed=31", "synthetic:?people=3&seed=31")},
        seconds=120,
        recognition=True,
    ),
    Scenario(
        "returning",
        "Returning visitors",
        "People come back within minutes, and on the next day, when they count as new.",
        {"north": ("synthetic:?people=3&seed=41",)},
        seconds=240,
        recognition=True,
    ),
    Scenario(
        "posters",
        "Posters",
        "Printed faces hang on the wall; they may be seen, and must never be counted.",
        {"north": ("synthetic:?people=3&seed=51",)},
        seconds=120,
    ),
    Scenario(
        "night",
        "Night light",
        "Dim, warm light and camera noise.",
        {"north": ("synthetic:?people=3&seed=61",)},
        seconds=180,
    ),
)
