"""Figures of an embedding from the similarities of pairs of pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]


def pair_scores(vectors: Scores, people: Sequence[str]) -> tuple[Scores, Scores]:
    """Return the cosines of all pairs of pictures (n, d): of one person, and of two people."""
    owners = np.unique(np.asarray(people), return_inverse=True)[1]
    pairs = np.triu_indices(len(owners), 1)
    is_same = owners[:, None] == owners[None]
    scores = vectors @ vectors.T
    same = is_same[pairs]
    of_pairs = scores[pairs]
    return of_pairs[same], of_pairs[~same]


def threshold_at(different: Scores, far: float) -> float:
    """Return the lowest cosine that at most a share `far` of pairs of two people reach."""
    ordered = np.sort(different)[::-1]
    first_refused = ordered[int(far * len(ordered))]
    return float(np.nextafter(first_refused, np.inf))


def tar_at(same: Scores, different: Scores, far: float) -> float:
    """Return the share of pairs of one person that pass at `threshold_at(different, far)`."""
    passed = same >= threshold_at(different, far)
    return float(passed.mean())


def best_accuracy(same: Scores, different: Scores) -> float:
    """Return the share of right answers at the best threshold.

    Pairs of one and of two people weigh alike, however many there are of each.
    """
    same = np.sort(same)
    different = np.sort(different)
    thresholds = np.concatenate([same, different])
    passed = 1 - np.searchsorted(same, thresholds) / len(same)
    refused = np.searchsorted(different, thresholds) / len(different)
    return float((passed + refused).max() / 2)
