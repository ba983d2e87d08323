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
        return {name: self.impostors.threshold(far) for name, far in FARS.items()}

    @cached_property
    def nearest(self) -> Doubles:
        """(n,): 1 for each picture whose nearest neighbour shows the same person."""
        return nearest_is_same(self.gallery)

    def figures(self) -> Json:
        """Return the figures of the whole gallery."""
        pictures = np.ones(len(self.names), np.bool_)
        pairs = np.ones(len(self.right), np.bool_)
        figures = self._figures(pictures, pairs)
        different = int((~self.pairs.same).sum())
        figures["different_pairs"] = different
        figures["impostor_pairs"] = self.impostors.total
        return figures

    def curve(self) -> Json:
        """Return TAR at each FAR that enough pairs support."""
        genuine = self.similarity[self.pairs.same]
        supported = CURVE * self.impostors.total >= ENOUGH
        fars = CURVE[supported]
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
            groups[factor.name] = self._factor(factor, classes[factor.name], matches)
        return groups

    def _false_matches(self) -> FalseMatches:
        thresholds = np.array(list(self.thresholds.values()))
        known = thresholds[~np.isnan(thresholds)]
        # Without a threshold no similarity is a match.
        lowest = known.min(initial=np.inf)
        return FalseMatches(*false_matches(self.gallery, lowest))

    def _factor(
        self,
        factor: Factor,
        classes: Numbers,
        matches: FalseMatches,
    ) -> Json | None:
        """Return figures by label of one factor, None where no picture has a class."""
        of_pair = _worse(classes, self.pairs.pictures)
        of_match = _worse(classes, matches.pairs)
        totals = pairs_by_class(classes, self.gallery.person, len(factor.labels))
        groups: Json = {}
        for number, label in enumerate(factor.labels):
            pictures = classes == number
            if not pictures.any():
                continue
            total = int(totals[number])
            other_pictures = (classes >= 0) & ~pictures
            other_pairs = (of_pair >= 0) & (of_pair != number)
            figures = self._figures(pictures, of_pair == number)
            figures["far"] = self._far(matches.similarity[of_match == number], total)
            figures["impostor_pairs"] = total
            figures["rest"] = self._figures(other_pictures, other_pairs)
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
        found = self.gallery.found[pictures].astype(np.float64)
        tars, tar_intervals = self._tars(pairs & self.pairs.same, whose)
        return {
            "n": int(pictures.sum()),
            "people": len(np.unique(people)),
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
            matched = (similarity >= threshold).astype(np.float64)
            tars[name] = _mean(matched)
            intervals[name] = interval_of_mean(matched, people)
        return tars, intervals


def _worse(classes: Numbers, pairs: Numbers) -> Numbers:
    """Return the higher class of each pair (k, 2), −1 where one of the two has none."""
    both = classes[pairs]
    unknown = (both < 0).any(axis=1)
    higher = both.max(axis=1, initial=-1)
    return np.asarray(np.where(unknown, -1, higher))


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
    weight_of_same = 1 / same.sum()
    weight_of_different = 1 / (~same).sum()
    weights = np.where(same, weight_of_same, weight_of_different)
    return interval_of_pairs(right, people, weights)


def _mean(values: NDArray[Any]) -> float:
    """Return the mean, NaN of nothing."""
    if not len(values):
        return np.nan
    return float(values.mean())
