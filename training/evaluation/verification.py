"""Figures of one gallery: pairs, thresholds and neighbours, of all pictures and of subgroups."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.evaluation.arrays import Doubles, Mask, Names, Numbers, Singles
from training.evaluation.gallery import (
    ENOUGH,
    Gallery,
    Impostors,
    false_matches,
    nearest_is_same,
)
from training.evaluation.intervals import Interval, interval_of_mean, interval_of_pairs
from training.evaluation.pairs import Pairs, draw_pairs, pairs_by_class, told_right
from training.evaluation.results import Json
from training.evaluation.subgroups import FACTORS, Factor

FARS: Final = {
    "1e-2": 1e-2,
    "1e-3": 1e-3,
    "1e-4": 1e-4,
}
"""False accept rates that are reported."""
CURVE: Final = np.logspace(-6, 0, 121)
"""False accept rates of the curve, 20 a decade."""


@dataclass(frozen=True)
class FalseMatches:
    """Hold pairs of pictures of different people from the lowest threshold on."""

    pairs: Numbers
    """(k, 2)."""
    similarity: Singles
    """(k,)."""


@dataclass(frozen=True)
class Verification:
    """Compute the figures of one gallery. What several figures need is computed once."""

    gallery: Gallery
    names: Names
    """(n,): the person in each picture."""

    @cached_property
    def pairs(self) -> Pairs:
        """The pairs that are drawn."""
        return draw_pairs(self.gallery)

    @cached_property
    def similarity(self) -> Singles:
        """(k,): of the pairs."""
        return self.gallery.similarity(self.pairs.pictures)

    @cached_property
    def right(self) -> Doubles:
        """(k,): 1 for each pair that is told right."""
        return told_right(self.pairs, self.similarity)

    @cached_property
    def impostors(self) -> Impostors:
        """All pairs of pictures of different people."""
        return Impostors.of(self.gallery)

    @cached_property
    def thresholds(self) -> dict[str, float]:
        """The similarity at each of FARS, NaN where too few pairs support it."""
        thresholds = {}
        for name, far in FARS.items():
            thresholds[name] = self.impostors.threshold(far)
        return thresholds

    @cached_property
    def nearest(self) -> Doubles:
        """(n,): 1 for each picture whose nearest neighbour shows the same person."""
        return nearest_is_same(self.gallery)

    def figures(self) -> Json:
        """Return the figures of the whole gallery."""
        pictures = np.ones(len(self.names), np.bool_)
        pairs = np.ones(len(self.right), np.bool_)
        figures = self._figures(pictures, pairs)
        different = ~self.pairs.same
        figures["different_pairs"] = int(different.sum())
        figures["impostor_pairs"] = self.impostors.total
        return figures

    def curve(self) -> Json:
        """Return TAR at each FAR that enough pairs support."""
        genuine = self.similarity[self.pairs.same]
        expected = CURVE * self.impostors.total
        fars = CURVE[expected >= ENOUGH]
        tars = []
        for far in fars:
            threshold = self.impostors.threshold(far)
            tars.append(_mean(genuine >= threshold))
        return {
            "far": fars,
            "tar": tars,
        }

    def subgroups(self, classes: Mapping[str, Numbers]) -> Json:
        """Return figures by label of each factor; `classes` as from classes_of."""
        matches = self._false_matches()
        groups = {}
        for factor in FACTORS:
            of_factor = classes[factor.name]
            groups[factor.name] = self._factor(factor, of_factor, matches)
        return groups

    def _false_matches(self) -> FalseMatches:
        thresholds = self.thresholds.values()
        known = [threshold for threshold in thresholds if not np.isnan(threshold)]
        # Without a threshold no similarity is a match.
        lowest = min(known, default=np.inf)
        pairs, similarity = false_matches(self.gallery, lowest)
        return FalseMatches(pairs, similarity)

    def _factor(
        self,
        factor: Factor,
        classes: Numbers,
        matches: FalseMatches,
    ) -> Json | None:
        """Return figures by label of one factor, None where no picture has a class."""
        of_pair = _worse(classes, self.pairs.pictures)
        of_match = _worse(classes, matches.pairs)
        count = len(factor.labels)
        totals = pairs_by_class(classes, self.gallery.person, count)
        known_picture = classes >= 0
        known_pair = of_pair >= 0
        groups: Json = {}
        for number, label in enumerate(factor.labels):
            pictures = classes == number
            if not pictures.any():
                continue
            pairs = of_pair == number
            matched = matches.similarity[of_match == number]
            total = int(totals[number])
            figures = self._figures(pictures, pairs)
            figures["far"] = self._far(matched, total)
            figures["impostor_pairs"] = total
            # The rest are the other classes: what was not measured is in neither.
            figures["rest"] = self._figures(
                known_picture & ~pictures,
                known_pair & ~pairs,
            )
            groups[label] = figures
        return groups or None

    def _far(self, similarity: Singles, total: int) -> dict[str, float]:
        """Return the share of false matches among `total` pairs at each threshold."""
        shares = {}
        for name, threshold in self.thresholds.items():
            if not total or np.isnan(threshold):
                shares[name] = np.nan
                continue
            matches = (similarity >= threshold).sum()
            shares[name] = float(matches / total)
        return shares

    def _figures(self, pictures: Mask, pairs: Mask) -> Json:
        """Return the figures of some pictures and some pairs, at the thresholds of all."""
        asked = pictures & ~np.isnan(self.nearest)
        nearest = self.nearest[asked]
        same = self.pairs.same[pairs]
        right = self.right[pairs]
        whose = self.gallery.person[self.pairs.pictures]
        people = self.names[pictures]
        different_people = np.unique(people)
        is_found = self.gallery.found[pictures]
        found = is_found.astype(np.float64)
        genuine = pairs & self.pairs.same
        tars, tar_intervals = self._tars(genuine, whose)
        return {
            "n": int(pictures.sum()),
            "people": len(different_people),
            "detected": _mean(found),
            "accuracy": _balanced(right, same),
            "tar_at_far": tars,
            "rank1": _mean(nearest),
            "queries": int(asked.sum()),
            "same_pairs": int(same.sum()),
            "interval": {
                "detected": interval_of_mean(found, people),
                "accuracy": _balanced_interval(right, same, whose[pairs]),
                "tar_at_far": tar_intervals,
                "rank1": interval_of_mean(nearest, self.names[asked]),
            },
        }

    def _tars(
        self, same: Mask, whose: Numbers
    ) -> tuple[dict[str, float | None], dict[str, Interval]]:
        """Return TAR and its interval at each FAR; None where too few pairs support the FAR."""
        similarity = self.similarity[same]
        people = whose[same, 0].astype(np.str_)
        tars: dict[str, float | None] = {}
        intervals: dict[str, Interval] = {}
        for name, threshold in self.thresholds.items():
            if np.isnan(threshold):
                tars[name] = None
                intervals[name] = None
                continue
            reached = similarity >= threshold
            matched = reached.astype(np.float64)
            tars[name] = _mean(matched)
            intervals[name] = interval_of_mean(matched, people)
        return tars, intervals


def _worse(classes: Numbers, pairs: Numbers) -> Numbers:
    """Return the higher class of each pair (k, 2), −1 where one of the two has none."""
    both = classes[pairs]
    is_unknown = both < 0
    unknown = is_unknown.any(axis=1)
    # −1 to begin with, so that no pairs have a maximum too.
    higher = both.max(axis=1, initial=-1)
    worse = np.where(unknown, -1, higher)
    return np.asarray(worse)


def _balanced(right: Doubles, same: Mask) -> float:
    """Return the mean of the shares of same and of different pairs told right.

    NaN without both kinds.
    """
    of_same = _mean(right[same])
    of_different = _mean(right[~same])
    return (of_same + of_different) / 2


def _balanced_interval(
    right: Doubles,
    same: Mask,
    people: Numbers,
) -> Interval:
    if np.isnan(_balanced(right, same)):
        return None
    # Both kinds weigh alike, however many pairs there are of each.
    same_count = same.sum()
    different_count = len(same) - same_count
    weights = np.where(same, 1 / same_count, 1 / different_count)
    return interval_of_pairs(right, people, weights)


def _mean(values: NDArray[Any]) -> float:
    """Return the mean, NaN of nothing."""
    if not len(values):
        return np.nan
    return float(values.mean())
