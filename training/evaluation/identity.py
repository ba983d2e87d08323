"""How well embeddings tell people apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from training.datasets.people import PersonFace
from training.evaluation.faces_of_people import Embedded
from training.evaluation.intervals import Interval, interval_of_mean, interval_of_pairs
from training.evaluation.recognition import (
    ENOUGH,
    FARS,
    FOLDS,
    MOST_PAIRS,
    Gallery,
    Impostors,
    Pairs,
    draw_pairs,
    false_matches,
    nearest_is_same,
    pairs_by_class,
    told_right,
)
from training.evaluation.results import Json, sets_of
from training.evaluation.subgroups import FACTORS, Factor, classes_of

Protocol = Literal["pairs", "leave-one-video-out"]
UNITS: Final[dict[Protocol, str]] = {
    "pairs": "Every picture stands for itself.",
    "leave-one-video-out": "Frames of one video (the file name up to the frame) are never compared.",
}
RULES: Final = (
    f"accuracy: at most {MOST_PAIRS} same-person pairs a person, drawn with a fixed seed, and as many pairs "
    f"of different people; {FOLDS} folds that share nobody; the threshold is the best on the other folds. "
    "tar_at_far: share of those same-person pairs from the threshold on that the given share of all pairs of "
    f"different people reaches; null where fewer than {ENOUGH} such pairs would reach it. rank1: the most "
    "similar of all other pictures shows the same person; people with one picture (or video) only distract. "
    "In a subgroup are the pairs whose worse face (smaller, more turned, darker, more blurred, darker skin) "
    "is in it, at the thresholds of the whole set; accuracy there is the mean over same and different pairs, "
    "far the share of false matches. Intervals draw people."
)
ALIGNED: Final = "Faces aligned by five points at 144 pixels, the middle 112 used."
DETECTED: Final = (
    "The largest face that the product's detector finds, aligned by the product's landmarks; a picture "
    "without one matches nothing."
)
CURVE: Final = np.logspace(-6, 0, 121)


@dataclass(frozen=True)
class Verification:
    """Pairs, thresholds and neighbours of one gallery."""

    gallery: Gallery
    names: NDArray[np.str_]
    """(n,): who each picture shows."""

    @cached_property
    def pairs(self) -> Pairs:
        return draw_pairs(self.gallery)

    @cached_property
    def similarity(self) -> NDArray[np.float32]:
        return self.gallery.similarity(self.pairs.pictures)

    @cached_property
    def right(self) -> NDArray[np.float64]:
        return told_right(self.pairs, self.similarity)

    @cached_property
    def impostors(self) -> Impostors:
        return Impostors.of(self.gallery)

    @cached_property
    def thresholds(self) -> dict[str, float]:
        return {name: self.impostors.threshold(far) for name, far in FARS.items()}

    @cached_property
    def nearest(self) -> NDArray[np.float64]:
        return nearest_is_same(self.gallery)

    def figures(self) -> Json:
        """Of the whole gallery."""
        everything = np.ones(len(self.names), np.bool_)
        return self._figures(everything, np.ones(len(self.right), np.bool_)) | {
            "different_pairs": int((~self.pairs.same).sum()),
            "impostor_pairs": self.impostors.total,
        }

    def curve(self) -> Json:
        """TAR at each FAR that enough pairs support."""
        genuine = self.similarity[self.pairs.same]
        fars = CURVE[CURVE * self.impostors.total >= ENOUGH]
        tars = [_mean(genuine >= self.impostors.threshold(far)) for far in fars]
        return {"far": fars, "tar": tars}

    def subgroups(self, classes: Mapping[str, NDArray[np.intp]]) -> Json:
        """Figures by label of each factor; `classes` as from classes_of."""
        lowest = (
            np.nanmin(list(self.thresholds.values()))
            if self._has_thresholds
            else np.inf
        )
        matches = false_matches(self.gallery, lowest)
        return {f.name: self._factor(f, classes[f.name], *matches) for f in FACTORS}

    @property
    def _has_thresholds(self) -> bool:
        return not np.isnan(list(self.thresholds.values())).all()

    def _factor(
        self,
        factor: Factor,
        classes: NDArray[np.intp],
        wrong: NDArray[np.intp],
        how: NDArray[np.float32],
    ) -> Json | None:
        of_pair = _worse(classes, self.pairs.pictures)
        of_wrong = _worse(classes, wrong)
        totals = pairs_by_class(classes, self.gallery.person, len(factor.labels))
        groups: Json = {}
        for number, label in enumerate(factor.labels):
            if (classes == number).any():
                others = (classes >= 0) & (classes != number)
                rest = self._figures(others, (of_pair >= 0) & (of_pair != number))
                far = self._far(how[of_wrong == number], int(totals[number]))
                groups[label] = self._figures(classes == number, of_pair == number) | {
                    "far": far,
                    "impostor_pairs": int(totals[number]),
                    "rest": rest,
                }
        return groups or None

    def _far(self, similarity: NDArray[np.float32], total: int) -> dict[str, float]:
        shares = dict.fromkeys(self.thresholds, np.nan)
        for name, threshold in self.thresholds.items():
            if total and not np.isnan(threshold):
                shares[name] = float((similarity >= threshold).sum() / total)
        return shares

    def _figures(self, pictures: NDArray[np.bool_], pairs: NDArray[np.bool_]) -> Json:
        """Of some pictures and some pairs, at the thresholds of all."""
        same = pairs & self.pairs.same
        asked = pictures & ~np.isnan(self.nearest)
        whose = self.gallery.person[self.pairs.pictures]
        people = self.names[pictures]
        found = self.gallery.found[pictures].astype(np.float64)
        matched = {
            n: (self.similarity[same] >= t).astype(np.float64)
            for n, t in self.thresholds.items()
        }
        supported = {
            n: values
            for n, values in matched.items()
            if not np.isnan(self.thresholds[n])
        }
        return {
            "n": int(pictures.sum()),
            "people": len(np.unique(people)),
            "detected": _mean(found),
            "accuracy": _balanced(self.right[pairs], self.pairs.same[pairs]),
            "tar_at_far": {
                n: _mean(supported[n]) if n in supported else None for n in matched
            },
            "rank1": _mean(self.nearest[asked]),
            "queries": int(asked.sum()),
            "same_pairs": int(same.sum()),
            "interval": {
                "detected": interval_of_mean(found, people),
                "accuracy": _balanced_interval(
                    self.right[pairs], self.pairs.same[pairs], whose[pairs]
                ),
                "tar_at_far": {
                    n: interval_of_mean(supported[n], whose[same, 0].astype(np.str_))
                    if n in supported
                    else None
                    for n in matched
                },
                "rank1": interval_of_mean(self.nearest[asked], self.names[asked]),
            },
        }


def measure(
    faces: Sequence[PersonFace],
    embedded: Embedded,
    protocol: Protocol,
    *,
    aligned: bool,
    parts: bool,
) -> Json:
    """The figures of a result file; `parts` adds the people held out as a set of their own."""
    names = np.array([face.person for face in faces], dtype=np.str_)
    units = [
        face.video if protocol == "leave-one-video-out" else face.name for face in faces
    ]
    numbers = (
        np.unique(v, return_inverse=True)[1]
        for v in (names, np.array(units, dtype=np.str_))
    )
    gallery = Gallery(embedded.vectors, embedded.found, *numbers)
    whole = Verification(gallery, names)
    return {
        "protocol": f"{protocol}. {UNITS[protocol]} {ALIGNED if aligned else DETECTED} {RULES}",
        **whole.figures(),
        "curves": whole.curve(),
        "sets": {
            name: Verification(gallery[mask], names[mask]).figures()
            for name, mask in sets_of(faces, parts=parts).items()
        },
        "subgroups": whole.subgroups(classes_of(embedded.looks)),
    }


def _worse(classes: NDArray[np.intp], pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """(k,): the higher class of each pair (k, 2), −1 where one of them has none."""
    both = classes[pairs]
    return np.asarray(
        np.where((both < 0).any(axis=1), -1, both.max(axis=1, initial=-1))
    )


def _balanced(right: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """Mean of the shares of same and of different pairs told right; NaN without both kinds."""
    return (_mean(right[same]) + _mean(right[~same])) / 2


def _balanced_interval(
    right: NDArray[np.float64], same: NDArray[np.bool_], people: NDArray[np.intp]
) -> Interval:
    if np.isnan(_balanced(right, same)):
        return None
    return interval_of_pairs(
        right, people, np.where(same, 1 / same.sum(), 1 / (~same).sum())
    )


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else np.nan
