"""The scenarios that ship: what is run, and what has to come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from vitrine.mall import Camera, Campaign, Mall, Mount, Stand, Zone


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
    """Tracks of one person are one visitor."""
    mount: Mount = "above"
    """Of the first camera; a second one is beside the screen."""
    zone: Zone = field(default_factory=Zone)
    tolerances: Tolerances = field(default_factory=Tolerances)

    def addressed(self) -> Scenario:
        """With its length in the addresses of its synthetic cameras."""
        length = f"&seconds={self.seconds:g}" + (
            f"&days={self.days}" if self.days > 1 else ""
        )
        cameras = {
            stand: tuple(f"{uri}{length}" for uri in uris)
            for stand, uris in self.cameras.items()
        }
        return replace(self, cameras=cameras)

    def mall(self, campaigns: tuple[Campaign, ...]) -> Mall:
        """The configuration of the run: these campaigns at all its stands."""
        stands = tuple(
            Stand.model_validate(
                {
                    "id": stand,
                    "recognition": "enrolled" if self.recognition else "none",
                    "zone": self.zone,
                }
            )
            for stand in self.cameras
        )
        cameras = tuple(
            Camera(
                id=f"{stand}-{n}",
                uri=uri,
                stand=stand,
                fps=self.fps,
                width=self.width,
                mount="left" if "&view=2" in uri else self.mount,
            )
            for stand, uris in self.cameras.items()
            for n, uri in enumerate(uris, 1)
        )
        names = tuple(self.cameras)
        everywhere = tuple(
            campaign.model_copy(update={"stands": names}) for campaign in campaigns
        )
        return Mall(cameras=cameras, stands=stands, campaigns=everywhere)


def recording(video: Path, width: int) -> Scenario:
    """A video of people who look into its camera, as they would look at a screen."""
    return Scenario(
        "recording",
        video.name,
        "A video with hand labels.",
        {"north": (str(video),)},
        seconds=None,
        fps=15,
        width=min(width, 1280),
        mount="centre",
        zone=Zone(max_face=1.0),
    )


def _named(*scenarios: Scenario) -> Mapping[str, Scenario]:
    return MappingProxyType({scenario.name: scenario for scenario in scenarios})


def _scene(
    address: str, stands: tuple[str, ...] = ("north",)
) -> dict[str, tuple[str, ...]]:
    """One camera above each screen of the same mall."""
    return {
        stand: (f"synthetic:?{address}&stand={n}",) for n, stand in enumerate(stands, 1)
    }


SCENARIOS: Final = _named(
    Scenario(
        "quiet",
        "Quiet hour",
        "One to three people now and then: what goes wrong here is no fault of a crowd.",
        _scene("scene=quiet&seed=11"),
        seconds=240,
    ),
    Scenario(
        "rush",
        "Rush",
        "Up to eight people at once at each of two stands: crossings, occlusion, small faces, passers-by.",
        _scene("scene=rush&seed=21", ("north", "south")),
        seconds=60,
    ),
    Scenario(
        "two-cameras",
        "Two cameras at one stand",
        "The same people seen from above and from beside the screen: a visitor is counted once.",
        {
            "north": (
                "synthetic:?scene=returning&seed=31&view=1",
                "synthetic:?scene=returning&seed=31&view=2",
            )
        },
        seconds=90,
        recognition=True,
    ),
    Scenario(
        "returning",
        "Returning visitors",
        "People come back within minutes, and on the next day, when they count as new.",
        _scene("scene=returning&seed=41"),
        seconds=240,
        days=2,
        recognition=True,
    ),
    Scenario(
        "posters",
        "Posters",
        "Printed faces hang on the wall; they may be seen, and must never be counted.",
        _scene("scene=posters&seed=51"),
        seconds=180,
    ),
    Scenario(
        "night",
        "Night light",
        "Dim, warm light and camera noise.",
        _scene("scene=night&seed=61"),
        seconds=180,
    ),
)
