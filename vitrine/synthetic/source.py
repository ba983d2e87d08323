"""The synthetic mall as a source of pictures: the entry point `synthetic` of `vitrine.sources`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Final

from vitrine.mall import Camera
from vitrine.synthetic.mall import SyntheticMall
from vitrine.synthetic.truth import FrameTruth
from vitrine.vision.crop import Image

# Pictures are 16 wide and 9 high, as those of most cameras; the height is even.
SHARE: Final = 9 / 32


class SyntheticSource:
    """Draw visitors, and tell who they are, at the camera's width and rate."""

    live: Final = False
    synthetic: Final = True

    def shots(
        self, camera: Camera
    ) -> Iterator[tuple[int, Callable[[], tuple[Image, FrameTruth]]]]:
        """Yield the time of each picture in nanoseconds, and a function that draws it.

        Days are a day apart. Raises ValueError for an unknown or bad option of the address.
        """
        mall = SyntheticMall.from_uri(
            camera.uri.text,
            width=camera.width,
            height=2 * round(camera.width * SHARE),
            fps=camera.fps,
        )
        numbers: Iterator[int] = count()
        if mall.frames is not None:
            numbers = iter(range(mall.frames))
        for number in numbers:
            yield mall.at_ns(number), partial(mall.frame, number)
