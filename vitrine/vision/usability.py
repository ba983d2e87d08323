"""Decide if a camera's pictures can be used: if they show the stand, now, and clearly.

The limits were set between pictures of real cameras and of the synthetic mall on one side, and
the same pictures made useless on the other (python -m benchmarks.usability; docs/metrics.md,
Usable pictures).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.clock import SECOND_NS
from vitrine.vision.crop import Image

Floats: TypeAlias = NDArray[np.float32]
Problem: TypeAlias = Literal[
    "dark", "covered", "slate", "defocused", "frozen", "turned-away"
]
PROBLEMS: Final[tuple[Problem, ...]] = (
    "dark",
    "covered",
    "slate",
    "defocused",
    "frozen",
    "turned-away",
)

# A look takes as long as two JPEGs (5 to 9 ms), and nothing of this changes faster.
LOOK_NS: Final = SECOND_NS
# Larger pictures are looked at in this width: the limits of sharpness hold there.
WIDTH: Final = 640
SMALL: Final = (96, 54)
"""Width and height of the picture whose pixels are averages: without noise."""

# Grey levels of 255. Pictures of the night scene reach 102, a dark camera's noise 20.
DARK: Final = 32.0
"""Where 95 % of a picture are darker, nobody's face can be found."""
# A covered or blinded camera shows one grey; what shines through makes a soft gradient.
BLANK: Final = 4.0
"""Deviation of a picture without any content."""

BLOCK: Final = 8
FLAT: Final = 0.7
"""Deviation within a block of pixels that was drawn, or that a codec left nothing in."""
# Of real pictures up to 41 % of the blocks are flat, of drawn ones 96 %.
SLATE_SHARE: Final = 0.85

# Real pictures have at least 0.092, and the worst of them 0.050 when blurred by three pixels.
SHARP: Final = 0.055
"""The strongest slopes of a picture, as a share of its contrast a pixel."""
LEAST_CONTRAST: Final = 8.0

# Over 14 s the calmest block of a real background changes by 0.8, the calmest picture of a
# whole shop by 7; of a held picture with new noise in every frame no block changes by 0.4.
FROZEN_NS: Final = 20 * SECOND_NS
STILL: Final = 0.6
"""Change of a block's mean that a held picture stays below."""
BLOCKS: Final = (16, 9)

# Of what the camera saw before, an hour of people in the way hides most, but not all, for long.
TURNED_NS: Final = 10 * SECOND_NS
TURNED_SHARE: Final = 0.15
"""Share of the former view's details that are still there, below which it is another view."""
ALIKE: Final = 0.6
"""Correlation of a detail with what was there."""
DETAIL: Final = 3.0
"""Deviation from which a part of the picture is a detail."""
LEARNING: Final = 10
"""Looks until the view is known: 10 s."""
FORGETTING: Final = 1 / 120
"""Share of the known view that a look replaces: what changes over minutes is learned."""


