"""Rows of training.csv as arrays: which train, which choose, and what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import DatasetError
from training.datasets.fifteen import COUNT
from training.datasets.splits import part_of
from training.kaggle15.derive import FOUR_PLACES
from training.kaggle15.files import SIDE, KeypointRow
from training.kaggle15.missing import FILLS, fit

Sources = Literal["complete", "filled", "masked", "heads"]
"""How rows of the two sources are used: see Config.sources."""
BOTH: Final = COUNT + len(FOUR_PLACES)
"""Points of a network with a head for each source."""


@dataclass(frozen=True)
class Rows:
    """Hold n rows."""

    pictures: NDArray[np.uint8]
    """(n, 96, 96)."""
    points: NDArray[np.float32]
    """(n, 15, 2) pixels, NaN where missing."""

    @property
    def is_second(self) -> NDArray[np.bool_]:
        """Return which rows are of the source with four points, (n,)."""
        known = ~np.isnan(self.points[..., 0])
        return np.asarray(known.sum(axis=1) <= len(FOUR_PLACES))

    def some(self, chosen: NDArray[np.bool_]) -> "Rows":
        """Return the chosen rows."""
        return Rows(self.pictures[chosen], self.points[chosen])


def divided(
    rows: Sequence[KeypointRow],
    groups: Mapping[int, str] | None,
) -> tuple[Rows, Rows]:
    """Return the rows that train and those that choose the weights.

    People are kept apart where `groups` names them; the published files do not, and a twentieth of
    their rows is chosen by number. Raises DatasetError where a part is empty.
    """
    chooses = []
    for row in rows:
        group = f"row {row.number}"
        if groups is not None:
            group = groups.get(row.number, group)
        chooses.append(part_of(group) == "validation")
    every = Rows(
        np.stack([row.picture for row in rows]),
        np.stack([row.points for row in rows]),
    )
    chosen = np.array(chooses)
    if chosen.all() or not chosen.any():
        reason = f"{chosen.sum()} of {len(chosen)} rows would choose the weights"
        raise DatasetError("training.csv", None, f"{reason}: too few rows or people")
    return every.some(~chosen), every.some(chosen)


def prepared(
    rows: Rows,
    sources: Sources,
    fill: str,
) -> Rows:
    """Return the rows that a network learns from, with NaN where it learns nothing."""
    if sources == "complete":
        misses = np.isnan(rows.points).any(axis=(1, 2))
        return rows.some(np.asarray(~misses))
    if sources == "filled":
        filler = fit(FILLS[fill], rows.points)
        return Rows(rows.pictures, filler(rows.points))
    return rows


def targets(points: NDArray[np.float32], *, heads: bool) -> NDArray[np.float32]:
    """Return (n, 15, 2) as they are, or (n, 19, 2): the second source's four points last."""
    if not heads:
        return points
    second = Rows(np.empty(0, np.uint8), points).is_second
    first_head = points.copy()
    first_head[second] = np.nan
    second_head = points[:, FOUR_PLACES].copy()
    second_head[~second] = np.nan
    return np.concatenate([first_head, second_head], axis=1)


def as_source(
    found: NDArray[np.float32],
    second: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Return (n, 15, 2) of answers (n, 15 or 19, 2): four points from the source's own head."""
    answer = found[:, :COUNT].copy()
    if found.shape[1] == BOTH:
        own = found[second][:, COUNT:]
        rows = np.flatnonzero(second)
        answer[rows[:, None], FOUR_PLACES] = own
    return answer


def network_input(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (n, 96, 96) as (n, 1, 96, 96) in −1…1."""
    return (pictures[:, None].astype(np.float32) / 127.5) - 1


def to_pixels(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return network coordinates as pixels, kept inside the picture as the competition asks."""
    pixels = (outputs + 1) * (SIDE / 2) - 0.5
    return pixels.clip(0, SIDE)


def rmse(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Return the root of the mean squared error of known coordinates: the competition's figure."""
    known = ~np.isnan(expected)
    off = found[known] - expected[known]
    return float(np.sqrt((off.astype(np.float64) ** 2).mean()))
