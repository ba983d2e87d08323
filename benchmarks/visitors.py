"""Print how many people two cameras of one stand count: once, split, or taken for one another.

    python -m benchmarks.visitors --seconds 180 --seeds 1 2
    python -m benchmarks.visitors --scene later --seconds 1200 --seeds 1 2

The synthetic mall draws people before a stand, who pass, stay, cover each other and come back, as
two cameras see them at the same time. The product's services `landmarks` and `identity` see both,
with recognition and without; pictures in which nobody is are left out. A track is whoever the truth
has there in most of its pictures. Each person is counted by the visitors that their tracks ended
as.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

import cv2
from rich.console import Console
from rich.progress import track as shown
from rich.table import Table

from benchmarks.recognition_latency import models_with_embedder, person_at, share
from benchmarks.tracked_faces import encoded, frame_record, frames_in
from vitrine.bus import Received, Record
from vitrine.clock import SECOND_NS, EventClock
from vitrine.customers.galleries import Galleries
from vitrine.customers.gallery import Gallery
from vitrine.faces.analysis import Analyser
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.recognition import RecognitionSettings
from vitrine.schemas import FrameFaces, Identity
from vitrine.sealing import Sealer
from vitrine.services.identity.handler import IdentityHandler
from vitrine.services.identity.visit_links import VisitLinks
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.synthetic.mall import SyntheticMall

FPS: Final = 10
WIDTH: Final = 640
HEIGHT: Final = 360
DETECT_EVERY: Final = 3
START_NS: Final = 1_800_000_000 * SECOND_NS
CAMERAS: Final = ("above", "beside")
"""The views 1 and 2 of the mall."""
SEALER: Final = Sealer({"benchmark": bytes(32)}, "benchmark")
RULES: Final = RecognitionSettings().rules()
MINUTE_S: Final = 60

Link = Literal[
    "on both cameras at once",
    "in broken tracks, within a minute",
    "back after one to three minutes",
    "back after three to five minutes",
    "back after five minutes or more",
]
LINKS: Final[tuple[Link, ...]] = Link.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Track:
    """Hold a track of a known person, in seconds, and the visitor that it ended as."""

    person: str
    camera: str
    first_s: float
    last_s: float
    views: int
    """Good ones, that are embedded."""
    visitor: str


@dataclass(slots=True)
class Sighting:
    """Hold what the truth says of a track while it goes on."""

    camera: str
    first_s: float
    last_s: float
    people: Counter[str]
    views: int = 0


def watch(seconds: float, seed: int, scene: str) -> Iterator[tuple[FrameFaces, Any]]:
    """Yield the faces that each camera's pictures show, in the order of time, and the truth."""
    malls = []
    for view, _ in enumerate(CAMERAS, start=1):
        uri = f"synthetic:?scene={scene}&seconds={seconds:g}&seed={seed}&view={view}"
        malls.append(SyntheticMall.from_uri(uri, width=WIDTH, height=HEIGHT, fps=FPS))
    handler = LandmarksHandler(
        Analyser(models_with_embedder()),
        FixedMall(mall_with("enrolled")),
        EventClock(),
        detect_every=DETECT_EVERY,
        sealer=SEALER,
    )
    for number in shown(range(round(seconds * FPS)), console=Console(stderr=True)):
        # Both cameras look at the same people.
        if malls[0].is_empty(number):
            continue
        at_ns = START_NS + number * SECOND_NS // FPS
        for camera, mall in zip(CAMERAS, malls, strict=True):
            image, truth = mall.frame(number)
            record = frame_record(
                number, encoded(image), WIDTH, HEIGHT, at_ns, camera=camera
            )
            for faces in frames_in(handler.handle([record])):
                yield faces, truth


def mall_with(recognition: Literal["none", "enrolled"]) -> Mall:
    """Return a mall of one stand."""
    return Mall(
        cameras=(),
        stands=(Stand(id="stand", recognition=recognition),),
        campaigns=(),
    )


def sightings(seen: Iterable[tuple[FrameFaces, Any]]) -> dict[str, Sighting]:
    """Return what the truth says of each track."""
    found: dict[str, Sighting] = {}
    for faces, truth in seen:
        at_s = (faces.captured_at_ns - START_NS) / SECOND_NS
        for face in faces.faces:
            who = person_at(truth, face.box)
            if who is None:
                continue
            new = Sighting(faces.camera_id, at_s, at_s, Counter())
            sighting = found.setdefault(face.track_id, new)
            sighting.last_s = at_s
            sighting.people[who[0]] += 1
            sighting.views += face.embedding is not None
    return found


class Nobody:
    """Stand in for the customers: there are none."""

    def current(self) -> Galleries:
        """Return empty galleries."""
        return Galleries(Gallery([], RULES), Gallery([], RULES))

    def link_visit(self, visit_id: str, customer_id: str, now_ns: int) -> None:
        """Keep nothing: nobody is known."""