class UsabilityJudge:
    """Follow one camera's pictures, in order of time."""

    def __init__(self, mask: NDArray[np.uint8] | None = None, *, fixed: bool) -> None:
        """Judge outside a mask: (H, W), 0 where nothing is seen, of any size.

        `fixed`: the camera does not move. A recording may be cut, and show another place.
        """
        self._mask = mask
        self._fixed = fixed
        self._looked_ns = -LOOK_NS
        self._problem: Problem | None = None
        self._held: Floats | None = None
        self._held_since_ns = 0
        self._view: Floats | None = None
        self._looks = 0
        self._turned_since_ns: int | None = None

    def observe(self, at_ns: int, pixels: Image) -> Problem | None:
        """Return what is wrong with a picture of this time; None for one that can be used."""
        passed_ns = at_ns - self._looked_ns
        if 0 <= passed_ns < LOOK_NS:
            return self._problem
        self._looked_ns = at_ns
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        if grey.shape[1] > WIDTH:
            height = round(grey.shape[0] * WIDTH / grey.shape[1])
            grey = cv2.resize(grey, (WIDTH, height), interpolation=cv2.INTER_AREA)
        self._problem = self._judge(at_ns, np.asarray(grey, np.float32))
        return self._problem

    def _judge(self, at_ns: int, grey: Floats) -> Problem | None:
        small = _scaled(grey, SMALL)
        seen = self._seen(SMALL)
        frozen = self._is_frozen(at_ns, grey)
        problem = _content(grey, small[seen], self._seen(grey.shape[::-1]))
        if problem is not None:
            return problem
        if frozen:
            return "frozen"
        if self._fixed and self._is_turned(at_ns, small, seen):
            return "turned-away"
        return None

    def _seen(self, size: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return which pixels of a picture (width, height) lie outside the mask."""
        width, height = size
        if self._mask is None:
            return np.ones((height, width), bool)
        mask = cv2.resize(self._mask, (width, height), interpolation=cv2.INTER_NEAREST)
        return np.asarray(mask > 0)

    def _is_frozen(self, at_ns: int, grey: Floats) -> bool:
        """Return true where no part of the picture has changed for long."""
        blocks = _scaled(grey, BLOCKS)
        held = self._held
        if held is not None and at_ns >= self._held_since_ns:
            changes = np.abs(blocks - held)
            if changes.max() < STILL:
                return at_ns - self._held_since_ns >= FROZEN_NS
        self._held = blocks
        self._held_since_ns = at_ns
        return False

    def _is_turned(self, at_ns: int, small: Floats, seen: NDArray[np.bool_]) -> bool:
        """Return true where hardly anything of the former view has been there for a while."""
        if self._view is None or self._looks < LEARNING:
            self._learn(small, 1 / (self._looks + 1))
            return False
        share = _alike(self._view, small, seen)
        if share >= TURNED_SHARE:
            self._turned_since_ns = None
            self._learn(small, FORGETTING)
            return False
        if self._turned_since_ns is None:
            self._turned_since_ns = at_ns
        return at_ns - self._turned_since_ns >= TURNED_NS

    def _learn(self, small: Floats, share: float) -> None:
        self._looks += 1
        if self._view is None:
            self._view = small
        else:
            self._view = self._view + share * (small - self._view)


def _content(grey: Floats, small: Floats, seen: NDArray[np.bool_]) -> Problem | None:
    """Return what is wrong with a single picture; `small` holds the averages of what is seen."""
    if small.size == 0:
        return "covered"
    if np.percentile(small, 95) < DARK:
        return "dark"
    if small.std() < BLANK:
        return "covered"
    if flat_share(grey, seen) > SLATE_SHARE:
        return "slate"
    if sharpness(grey, seen) < SHARP:
        return "defocused"
    return None


def flat_share(grey: Floats, seen: NDArray[np.bool_]) -> float:
    """Return the share of blocks of 8×8 pixels, of those that are seen, without any texture."""
    size = (grey.shape[1] // BLOCK, grey.shape[0] // BLOCK)
    if 0 in size:
        return 0.0
    means = _scaled(grey, size)
    squares = _scaled(grey * grey, size)
    variances = squares - means * means
    whole = _scaled(seen.astype(np.float32), size) == 1
    if not whole.any():
        return 0.0
    return float(np.mean(variances[whole] < FLAT * FLAT))


def sharpness(grey: Floats, seen: NDArray[np.bool_]) -> float:
    """Return the strongest slopes as a share of the contrast a pixel, without single pixels."""
    smooth = cv2.GaussianBlur(grey.astype(np.uint8), (5, 5), 1.0)
    across = cv2.Sobel(smooth, cv2.CV_16S, 1, 0, ksize=1)
    down = cv2.Sobel(smooth, cv2.CV_16S, 0, 1, ksize=1)
    # The edge of the mask is no edge of the picture.
    inside = cv2.erode(seen.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    # A quarter of the pixels has the same quantiles, and takes a quarter of the time.
    inside = inside[::2, ::2]
    if not inside.any():
        return 0.0
    low, high = np.percentile(smooth[::2, ::2][inside], (2, 98))
    contrast = max(high - low, LEAST_CONTRAST)
    sparse_across = across[::2, ::2].astype(np.float32)
    sparse_down = down[::2, ::2].astype(np.float32)
    slopes = cv2.magnitude(sparse_across, sparse_down) / 2
    steepest = np.percentile(slopes[inside], 99.5)
    return float(steepest / contrast)


def _alike(view: Floats, small: Floats, seen: NDArray[np.bool_]) -> float:
    """Return the share of the details of a view that a picture still shows; 1 without details."""
    rows = SMALL[1] // 6
    columns = SMALL[0] // 8
    known = _blocks(view, rows, columns)
    now = _blocks(small, rows, columns)
    whole = _blocks(seen, rows, columns).all(axis=1)
    known = known - known.mean(axis=1, keepdims=True)
    now = now - now.mean(axis=1, keepdims=True)
    details = whole & (known.std(axis=1) > DETAIL)
    if not details.any():
        return 1.0
    products = (known * now).sum(axis=1)
    known_size = np.linalg.norm(known, axis=1)
    now_size = np.linalg.norm(now, axis=1)
    correlations = products / (known_size * now_size + 1e-6)
    return float(np.mean(correlations[details] > ALIKE))


def _blocks(
    picture: NDArray[np.generic], rows: int, columns: int
) -> NDArray[np.generic]:
    """Return rows × columns blocks of a picture, each as one line of its pixels."""
    height = picture.shape[0] // rows
    width = picture.shape[1] // columns
    cut = picture[: rows * height, : columns * width]
    parted = cut.reshape(rows, height, columns, width)
    return parted.transpose(0, 2, 1, 3).reshape(rows * columns, height * width)


def _scaled(grey: Floats, size: tuple[int, int]) -> Floats:
    scaled = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(scaled, np.float32)
