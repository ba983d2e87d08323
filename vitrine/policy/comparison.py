"""Compare policies on the log of one campaign, in figures and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vitrine.policy.log import Log, fixed, learned, mixture, rotation
from vitrine.policy.value import (
    FOLDS,
    Interval,
    Value,
    cross_fitted,
    evaluate,
    mean_interval,
)
from vitrine.schemas import Goal

ROTATION: Final = "rotation"
LEARNED: Final = "learned"
UNITS: Final[Mapping[Goal, str]] = {
    "attention": "of the time that people are there, they look",
    "touch": "of the plays are touched",
    "redemption": "of the plays lead to a redemption",
}
"""What a value is a share of, to follow its figure."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold what the log of one campaign says of policies."""

    campaign_id: str
    goal: Goal
    plays: int
    slots: int
    shown: Interval
    """The mean reward of the plays as they were shown."""
    policies: Mapping[str, Value]
    """By name; the rotation comes first."""


def compare(
    log: Log,
    mixtures: Mapping[str, Mapping[str, float]] | None = None,
) -> Comparison:
    """Compare the rotation, each creative alone, the learning policy, and mixtures of creatives.

    The rotation shows all alike: that is how the configuration shares a campaign out.
    """
    targets = {ROTATION: rotation(log)}
    for creative in log.creatives:
        targets[f"always {creative}"] = fixed(log, creative)
    for name, shares in (mixtures or {}).items():
        targets[name] = mixture(log, shares)
    targets[LEARNED] = learned(log, FOLDS)
    model = cross_fitted(log)
    policies = {
        name: evaluate(log, target, targets[ROTATION], model)
        for name, target in targets.items()
    }
    first = log.outcomes[0]
    return Comparison(
        campaign_id=first.campaign_id,
        goal=first.goal,
        plays=len(log.rewards),
        slots=log.slot_count,
        shown=mean_interval(log.rewards, log.slots),
        policies=policies,
    )


def sentence(comparison: Comparison) -> str:
    """Return what to think of the learning policy, for people to read."""
    value = comparison.policies[LEARNED]
    base = comparison.policies[ROTATION].robust.value
    gain = value.gain
    unit = UNITS[comparison.goal]
    if value.warnings:
        return f"The log does not say whether learning would help: {value.warnings[0]}."
    between = f"between {100 * gain.lower:+.1f} and {100 * gain.upper:+.1f}"
    if gain.lower > 0:
        verdict = "Learning would do better than the rotation"
    elif gain.upper < 0:
        verdict = "Learning would do worse than the rotation"
    else:
        verdict = "The log does not show that learning would do better"
    return (
        f"{verdict}: {value.robust.value:.1%} {unit}, with the rotation {base:.1%}. "
        f"The difference is {between} percentage points, with 95 % confidence."
    )