def visitors(
    seen: Sequence[FrameFaces],
    recognition: Literal["none", "enrolled"],
) -> dict[str, str]:
    """Return the visitor that each track ended as, as the service `identity` has it."""
    nobody = Nobody()
    handler = IdentityHandler(
        mall=FixedMall(mall_with(recognition)),
        rules=RULES,
        sealer=SEALER,
        feed=nobody,
        links=VisitLinks(nobody),
    )
    found = {}
    for number, faces in enumerate(seen):
        record = Record(
            topic="faces",
            partition=0,
            offset=number,
            key=faces.stand_id,
            value=b"",
            headers={},
            appended_at_ns=faces.captured_at_ns,
        )
        outputs = handler.handle([Received(faces, record)])
        for message in outputs.messages:
            if isinstance(message.event, Identity):
                found[message.event.track_id] = message.event.visitor_id
    return found


def tracks_of(
    found: Mapping[str, Sighting],
    visitor_of: Mapping[str, str],
    least_views: int,
) -> list[Track]:
    """Return the tracks with so many good views at least, as the visitors that they ended as."""
    tracks = []
    for track_id, sighting in found.items():
        if sighting.views < least_views:
            continue
        ((person, _),) = sighting.people.most_common(1)
        track = Track(
            person,
            sighting.camera,
            sighting.first_s,
            sighting.last_s,
            sighting.views,
            visitor_of[track_id],
        )
        tracks.append(track)
    return tracks


def link_of(one: Track, other: Track) -> Link | None:
    """Return how two tracks of one person follow each other; None for tracks side by side.

    `one` begins first.
    """
    gap_s = other.first_s - one.last_s
    if gap_s < 0:
        return None if one.camera == other.camera else "on both cameras at once"
    if gap_s < MINUTE_S:
        return "in broken tracks, within a minute"
    if gap_s < 3 * MINUTE_S:
        return "back after one to three minutes"
    if gap_s < 5 * MINUTE_S:
        return "back after three to five minutes"
    return "back after five minutes or more"


@dataclass(frozen=True, slots=True)
class Counts:
    """Hold how the people of a run were counted."""

    visitors: int
    once: list[bool]
    """Of each person: all their tracks are one visitor, who is nobody else."""
    split: list[bool]
    """Of each person: they are several visitors."""
    merged: list[bool]
    """Of each person: a visitor of theirs is somebody else, too."""
    linked: dict[Link, list[bool]]
    """Of neighbouring tracks of a person, whether they are one visitor."""


def count(tracks: Sequence[Track]) -> Counts:
    """Return how people were counted."""
    by_person: dict[str, list[Track]] = defaultdict(list)
    people_of: dict[str, set[str]] = defaultdict(set)
    for track in tracks:
        by_person[track.person].append(track)
        people_of[track.visitor].add(track.person)
    once = []
    split = []
    merged = []
    linked: dict[Link, list[bool]] = defaultdict(list)
    for own in by_person.values():
        names = {track.visitor for track in own}
        is_split = len(names) > 1
        is_merged = any(len(people_of[name]) > 1 for name in names)
        split.append(is_split)
        merged.append(is_merged)
        once.append(not is_split and not is_merged)
        for one, other in pairwise(sorted(own, key=lambda track: track.first_s)):
            link = link_of(one, other)
            if link is not None:
                linked[link].append(one.visitor == other.visitor)
    return Counts(len(people_of), once, split, merged, linked)


def together(runs: Sequence[Counts]) -> Counts:
    """Return the counts of several malls as those of one."""
    linked: dict[Link, list[bool]] = defaultdict(list)
    for run in runs:
        for link, found in run.linked.items():
            linked[link] += found
    return Counts(
        visitors=sum(run.visitors for run in runs),
        once=[each for run in runs for each in run.once],
        split=[each for run in runs for each in run.split],
        merged=[each for run in runs for each in run.merged],
        linked=linked,
    )


def show(counts: Mapping[str, Counts]) -> None:
    """Print a column for each way to count."""
    table = Table("", *counts)
    every = counts.values()
    table.add_row("people", *[f"{len(each.once)}" for each in every])
    table.add_row("visitors", *[f"{each.visitors}" for each in every])
    table.add_row("people counted once", *[share(each.once) for each in every])
    table.add_row("people split", *[share(each.split) for each in every])
    table.add_row("people merged", *[share(each.merged) for each in every])
    for link in LINKS:
        linked = [each.linked.get(link, []) for each in every]
        table.add_row(f"one visitor, {link}", *[share(each) for each in linked])
    Console(width=150).print(table)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--scene", default="returning")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    runs: dict[str, list[Counts]] = defaultdict(list)
    for seed in options.seeds:
        seen = list(watch(options.seconds, seed, options.scene))
        found = sightings(seen)
        frames = [faces for faces, _ in seen]
        without = visitors(frames, "none")
        recognised = visitors(frames, "enrolled")
        seen_well = tracks_of(found, recognised, RULES.views)
        runs["without recognition"].append(count(tracks_of(found, without, 0)))
        runs["with recognition"].append(count(tracks_of(found, recognised, 0)))
        runs["tracks with two good views"].append(count(seen_well))
    show({name: together(counts) for name, counts in runs.items()})


if __name__ == "__main__":
    main()
