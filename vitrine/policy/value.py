"""The value of a policy from the log of another one: its mean reward, with an interval.

Doubly robust (Dudík, Langford & Li 2011): a model of the rewards, corrected by the rewards that
were seen, each weighted by how much more probable the policy makes its creative. The logged
probabilities are true, so that it is unbiased whatever the model; a good model makes it precise.
The inverse propensity estimate is the same without a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from vitrine.policy.log import Indices, Log, Numbers
from vitrine.policy.posterior import BASE_PRECISION, SLOPE_PRECISION

# Usual: the model sees four fifths of the choices.
FOLDS: Final = 5
"""Parts of the log; no choice is judged by a model that has seen it."""
# Quantile of the normal distribution for a 95 % interval.
NORMAL_975: Final = 1.959964
# Chosen, not measured: below, a handful of plays decides.
LEAST_EFFECTIVE: Final = 100.0
LEAST_SLOTS: Final = 30


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold an estimate and its 95 % interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Value:
    """Hold what the log says of a policy."""

    robust: Interval
    """Doubly robust."""
    weighted: Interval
    """By inverse propensities alone, for comparison."""
    gain: Interval
    """Doubly robust, minus the value of the rotation."""
    effective: float
    """Plays of its own from which one would know as much, by Kish's formula."""
    warnings: tuple[str, ...]


def evaluate(
    log: Log,
    target: Numbers,
    baseline: Numbers,
    model: Numbers,
) -> Value:
    """Return the value of `target`, compared with `baseline`; each array is (n, k).

    `model` is the reward that is expected of each creative, by `cross_fitted`.
    """
    scores = robust_scores(log, target, model)
    gains = scores - robust_scores(log, baseline, model)
    weights = _weights(log, target)
    effective = effective_size(weights)
    return Value(
        robust=mean_interval(scores, log.slots),
        weighted=mean_interval(weights * log.rewards, log.slots),
        gain=mean_interval(gains, log.slots),
        effective=effective,
        warnings=_warnings(log, effective),
    )


def robust_scores(
    log: Log,
    target: Numbers,
    model: Numbers,
) -> Numbers:
    """Return (n,) numbers whose mean is the doubly robust estimate."""
    rows = np.arange(len(log.rewards))
    direct = (target * model).sum(axis=1)
    missed = log.rewards - model[rows, log.shown]
    return np.asarray(direct + _weights(log, target) * missed, np.float64)


def _weights(log: Log, target: Numbers) -> Numbers:
    """Return (n,) how much more probable `target` makes what was shown."""
    rows = np.arange(len(log.rewards))
    chosen = target[rows, log.shown]
    logged = log.probabilities[rows, log.shown]
    return np.asarray(chosen / logged, np.float64)


def effective_size(weights: Numbers) -> float:
    """Return (Σw)² / Σw² (Kish 1965); 0 where the policy shows nothing of the log."""
    squares = float((weights * weights).sum())
    if squares == 0:
        return 0.0
    return float(weights.sum()) ** 2 / squares


def cross_fitted(log: Log) -> Numbers:
    """Return (n, k) the reward expected of each creative in each context.

    Ridge regression as the policy learns, from the choices of other folds.
    """
    model = np.zeros_like(log.probabilities)
    fold_of = log.folds(FOLDS)
    penalty = np.full(log.contexts.shape[1], SLOPE_PRECISION)
    penalty[0] = BASE_PRECISION
    for fold in range(FOLDS):
        held_out = fold_of == fold
        if held_out.all():
            # One fold holds all: without a model it is the estimate by propensities.
            continue
        mean = log.rewards[~held_out].mean()
        for place in range(len(log.creatives)):
            seen = ~held_out & (log.shown == place)
            contexts = log.contexts[seen]
            gram = contexts.T @ contexts + np.diag(penalty)
            slopes = np.linalg.solve(gram, contexts.T @ (log.rewards[seen] - mean))
            model[held_out, place] = mean + log.contexts[held_out] @ slopes
    return model


def mean_interval(scores: Numbers, slots: Indices) -> Interval:
    """Return the mean of (n,) scores and its 95 % interval.

    Choices in one slot share their people: slots are the independent units, as in the experiment
    (docs/decisions/0003). The variance is that of the sums of slots around the mean (Liang & Zeger
    1986), the quantile Student's. With one slot nothing is known: the interval is all there is.
    """
    count = len(scores)
    mean = float(scores.mean())
    sums = np.bincount(slots, scores - mean)
    groups = len(sums)
    if groups < 2:
        return Interval(mean, -np.inf, np.inf)
    variance = groups / (groups - 1) * float((sums * sums).sum()) / count**2
    half = student_975(groups - 1) * sqrt(variance)
    return Interval(mean, mean - half, mean + half)


def student_975(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's distribution (Abramowitz & Stegun 26.7.5).

    Off by less than 1 % from four degrees of freedom on.
    """
    z = NORMAL_975
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _warnings(log: Log, effective: float) -> tuple[str, ...]:
    found = []
    if effective < LEAST_EFFECTIVE:
        found.append(
            f"{len(log.rewards):,} plays say as much as {effective:.0f} of its own: "
            "too few, the interval cannot be trusted"
        )
    if log.slot_count < LEAST_SLOTS:
        found.append(
            f"only {log.slot_count} slots of 5 minutes; at least {LEAST_SLOTS} are needed"
        )
    return tuple(found)
