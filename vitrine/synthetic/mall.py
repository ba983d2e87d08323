"""The synthetic camera: a shop with people, and the truth about each of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np

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
from vitrine.synthetic.shop import draw_shop
from vitrine.synthetic.truth import FrameTruth, PersonTruth, in_zone
from vitrine.vision.crop import Image

SEEN: Final = 0.6
"""Share of the points that must be seen."""
DAY_NS: Final = 86_400_000_000_000


class SyntheticMall:
    """Frames of a shop seen by one camera, with the truth; frame n is a pure function of options and n."""

    def __init__(self, options: Options, width: int, height: int, fps: float) -> None:
        self.options = options
        self._seed = options.seed
        self._size = (width, height)
        self._fps = fps
        self._day = None if options.seconds is None else ceil(options.seconds * fps)
        """Frames of a day."""
        self._basis = load_basis()
        self._mesh = head_mesh(self._basis.mean_shape)
        self._cast = cast_of(options, self._size)
        place = (
            ()
            if (options.stand, options.view) == (1, 1)
            else (options.stand, options.view)
        )
        self._shop = draw_shop(width, height, self._rng(0, *place))
        scene = options.preset
        posters = scene.posters if scene else 0
        self._static_faces = tuple(
            hang_posters(self._shop, posters, self._rng(5, *place))
        )
        self._light = Light(
            width, height, self._rng(6, *place), night=bool(scene and scene.night)
        )
        self._noise = Noise(width, height, self._rng(1, *place), self._light.gain)
        self._looks: Callable[[int, int, int], Look] = lru_cache(64)(self._look)

    @classmethod
    def from_uri(cls, uri: str, width: int, height: int, fps: float) -> SyntheticMall:
        """Raises ValueError for an unknown or bad option."""
        return cls(parse_options(uri), width, height, fps)

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, 2**32, *stream])

    @property
    def frames(self) -> int | None:
        """How many there are on all days; None for no end."""
        return None if self._day is None else self._day * self.options.days

    def moment(self, n: int) -> tuple[int, float]:
        """Day (from 0) of the n-th frame, and seconds since the stand opened on it."""
        day, number = (0, n) if self._day is None else divmod(n, self._day)
        return day, number / self._fps

    def at_ns(self, n: int) -> int:
        """Nanoseconds from the first frame to the n-th; each day begins a day after the one before."""
        day, t = self.moment(n)
        return day * DAY_NS + round(t * 1e9)

    def _look(self, person: int, visit: int, day: int) -> Look:
        """How a person looks on a visit, face and body; the clothes stay the same for the day."""
        clothes = self._rng(4, person, day) if day else self._rng(4, person)
        streams = self._rng(2, person), self._rng(3, person, visit), clothes
        return draw_look(self._basis, self._mesh, *streams)

    def frame(self, n: int) -> tuple[Image, FrameTruth]:
        """The n-th frame, (height, width, 3) BGR at n / fps seconds, and the truth about it."""
        day, t = self.moment(n)
        picture = self._shop.copy()
        drawn = []
        for actor in self._cast.at(day, t):
            layers, stance, points = self._draw(actor, t)
            for layer in layers:
                layer.paste(picture)
            drawn.append((actor, layers, stance, points))
        people = []
        for i, (actor, _, stance, points) in enumerate(drawn):
            nearer = [layer for _, layers, _, _ in drawn[i + 1 :] for layer in layers]
            people.append(self._truth(actor, t, stance, points, nearer))
        lit = self._light.over(picture, day * DAY_NS / 1e9 + t)
        return self._noise.over(lit, n), FrameTruth(tuple(people), self._static_faces)

    def _draw(self, actor: Actor, t: float) -> tuple[list[Layer], Stance, Floats]:
        look = self._looks(actor.person, actor.visit, actor.day)
        now = actor.stance(t)
        earlier = actor.stance(t - self._light.exposure)
        layers, points = draw_figure(
            look, now, earlier, self._size, float(max(self._size))
        )
        return layers, now, points

    def _truth(
        self,
        actor: Actor,
        t: float,
        stance: Stance,
        points: Floats,
        nearer: list[Layer],
    ) -> PersonTruth:
        inside = ((points >= 0) & (points <= np.array(self._size) - 1)).all(axis=1)
        seen = inside.copy()
        for layer in nearer:
            seen &= ~layer.covers(points)
        return PersonTruth(
            person=f"p{actor.person + 1}",
            visit=actor.visit,
            points=points,
            pose=stance.pose,
            screen=actor.facing(t),
            visible=bool(seen.mean() >= SEEN),
            expression=max(stance.smile, stance.open_mouth),
            present=bool(inside.mean() >= SEEN) and in_zone(points, self._size[1]),
        )
