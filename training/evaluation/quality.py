"""The error-versus-reject curve: how well a quality score predicts that recognition fails.

False non-match rate at a fixed false match rate among the views that are left when the worst are
rejected (Grother and Tabassi 2007, doi:10.1109/TPAMI.2007.1019; ISO/IEC 29794-1).
"""

from typing import Final

import numpy as np
from scipy.stats import spearmanr

from training.evaluation.arrays import Floats
from training.evaluation.intervals import interval_of_mean
from training.evaluation.models import Landmarker
from training.evaluation.results import Json
from training.likeness import threshold_at
from training.pictures.aligned import AlignedFaces
from training.pictures.views import Views, make_views
from vitrine.vision.embedding import Embedder
from vitrine.vision.quality import QualityScore

# Chosen, not measured: the middle of the rates that are reported for embeddings.
FMR: Final = 1e-3
"""False match rate."""
SHARES: Final = np.arange(0, 0.96, 0.05)
"""Of views that are rejected."""
EACH: Final = 3
"""Views of a picture."""
PROTOCOL: Final = (
    f"{EACH} views of each picture of people with two videos or photos at least: scaled to "
    "14–100 %, some blurred, dark, noisy, compressed or covered, by a fixed seed; landmarks, "
    "alignment, embedding and quality are the product's. "
    "A view is compared with the mean of the person's clean pictures of other videos; a miss lies "
    f"below the threshold that a share {FMR} of comparisons with other people's means reaches. "
    "error: share of misses among what is left when the given share of views with the lowest "
    "score is rejected; area: its mean over shares 0 to 0.95. random rejects any view, ideal all "
    "misses first; gain: how far from random to ideal. size rejects the smallest faces first."
)


def measure_score(
    faces: AlignedFaces,
    landmarker: Landmarker,
    embedder: Embedder,
    scorer: QualityScore,
) -> Json:
    """Return the figures of a quality network on views of these faces.

    Raises ValueError where nobody is seen twice.
    """
    views = make_views(
        faces,
        EACH,
        landmarker,
        embedder,
    )
    scores = scorer.score(list(views.cuts))
    return measure(views, scores, {"size": views.heights})


def measure(
    views: Views,
    scores: Floats,
    others: dict[str, Floats] | None = None,
) -> Json:
    """Return the figures of a score (n,) of the views, with curves.

    `others` are scores to compare it with.
    """
    threshold = threshold_at(views.impostor, FMR)
    is_missed = views.genuine < threshold
    missed = is_missed.astype(np.float64)
    fnmr = float(missed.mean())
    error = reject_curve(missed, scores)
    ideal = reject_curve(missed, -missed)
    random = np.full(len(SHARES), fnmr)
    compared = {}
    areas = {}
    for name, given in (others or {}).items():
        curve = reject_curve(missed, given)
        compared[name] = curve
        areas[name] = {"area": float(curve.mean())}
    area = float(error.mean())
    area_random = float(random.mean())
    area_ideal = float(ideal.mean())
    correlation = spearmanr(scores, views.genuine)
    return {
        "protocol": PROTOCOL,
        "n": len(missed),
        "people": len(np.unique(views.people)),
        "threshold": threshold,
        "fnmr": fnmr,
        "area": area,
        "area_random": area_random,
        "area_ideal": area_ideal,
        "gain": gain(area, area_random, area_ideal),
        "rank_correlation": float(correlation.statistic),
        "interval": {"fnmr": interval_of_mean(missed, views.people)},
        "others": areas,
        "sets": {},
        "subgroups": {},
        "curves": {
            "reject": {
                "rejected": SHARES,
                "error": error,
                "random": random,
                "ideal": ideal,
                **compared,
            },
        },
    }


def reject_curve(missed: Floats, scores: Floats) -> Floats:
    """Return the share of misses among the best-scored views, at each of SHARES.

    Ties come in any order.
    """
    # Mixed first, because misses with the same score must not all come first or last.
    rng = np.random.default_rng(0)
    mixed = rng.permutation(len(missed))
    by_score = np.argsort(-scores[mixed], kind="stable")
    best_first = mixed[by_score]
    ordered = missed[best_first]
    kept = (1 - SHARES) * len(ordered)
    # One at least, so that there is something to divide by.
    left = np.maximum(1, np.ceil(kept).astype(int))
    so_far = np.cumsum(ordered)
    misses = so_far[left - 1]
    return np.asarray(misses / left)


def gain(
    area: float,
    random: float,
    ideal: float,
) -> float:
    """Return 0 for a score that knows nothing, 1 for one that rejects all misses first."""
    if random <= ideal:
        return np.nan
    return (random - area) / (random - ideal)
