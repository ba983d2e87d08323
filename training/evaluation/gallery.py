"""Embedded pictures compared with each other: false matches, thresholds, nearest neighbours.

A unit is what is left out together: a picture, or a whole video.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.evaluation.arrays import Doubles, Mask, Numbers, Singles

# Chosen, not measured: 512 rows of cosines with 13,000 pictures take 27 MB.
BLOCK: Final = 512
"""Pictures that are compared with all others at a time."""
# Steps of 3e-5 are finer than any difference of thresholds that is reported.
BINS: Final = 65_536
"""Of similarities −1…1."""
NEVER: Final = -1.0
"""Similarity of a face that was missed to any other."""
# With fewer the true rate could be anything: 10 events have a 95 % interval of about 5 to 18.
ENOUGH: Final = 10
"""False matches that a rate must rest on."""


@dataclass(frozen=True)
class Gallery:
    """Hold n embedded pictures."""

    vectors: Singles
    """(n, d), length 1; any numbers where the face was missed."""
    found: Mask
    person: Numbers
    """(n,), numbers of people."""
    unit: Numbers
    """(n,), numbers of units."""

    def __getitem__(self, chosen: Mask) -> Gallery:
        return Gallery(
            self.vectors[chosen],
            self.found[chosen],
            self.person[chosen],
            self.unit[chosen],
        )

    def similarity(self, pairs: Numbers) -> Singles:
        """Return the cosines (k,) of pairs (k, 2) of pictures, NEVER where a face was missed."""
        first, second = pairs.T
        one = self.vectors[first]
        other = self.vectors[second]
        cosines = np.einsum("ij,ij->i", one, other)
        both = self.found[first] & self.found[second]
        never = np.float32(NEVER)
        return np.where(both, cosines, never)

    def rows(self) -> Iterator[tuple[Numbers, Singles]]:
        """Yield blocks of pictures (b,), and their cosines with all pictures (b, n)."""
        count = len(self.person)
        missed = ~self.found
        for start in range(0, count, BLOCK):
            stop = min(start + BLOCK, count)
            rows = np.arange(start, stop)
            cosines = self.vectors[rows] @ self.vectors.T
            cosines[missed[rows]] = NEVER
            cosines[:, missed] = NEVER
            yield rows, cosines


@dataclass(frozen=True)
class Impostors:
    """Hold the similarities of all pairs of pictures of different people, as a histogram."""

    counts: NDArray[np.int64]
    """(BINS,) pairs by similarity."""

    @classmethod
    def of(cls, gallery: Gallery) -> Impostors:
        """Compare all pictures of a gallery."""
        counts = np.zeros(BINS, np.int64)
        person = gallery.person
        for rows, cosines in gallery.rows():
            # Only later pictures, so that each pair counts once.
            later = np.arange(rows[0] + 1, len(person))
            is_later = rows[:, None] < later
            own = person[rows]
            different = own[:, None] != person[later]
            candidates = cosines[:, later]
            similarity = candidates[different & is_later]
            scaled = (similarity + 1) * np.float32(BINS / 2)
            bins = scaled.astype(np.int32)
            # Rounding takes some cosines beyond −1 and 1.
            bins = bins.clip(0, BINS - 1)
            counts += np.bincount(bins, minlength=BINS)
        return cls(counts)

    @cached_property
    def total(self) -> int:
        """The number of pairs."""
        return int(self.counts.sum())

    def threshold(self, far: float) -> float:
        """Return the lowest similarity that at most a share `far` of the pairs reaches.

        NaN where fewer than ENOUGH pairs would reach it.
        """
        allowed = far * self.total
        if allowed < ENOUGH:
            return np.nan
        # How many pairs lie in each bin or above it: it falls from bin to bin.
        from_highest = self.counts[::-1]
        reached = np.cumsum(from_highest)[::-1]
        too_many = reached > allowed
        lowest = int(too_many.sum())
        return lowest * 2 / BINS - 1


def nearest_is_same(gallery: Gallery) -> Doubles:
    """Return 1 where the most similar picture of all other units shows the same person, else 0.

    NaN for people with one unit, who are nobody's match: they only distract. A missed face is
    never right.
    """
    person = gallery.person
    right = np.full(len(person), np.nan)
    asked = _has_several_units(gallery)
    missed = ~gallery.found
    for rows, cosines in gallery.rows():
        own_unit = gallery.unit[rows]
        same_unit = own_unit[:, None] == gallery.unit
        cosines[same_unit] = -np.inf
        cosines[:, missed] = -np.inf
        nearest = cosines.argmax(axis=1)
        correct = person[nearest] == person[rows]
        correct &= gallery.found[rows]
        # Where nobody else was found, the first picture counts as the nearest.
        correct &= gallery.found[nearest]
        is_asked = asked[rows]
        right[rows] = np.where(is_asked, correct, np.nan)
    return right


def _has_several_units(gallery: Gallery) -> Mask:
    """Return for each picture whether its person is in more than one unit."""
    several = np.zeros(len(gallery.person), np.bool_)
    for person in np.unique(gallery.person):
        own = gallery.person == person
        units = np.unique(gallery.unit[own])
        several[own] = len(units) > 1
    return several


def false_matches(gallery: Gallery, threshold: float) -> tuple[Numbers, Singles]:
    """Return pairs (k, 2) of pictures of different people from a similarity on, and theirs (k,).

    Each pair comes once.
    """
    pairs = [np.zeros((0, 2), np.intp)]
    values = [np.zeros(0, np.float32)]
    for rows, cosines in gallery.rows():
        place, other = np.nonzero(cosines >= threshold)
        one = rows[place]
        different = gallery.person[one] != gallery.person[other]
        # The other order of a pair comes too.
        kept = different & (other > one)
        found = np.column_stack([one, other])
        similarity = cosines[place, other]
        pairs.append(found[kept])
        values.append(similarity[kept])
    return np.concatenate(pairs), np.concatenate(values)
