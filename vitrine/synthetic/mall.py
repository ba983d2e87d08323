"""The synthetic camera: a shop with people, and the truth about each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vitrine.synthetic.body import body_layer, clothing, draw_body
from vitrine.synthetic.head import Head, draw_head, draw_skull
from vitrine.synthetic.layer import Layer
from vitrine.synthetic.mesh import EYE_DISTANCE, Floats, head_mesh, triangles_under
from vitrine.synthetic.noise import Noise
from vitrine.synthetic.people import View, draw_person, draw_view, load_basis
from vitrine.synthetic.shop import draw_shop
from vitrine.synthetic.story import Visit, visits
from vitrine.synthetic.truth import FrameTruth, PersonTruth
from vitrine.vision.crop import Image
from vitrine.vision.shape import CHIN

Look = tuple[View, NDArray[np.int32], Image]
"""Face, the triangles that it fills, body."""

SCHEME: Final = "synthetic"


class Options(BaseModel):
    """What a `synthetic:` address may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    people: int = Field(4, ge=1, le=12)
    seed: int = Field(0, ge=0, lt=2**32)
    seconds: float | None = Field(None, gt=0, allow_inf_nan=False)


def parse_options(uri: str) -> Options:
    """`synthetic:?people=4&seed=7&seconds=60`. Raises ValueError that says what is allowed."""
    allowed = "synthetic:?people=1…12&seed=0…4294967295&seconds=above 0"
    parts = urlsplit(uri)
    if parts.scheme != SCHEME or parts.netloc or parts.path or parts.fragment:
        raise ValueError(f"{uri}: expected {allowed}")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"{uri}: an option appears twice; expected {allowed}")
    try:
        return Options.model_validate(dict(pairs))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{uri}: {first['loc'][0]}: {first['msg']}; expected {allowed}") from error


class Story:
    """All visits of all people; those already drawn are kept."""

    def __init__(self, options: Options) -> None:
        self._rest: list[Iterator[Visit]] = [
            visits(options.seed, person, options.people) for person in range(options.people)
        ]
        self._drawn: list[list[Visit]] = [[next(rest)] for rest in self._rest]

    def at(self, t: float) -> list[Visit]:
        """Who is at the stand at t seconds, from far to near."""
        for rest, drawn in zip(self._rest, self._drawn, strict=True):
            while drawn[-1].end <= t:
                drawn.append(next(rest))
        present = [v for drawn in self._drawn for v in drawn if v.start <= t < v.end]
        return sorted(present, key=lambda v: v.place(t).face)


class SyntheticMall:
    """Frames of a shop seen by one camera, with the truth; frame n is a pure function of options and n."""

    def __init__(self, options: Options, width: int, height: int, fps: float) -> None:
        self.seconds = options.seconds
        self._seed, self._size, self._fps = options.seed, (width, height), fps
        self._basis = load_basis()
        self._mesh = head_mesh(self._basis.mean_shape)
        self._story = Story(options)
        self._shop = draw_shop(width, height, self._rng(0))
        self._noise = Noise(width, height, self._rng(1))
        self._looks: Callable[[int, int], Look] = lru_cache(64)(self._look)

    @classmethod
    def from_uri(cls, uri: str, width: int, height: int, fps: float) -> SyntheticMall:
        """Raises ValueError for an unknown or bad option."""
        return cls(parse_options(uri), width, height, fps)

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, 2**32, *stream])

    def _look(self, person: int, visit: int) -> Look:
        """How a person looks on a visit, face and body; the clothes stay the same."""
        identity = draw_person(self._basis, self._rng(2, person))
        view = draw_view(self._basis, identity, self._rng(3, person, visit))
        triangles = triangles_under(self._mesh, view.textures[0][..., 3])
        return view, triangles, draw_body(view.skin, *clothing(self._rng(4, person)))

    def frame(self, n: int) -> tuple[Image, FrameTruth]:
        """The n-th frame, (height, width, 3) BGR at n / fps seconds, and the truth about it."""
        t = n / self._fps
        picture = self._shop.copy()
        drawn = []
        for visit in self._story.at(t):
            layers, head, points = self._draw(visit, t)
            for layer in layers:
                layer.paste(picture)
            drawn.append((visit, layers, head, points))
        people = [
            self._truth(
                visit, head, points, [layer for _, nearer, _, _ in drawn[i + 1 :] for layer in nearer]
            )
            for i, (visit, _, head, points) in enumerate(drawn)
        ]
        return self._noise.over(picture, n), FrameTruth(tuple(people))

    def _draw(self, visit: Visit, t: float) -> tuple[list[Layer], Head, Floats]:
        width, height = self._size
        view, triangles, body = self._looks(visit.person, visit.number)
        place = visit.place(t)
        eye_distance = place.face * height * EYE_DISTANCE / float(np.ptp(self._basis.mean_shape[:, 1]))
        smile, opened = visit.expression(t)
        pivot = (place.x * width, place.y * height)
        head = Head(view, triangles, visit.pose(t), pivot, eye_distance, smile, opened)
        face, points = draw_head(head, self._mesh, self._size, float(max(self._size)))
        neck = (0.75 * pivot[0] + 0.25 * float(points[CHIN, 0]), pivot[1] + 0.6 * eye_distance)
        torso = body_layer(body, neck, eye_distance, self._size)
        skull = draw_skull(head, self._size)
        return [layer for layer in (torso, skull, face) if layer is not None], head, points

    def _truth(self, visit: Visit, head: Head, points: Floats, nearer: list[Layer]) -> PersonTruth:
        seen = ((points >= 0) & (points <= np.array(self._size) - 1)).all(axis=1)
        for layer in nearer:
            seen &= ~layer.covers(points)
        pose = head.pose
        strength = max(head.smile, head.open_mouth)
        name = f"p{visit.person + 1}"
        return PersonTruth(
            name, visit.number, points, pose.yaw, pose.pitch, pose.roll, bool(seen.mean() >= 0.6), strength
        )
