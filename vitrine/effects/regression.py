"""One coefficient of a weighted regression, with an error that holds for few observations."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# Of the largest eigenvalue of columns of length one; below, a column says nothing that others do
# not say. Rounding leaves 1e-15 of it.
RANK_TOLERANCE: Final = 1e-10
# An observation that alone decides a coefficient has no residual to judge it by.
MOST_LEVERAGE: Final = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Coefficient:
    """Hold an estimate, its standard error, and the degrees of freedom of that error."""

    value: float
    error: float
    freedom: float


def coefficient(
    columns: Numbers,
    outcomes: Numbers,
    weights: Numbers,
    place: int,
) -> Coefficient:
    """Return a coefficient of the weighted least squares of (n,) outcomes on (n, k) columns.

    The error is HC3 (MacKinnon & White 1985): it allows each observation a variance of its own. The
    freedom is Satterthwaite's for that error (Bell & McCaffrey 2002), as an arm of 20 slots has
    less of it than n − k says. Columns may depend on each other, except on the one in `place`.
    Needs positive weights. Raises ValueError where the others determine that column.
    """
    roots = np.sqrt(weights)
    scaled = columns * roots[:, None]
    lengths = np.linalg.norm(scaled, axis=0)
    lengths[lengths == 0] = 1.0
    scaled /= lengths
    scaled_outcomes = outcomes * roots
    # By the small matrix: a month of many stands has 100,000 rows, and a decomposition of the large
    # one takes ten times as long.
    strengths, directions = np.linalg.eigh(scaled.T @ scaled)
    kept = strengths > RANK_TOLERANCE * strengths[-1]
    directions = directions[:, kept]
    if float((directions[place] ** 2).sum()) < 1 - 1e-6:
        raise ValueError(f"column {place} is determined by the others")
    basis = scaled @ (directions / np.sqrt(strengths[kept]))
    # (n,): how the estimate moves with each outcome.
    influence = basis @ (directions[place] / np.sqrt(strengths[kept]))
    influence /= lengths[place]
    fitted = basis @ (basis.T @ scaled_outcomes)
    residuals = scaled_outcomes - fitted
    leverage = np.minimum(np.einsum("ij,ij->i", basis, basis), MOST_LEVERAGE)
    left = 1 - leverage
    # The variance is the sum of these, each times the square of its residual.
    shares = (influence / left) ** 2
    variance = float((shares * residuals**2).sum())
    return Coefficient(
        value=float(influence @ scaled_outcomes),
        error=sqrt(variance),
        freedom=satterthwaite(shares, leverage, basis),
    )


def satterthwaite(
    shares: Numbers,
    leverage: Numbers,
    basis: Numbers,
) -> float:
    """Return (ΣE)² / (half the variance) of a sum of squared residuals with (n,) shares.

    That is tr(G)² / tr(G²) with G = M diag(shares) M and M = I − QQ', for outcomes whose variance
    is one over their weight. Q is the orthonormal (n, rank) basis; no (n, n) matrix is made.
    """
    mean = float((shares * (1 - leverage)).sum())
    crossed = basis.T @ (shares[:, None] * basis)
    own = float((shares**2 * (1 - 2 * leverage)).sum())
    squares = own + float((crossed**2).sum())
    return mean**2 / squares
