"""Missing points: counted, filled in several ways, and what each way is worth."""

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  # the last one needs it
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

from training.datasets.fifteen import COUNT, NAMES
from training.kaggle15.derive import FOUR_PLACES

Points = NDArray[np.float32]
"""(n, 15, 2) pixels, NaN where missing."""
Fill = Callable[[Points], Points]

FILLS: Final[dict[str, Callable[[], Any]]] = {
    "mean": lambda: SimpleImputer(strategy="mean", keep_empty_features=True),
    "median": lambda: SimpleImputer(strategy="median", keep_empty_features=True),
    "neighbours": lambda: KNNImputer(n_neighbors=5, keep_empty_features=True),
    # Each coordinate from all others by Bayesian ridge regression, in turns.
    "regression": lambda: IterativeImputer(
        max_iter=10, tol=0.01, random_state=0, keep_empty_features=True
    ),
}
"""Ways to fill, by name: scikit-learn's imputers."""
HIDDEN: Final = 5
"""Every fifth complete row is hidden where fills are measured."""


def counts(points: Points) -> dict[str, int]:
    """Return in how many rows each point is missing."""
    missing = np.isnan(points[..., 0]).sum(axis=0)
    return dict(zip(NAMES, missing.tolist(), strict=True))


def fit(make: Callable[[], Any], points: Points) -> Fill:
    """Fit an imputer to rows, and return what fills rows with it."""
    imputer = make()
    with warnings.catch_warnings():
        # Ten turns are enough for a look; the figure tells how good they are.
        warnings.simplefilter("ignore", ConvergenceWarning)
        imputer.fit(points.reshape(len(points), -1))

    def fill(some: Points) -> Points:
        flat = some.reshape(len(some), -1)
        filled = imputer.transform(flat)
        return np.asarray(filled, np.float32).reshape(-1, COUNT, 2)

    return fill


def effects(points: Points) -> dict[str, float]:
    """Return the RMSE of each fill in pixels, on points that are known and were hidden.

    A fifth of the complete rows is shown with the second source's four points alone. Frames of one
    person may be on both sides, which flatters `neighbours`.
    """
    complete = ~np.isnan(points).any(axis=(1, 2))
    places = np.flatnonzero(complete)
    chosen = default_rng(0).permutation(places)[: len(places) // HIDDEN]
    hidden = points.copy()
    others = ~np.isin(np.arange(COUNT), FOUR_PLACES)
    hidden[np.ix_(chosen, others)] = np.nan
    figures: dict[str, float] = {}
    for name, make in FILLS.items():
        filled = fit(make, hidden)(hidden[chosen])
        off = (filled - points[chosen])[:, others]
        figures[name] = float(np.sqrt((off**2).mean()))
    return figures
