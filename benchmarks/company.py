"""Print who is said to have come together, and to be a child, against the synthetic mall.

python -m benchmarks.company [--scene families] [--seed 81] [--minutes 20]

The rules of `vitrine.presence.company` judge true faces, ten a second: nothing is drawn, and no
detector misses a face or finds half of one. What vision gets wrong comes on top.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.clock import SECOND_NS
from vitrine.mall import Stand
from vitrine.presence.people import CameraPeople
from vitrine.presence.presence import Presence
from vitrine.presence.rules import PresenceRules
from vitrine.schemas import Expression, Face, FrameFaces
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.synthetic.cast import Actor, Cast, cast_of
from vitrine.synthetic.head import Stance
from vitrine.synthetic.mesh import EYE_DISTANCE
from vitrine.synthetic.options import parse_options
from vitrine.synthetic.people import load_basis
from vitrine.synthetic.truth import face_box

SIZE: Final = (640, 360)
FPS: Final = 10
START_NS: Final = 1_800_000_000 * SECOND_NS
CALM: Final = Expression(mouth_open=0, mouth_width=0.6, brow_raise=0.25, eye_open=0.1)
TOGETHER_S: Final = 2.0
"""Who is seen at the same time as others for less cannot be known to belong to them."""
Pair = frozenset[str]
Points = NDArray[np.float32]


@dataclass(slots=True)
class Seen:
    """Gather the truth and what was said, by the names of tracks."""

    actors: dict[str, Actor] = field(default_factory=dict)
    frames: dict[Pair, int] = field(default_factory=dict)
    """For how many frames two were in the picture at the same time."""
    joined: set[Pair] = field(default_factory=set)
    """Who was said to have come together."""
    children: set[str] = field(default_factory=set)
    """Who was said to be a child."""

    def take_truth(self, there: Mapping[str, Actor]) -> None:
        """Take who is in the zone and the picture."""
        self.actors.update(there)
        for pair in combinations(sorted(there), 2):
            names = frozenset(pair)
            self.frames[names] = self.frames.get(names, 0) + 1

    def take_presences(self, presences: Sequence[Presence]) -> None:
        """Take what is said of those who are present."""
        tracks = {}
        for presence in presences:
            tracks[presence.presence_id] = presence.track_id
        for presence in presences:
            if presence.child:
                self.children.add(presence.track_id)
            for other in presence.companions():
                if other in tracks:
                    pair = frozenset((presence.track_id, tracks[other]))
                    self.joined.add(pair)

    def came_together(self) -> set[Pair]:
        """Return who came together and was seen together."""
        found = set()
        for pair, count in self.frames.items():
            parties = {self.actors[name].party for name in pair}
            if len(parties) == 1 and count >= TOGETHER_S * FPS:
                found.add(pair)
        return found

    def were_children(self) -> set[str]:
        """Return the children."""
        return {name for name, actor in self.actors.items() if actor.child}

    def beside_adults(self, children: Iterable[str]) -> set[str]:
        """Return the children who were seen together with an adult of their party."""
        together = self.came_together()
        found = set()
        for name in children:
            for pair in together:
                if name not in pair:
                    continue
                (other,) = pair - {name}
                if not self.actors[other].child:
                    found.add(name)
        return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--scene", default="families")
    parser.add_argument("--seed", type=int, default=81)
    parser.add_argument("--minutes", type=float, default=20)
    arguments = parser.parse_args()
    options = parse_options(f"synthetic:?scene={arguments.scene}&seed={arguments.seed}")
    seen = watched(cast_of(options, SIZE), arguments.minutes)
    children = seen.were_children()
    accompanied = seen.beside_adults(children)
    alone = children - accompanied
    show("pairs who came together", seen.came_together(), seen.joined)
    # Who is said to be a child is judged once: beside the accompanied ones or the others.
    show("children with an adult", accompanied, seen.children - alone)
    show("children without one", alone, seen.children & alone)


def show(
    name: str,
    true: Set[object],
    said: Set[object],
) -> None:
    """Print one line."""
    right = len(true & said)
    missed = len(true - said)
    invented = len(said - true)
    print(f"{name:24} {len(true)}: {right} right, {missed} missed, {invented} invented")


def watched(cast: Cast, minutes: float) -> Seen:
    """Return what the rules say of everybody whom the camera sees in this time."""
    rules = rules_of_a_stand()
    people = CameraPeople(
        stand_id="stand",
        camera_id="camera",
        seen_ns=START_NS,
        appended_at_ns=START_NS,
    )
    seen = Seen()
    middle = mean_face()
    for number in range(1, round(minutes * 60 * FPS)):
        second = number / FPS
        there, faces = faces_at(cast, second, middle, rules)
        frame = FrameFaces(
            camera_id="camera",
            stand_id="stand",
            captured_at_ns=START_NS + round(second * SECOND_NS),
            width=SIZE[0],
            height=SIZE[1],
            faces=tuple(faces),
        )
        people.observe(frame, rules)
        seen.take_truth(there)
        seen.take_presences(people.presences)
    return seen


def rules_of_a_stand() -> PresenceRules:
    """Return the rules that the figures are about."""
    # Liveness is not judged here: every face is somebody's.
    settings = EngagementSettings(count_static_faces=True)
    return settings.rules(Stand(id="stand"), "v1")


def mean_face() -> Points:
    """Return the points (68, 2) of the mean face around their middle, in eye distances."""
    shape = load_basis().mean_shape / EYE_DISTANCE
    return np.asarray(shape - shape.mean(axis=0), np.float32)


def faces_at(
    cast: Cast,
    second: float,
    middle: Points,
    rules: PresenceRules,
) -> tuple[dict[str, Actor], Sequence[Face]]:
    """Return who is in the zone and whole in the picture, by track, and their faces."""
    there = {}
    faces = []
    width, height = SIZE
    for actor in cast.at(0, second):
        stance = actor.stance(second)
        name = f"{actor.person}-{actor.visit}"
        face = face_of(name, stance, middle)
        x, y, across, down = face.box
        whole = x >= 0 and y >= 0 and x + across <= width and y + down <= height
        zone = rules.stand.zone
        if whole and zone.min_face <= down / height <= zone.max_face:
            there[name] = actor
            faces.append(face)
    return there, faces


def face_of(
    name: str,
    stance: Stance,
    middle: Points,
) -> Face:
    """Return the face of somebody who stands so; its points are not turned."""
    placed = middle * stance.eye_distance + stance.pivot
    points = np.asarray(placed, np.float32)
    return Face.model_validate(
        {
            "track_id": name,
            "box": face_box(points),
            "score": 0.9,
            "points": points.tolist(),
            "yaw": stance.pose.yaw,
            "pitch": stance.pose.pitch,
            "roll": stance.pose.roll,
            "quality": 0.8,
            "expression": CALM,
        }
    )


if __name__ == "__main__":
    main()
