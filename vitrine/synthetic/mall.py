"""Draw what the synthetic camera sees: a shop with people, and the truth about each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np

from vitrine.clock import SECOND_NS
from vitrine.synthetic.cast import Actor, cast_of
from vitrine.synthetic.figure import Look, draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.layer import Layer
from vitrine.synthetic.light import Light
from vitrine.synthetic.mesh import Floats, head_mesh
from vitrine.synthetic.noise import Noise
from vitrine.synthetic.options import Options, parse_options
from vitrine.synthetic.people import load_basis
from vitrine.synthetic.posters import hang_posters
from vitrine.synthetic.scenes import Scene
from vitrine.synthetic.shop import draw_shop
from vitrine.synthetic.truth import FrameTruth, PersonTruth, in_zone
from vitrine.vision.crop import Image

SEEN: Final = 0.6
"""Share of the points that must be seen. Chosen, not measured."""
# To draw a person takes long; at most 12 are at a stand at once. Chosen, not measured.
MOST_LOOKS: Final = 64
DAY_S: Final = 86_400
DAY_NS: Final = DAY_S * SECOND_NS
NO_SCENE: Final = Scene(people=0, arrivals=0, passing=0, glancing=0)
"""The surroundings of the demo: by day, without posters."""


@dataclass(frozen=True, eq=False)
class _Figure:
    """Hold one person as drawn in one frame."""

    actor: Actor
    stance: Stance
    layers: list[Layer]
    points: Floats
    """The landmarks (68, 2), pixels."""


class SyntheticMall:
    """Draw frames of a shop seen by one camera, with the truth.

    Frame n is a pure function of options and n.
    """

    def __init__(
        self,
        options: Options,
        width: int,
        height: int,
        fps: float,
    ) -> None:
        self.options = options
        self._seed = options.seed
        self._size = (width, height)
        self._fps = fps
        self._day: int | None = None
        """Frames of a day."""
        if options.seconds is not None:
            self._day = ceil(options.seconds * fps)
        self._basis = load_basis()
        self._mesh = head_mesh(self._basis.mean_shape)
        self._cast = cast_of(options, self._size)
        self._draw_surroundings()
        remember = lru_cache(MOST_LOOKS)
        self._looks: Callable[[int, int, int], Look] = remember(self._look)

    def _draw_surroundings(self) -> None:
        """Draw what stays: shop, posters, light and noise of this camera."""
        options = self.options
        width, height = self._size
        # The first camera's numbers are those of the demo, which has no other.
        place: tuple[int, ...] = (options.stand, options.view)
        if place == (1, 1):
            place = ()
        scene = options.preset or NO_SCENE
        self._shop = draw_shop(
            width,
            height,
            rng=self._rng(0, *place),
        )
        boxes = hang_posters(
            self._shop,
            scene.posters,
            rng=self._rng(5, *place),
        )
        self._static_faces = tuple(boxes)
        self._light = Light(
            width,
            height,
            rng=self._rng(6, *place),
            night=scene.night,
        )
        self._noise = Noise(
            width,
            height,
            rng=self._rng(1, *place),
            gain=self._light.gain,
        )

    @classmethod
    def from_uri(
        cls,
        uri: str,
        width: int,
        height: int,
        fps: float,
    ) -> SyntheticMall:
        """Make it from an address. Raises ValueError for an unknown or bad option."""
        return cls(parse_options(uri), width, height, fps)

    def _rng(self, *stream: int) -> np.random.Generator:
        """Return one of the seed's generators; the first number tells what it is for."""
        # The demo's story has a person's number here, which is never so large.
        seeds = [self._seed, 2**32, *stream]
        return np.random.default_rng(seeds)

    @property
    def frames(self) -> int | None:
        """Return how many frames there are on all days; None for no end."""
        if self._day is None:
            return None
        return self._day * self.options.days

    def moment(self, n: int) -> tuple[int, float]:
        """Return the day (from 0) of the n-th frame, and seconds since the stand opened on it."""
        if self._day is None:
            return 0, n / self._fps
        day, number = divmod(n, self._day)
        return day, number / self._fps

    def at_ns(self, n: int) -> int:
        """Return nanoseconds from the first frame to the n-th; days are a day apart."""
        day, t = self.moment(n)
        return day * DAY_NS + round(t * SECOND_NS)

    def is_empty(self, n: int) -> bool:
        """Return True where nobody is at the stand or walks by: nothing moves in the n-th frame."""
        day, t = self.moment(n)
        return not self._cast.at(day, t)

    def _look(self, person: int, visit: int, day: int) -> Look:
        """Draw how a person looks on a visit; the clothes stay the same for the day."""
        clothes: tuple[int, ...] = (4, person, day)
        # On the first day as in a mall that is open for one only.
        if day == 0:
            clothes = (4, person)
        return draw_look(
            self._basis,
            self._mesh,
            person=self._rng(2, person),
            visit=self._rng(3, person, visit),
            clothes=self._rng(*clothes),
        )

    def frame(self, n: int) -> tuple[Image, FrameTruth]:
        """Draw the n-th frame, (height, width, 3) BGR, and tell the truth about it."""
        day, t = self.moment(n)
        actors = self._cast.at(day, t)
        figures = [self._figure(actor, t) for actor in actors]
        picture = self._shop.copy()
        for figure in figures:
            for layer in figure.layers:
                layer.paste(picture)
        # The light goes on through the night between two days.
        lit = self._light.over(picture, day * DAY_S + t)
        noisy = self._noise.over(lit, n)
        truth = FrameTruth(
            people=self._people(figures, t),
            static_faces=self._static_faces,
        )
        return noisy, truth

    def _people(self, figures: list[_Figure], t: float) -> tuple[PersonTruth, ...]:
        """Tell the truth about figures that are ordered from far to near."""
        people = []
        nearer: list[Layer] = []
        # Only who is nearer covers somebody.
        for figure in reversed(figures):
            person = self._truth(figure, t, nearer)
            people.append(person)
            nearer += figure.layers
        people.reverse()
        return tuple(people)

    def _figure(self, actor: Actor, t: float) -> _Figure:
        look = self._looks(
            actor.person,
            actor.visit,
            actor.day,
        )
        stance = actor.stance(t)
        opened = t - self._light.exposure
        layers, points = draw_figure(
            look,
            stance,
            earlier=actor.stance(opened),
            size=self._size,
            # As wide as far: a view of 53 degrees.
            focal=float(max(self._size)),
        )
        return _Figure(
            actor,
            stance,
            layers,
            points,
        )

    def _truth(
        self,
        figure: _Figure,
        t: float,
        nearer: list[Layer],
    ) -> PersonTruth:
        """Tell the truth about a figure with these layers before it."""
        _, height = self._size
        points = figure.points
        stance = figure.stance
        low = points >= 0
        high = points <= np.array(self._size) - 1
        inside = (low & high).all(axis=1)
        seen = inside.copy()
        for layer in nearer:
            seen &= ~layer.covers(points)
        in_picture = bool(inside.mean() >= SEEN)
        actor = figure.actor
        # People count from 1 in their names, as stands do.
        number = actor.person + 1
        return PersonTruth(
            person=f"p{number}",
            visit=actor.visit,
            points=points,
            pose=stance.pose,
            screen=actor.facing(t),
            visible=bool(seen.mean() >= SEEN),
            expression=min(1.0, max(stance.smile, stance.open_mouth)),
            smile=stance.smile,
            present=in_picture and in_zone(points, height),
        )
