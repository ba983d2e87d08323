"""What the similarities of pairs of pictures say about an embedding."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]


def pair_scores(vectors: Scores, people: Sequence[str]) -> tuple[Scores, Scores]:
    """Cosines of all pairs of pictures (n, d): of one person, and of two people."""
    owners = np.unique(np.asarray(people), return_inverse=True)[1]
    upper = np.triu_indices(len(owners), 1)
    same = (owners[:, None] == owners[None])[upper]
    scores = (vectors @ vectors.T)[upper]
    return scores[same], scores[~same]


def threshold_at(different: Scores, far: float) -> float:
    """The lowest cosine that at most a share `far` of pairs of two people reach."""
    ordered = np.sort(different)[::-1]
    return float(np.nextafter(ordered[int(far * len(ordered))], np.inf))


def tar_at(same: Scores, different: Scores, far: float) -> float:
    """Share of pairs of one person that pass where a share `far` of two people's do."""
    return float((same >= threshold_at(different, far)).mean())


def best_accuracy(same: Scores, different: Scores) -> float:
    """Right answers, pairs of one and of two people weighing alike, at the best threshold."""
    same = np.sort(same)
    different = np.sort(different)
    thresholds = np.concatenate([same, different])
    passed = 1 - np.searchsorted(same, thresholds) / len(same)
    refused = np.searchsorted(different, thresholds) / len(different)
    return float((passed + refused).max() / 2)
