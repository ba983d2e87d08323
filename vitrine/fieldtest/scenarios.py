"""List the scenarios that ship: what is run, and what has to come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from vitrine.mall import Camera, Campaign, Mall, Mount, Stand, Zone


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Hold what is asked for; shares are between 0 and 1. Set before anything was measured."""

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
    """Visits, watchers, OTS, reach: off by at most this share, or by one where that is less."""
    times: float = 0.10
    """Summed seconds: off by at most this share."""
    gap_s: float = 1.0
    """Between two plays, at most."""
    reaction_s: float = 0.7
    """From a reaction to the condition that holds, in 95 of 100."""
    reactions_missed: float = 0.1
    reactions_invented: float = 6.0
    """An hour, at most."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Represent one run of the whole pipeline."""

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
    reactions: bool = False
    """Expressions are judged, and reactions held against the truth."""
    mount: Mount = "above"
    """Of the first camera; a second one is beside the screen."""
    zone: Zone = field(default_factory=Zone)
    tolerances: Tolerances = field(default_factory=Tolerances)

    def addressed(self) -> Scenario:
        """Return it with its length in the addresses of its synthetic cameras."""
        length = f"&seconds={self.seconds:g}"
        if self.days > 1:
            length += f"&days={self.days}"
        cameras = {}
        for stand, uris in self.cameras.items():
            cameras[stand] = tuple(f"{uri}{length}" for uri in uris)
        return replace(self, cameras=cameras)

    def mall(self, campaigns: tuple[Campaign, ...]) -> Mall:
        """Return the configuration of the run: these campaigns at all its stands."""
        names = tuple(self.cameras)
        cameras: list[Camera] = []
        for stand, uris in self.cameras.items():
            for number, uri in enumerate(uris, start=1):
                camera = self._camera(stand, number, uri)
                cameras.append(camera)
        everywhere = []
        for campaign in campaigns:
            copy = campaign.model_copy(update={"stands": names})
            everywhere.append(copy)
        return Mall(
            cameras=tuple(cameras),
            stands=tuple(map(self._stand, names)),
            campaigns=tuple(everywhere),
        )

    def _camera(self, stand: str, number: int, uri: str) -> Camera:
        mount = self.mount
        if "&view=2" in uri:
            mount = "left"
        return Camera(
            id=f"{stand}-{number}",
            uri=uri,
            stand=stand,
            fps=self.fps,
            width=self.width,
            mount=mount,
        )

    def _stand(self, name: str) -> Stand:
        return Stand.model_validate(
            {
                "id": name,
                "recognition": "enrolled" if self.recognition else "none",
                "reactions": "expression" if self.reactions else "off",
                "zone": self.zone,
            }
        )


def recording(video: Path, width: int) -> Scenario:
    """Return a run on a video of people who look into its camera as they would at a screen."""
    return Scenario(
        name="recording",
        title=video.name,
        story="A video with hand labels.",
        cameras={"north": (str(video),)},
        seconds=None,
        # docs/fieldtest.md: up to 15 frames a second, at most 1280 pixels wide.
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
    """Place one camera above each screen of the same mall."""
    cameras: dict[str, tuple[str, ...]] = {}
    for number, stand in enumerate(stands, start=1):
        uri = f"synthetic:?{address}&stand={number}"
        cameras[stand] = (uri,)
    return cameras


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
        "Up to eight people at once at each of two stands: "
        "crossings, occlusion, small faces, passers-by.",
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
        "reactions",
        "Reactions",
        "People stand back, smile and come closer, as a script says: how soon conditions hold.",
        _scene("scene=reactions&seed=71"),
        seconds=240,
        reactions=True,
    ),
    Scenario(
        "night",
        "Night light",
        "Dim, warm light and camera noise.",
        _scene("scene=night&seed=61"),
        seconds=180,
    ),
)
