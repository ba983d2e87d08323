"""The log of choices as arrays, and the policies to compare on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrine.policy.context import features
from vitrine.policy.learned import Learned, pooled
from vitrine.schemas import Outcome

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Log:
    """Hold n choices among k creatives of one campaign."""

    outcomes: Sequence[Outcome]
    creatives: Sequence[str]
    contexts: Numbers
    """(n, features)."""
    shown: Indices
    """(n,) which creative was shown."""
    probabilities: Numbers
    """(n, k) with which it was chosen; 0 for one that could not be shown."""
    rewards: Numbers
    """(n,), 0 to 1."""
    slots: Indices
    """(n,) the slot of 5 minutes at a stand, counted from 0."""

    @property
    def slot_count(self) -> int:
        """Return how many slots there are."""
        return int(self.slots.max()) + 1

    def folds(self, count: int) -> Indices:
        """Return (n,) a fold from 0 on for each choice; those of a slot share theirs."""
        return self.slots % count


def log_of(outcomes: Iterable[Outcome]) -> Log:
    """Return the log of the choices of one campaign, by time; at least one is needed.

    A play that comes twice counts once: a stand that was restarted may have told again.
    """
    by_play = {outcome.play_id: outcome for outcome in outcomes}
    ordered = sorted(by_play.values(), key=lambda one: (one.decided_ns, one.play_id))
    creatives: set[str] = set()
    for outcome in ordered:
        creatives.update(outcome.probabilities)
    names = sorted(creatives)
    places = {name: place for place, name in enumerate(names)}
    probabilities = np.zeros((len(ordered), len(names)))
    for row, outcome in enumerate(ordered):
        for name, share in outcome.probabilities.items():
            probabilities[row, places[name]] = share
    slots = [f"{outcome.stand_id}/{outcome.slot_ns}" for outcome in ordered]
    _, numbers = np.unique(slots, return_inverse=True)
    return Log(
        outcomes=ordered,
        creatives=names,
        contexts=np.array([features(outcome.context) for outcome in ordered]),
        shown=np.array([places[outcome.creative_id] for outcome in ordered]),
        probabilities=probabilities,
        rewards=np.array([outcome.reward for outcome in ordered]),
        slots=numbers,
    )


def mixture(log: Log, shares: Mapping[str, float]) -> Numbers:
    """Return (n, k): each creative by its share, of those that could be shown.

    Where none of them could be, all that could come alike.
    """
    weights = np.array([shares.get(name, 0.0) for name in log.creatives])
    available = log.probabilities > 0
    wanted = available * weights
    nothing = wanted.sum(axis=1) == 0
    wanted[nothing] = available[nothing]
    totals: Numbers = wanted.sum(axis=1, keepdims=True)
    return np.asarray(wanted / totals, np.float64)


def rotation(log: Log) -> Numbers:
    """Return (n, k): all that could be shown alike, as the configuration shares them out."""
    alike = dict.fromkeys(log.creatives, 1.0)
    return mixture(log, alike)


def fixed(log: Log, creative: str) -> Numbers:
    """Return (n, k): always this one; where it could not be shown, the others alike."""
    return mixture(log, {creative: 1.0})


def learned(log: Log, folds: int) -> Numbers:
    """Return (n, k): the learning policy, as it has learned from the choices of other folds.

    A policy is judged by choices that it has not seen; else luck would look like skill.
    """
    fold_of = log.folds(folds)
    places = {name: place for place, name in enumerate(log.creatives)}
    target = np.zeros_like(log.probabilities)
    for fold in range(folds):
        stands = _taught(log, np.flatnonzero(fold_of != fold))
        pools = {}
        for row in np.flatnonzero(fold_of == fold).tolist():
            outcome = log.outcomes[row]
            stand_id = outcome.stand_id
            if stand_id not in pools:
                others = [other for name, other in stands.items() if name != stand_id]
                pools[stand_id] = pooled(others, outcome.decided_ns)
            own = stands.get(stand_id, Learned(goal=outcome.goal))
            shares = own.probabilities(
                outcome.probabilities,
                features(outcome.context),
                pools[stand_id],
            )
            for name, share in shares.items():
                target[row, places[name]] = share
    return target


def _taught(log: Log, rows: Indices) -> dict[str, Learned]:
    """Return what each stand would have learned from these choices."""
    stands: dict[str, Learned] = {}
    for row in rows:
        outcome = log.outcomes[row]
        own = stands.setdefault(outcome.stand_id, Learned(goal=outcome.goal))
        own.learn(
            outcome.creative_id,
            features(outcome.context),
            outcome.reward,
            outcome.end_ns,
        )
    return stands
