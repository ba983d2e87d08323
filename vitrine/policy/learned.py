"""What a stand has learned of the creatives of one campaign, and what other stands add to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from vitrine.clock import SECOND_NS
from vitrine.policy.context import Features
from vitrine.policy.posterior import Normal, Sums, belief
from vitrine.policy.thompson import probabilities
from vitrine.schemas import Goal, Id, Nanoseconds

HOUR_NS: Final = 3600 * SECOND_NS
# Chosen, not measured: tastes and weather change in weeks; a creative that wears out is noticed in
# days. `python -m benchmarks.policy` prints the regret where the best creative changes.
HALF_LIFE_NS: Final = 7 * 24 * HOUR_NS
"""Time after which a play says half as much as a new one."""
# Chosen, not measured: some minutes of a stand's own plays outweigh the others, should it differ.
POOLED_PLAYS: Final = 50.0
"""Plays of a creative that all other stands together say as much as, at most."""
# Chosen, not measured: soon overruled by the stand's own plays.
NOISE_PLAYS: Final = 10.0
NOISE: Final = 0.05
"""Variance of single rewards that as many plays would have shown beforehand."""

Pool = Mapping[str, Sums]
"""Creative → plays of other stands, their rewards centred on the mean of each stand."""


class Learned(BaseModel):
    """Hold what the plays of one campaign at one stand have shown; older ones weigh less."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    """Changes whenever the features or the sums do; another one is not read."""
    goal: Goal
    as_of_ns: Nanoseconds = 0
    """Time at which the weights hold: a play of then weighs 1."""
    creatives: dict[Id, Sums] = Field(default_factory=dict)

    @property
    def plays(self) -> float:
        """Return the weight of all plays."""
        return sum(sums.plays for sums in self.creatives.values())

    @property
    def mean(self) -> float:
        """Return the mean reward of a play; 0 before the first."""
        rewards = sum(sums.rewards for sums in self.creatives.values())
        return rewards / max(self.plays, 1.0)

    def learn(
        self,
        creative_id: str,
        features: Features,
        reward: float,
        at_ns: int,
    ) -> None:
        """Take in the reward, 0 to 1, of a play that ended at `at_ns`; the order may be any."""
        self._age(at_ns)
        weight = _faded(self.as_of_ns - at_ns)
        sums = self.creatives.setdefault(creative_id, Sums())
        sums.add(features, reward, weight)

    def _age(self, at_ns: int) -> None:
        """Let older plays fade; in steps of an hour, as they fade slowly."""
        if not self.creatives:
            self.as_of_ns = at_ns
        hours = (at_ns - self.as_of_ns) // HOUR_NS
        if hours < 1:
            return
        factor = _faded(hours * HOUR_NS)
        self.as_of_ns += hours * HOUR_NS
        for creative_id, sums in self.creatives.items():
            self.creatives[creative_id] = sums.scaled(factor)

    def keep_only(self, creative_ids: Collection[str]) -> None:
        """Forget creatives that the campaign does not have any more, all but these."""
        for creative_id in list(self.creatives):
            if creative_id not in creative_ids:
                del self.creatives[creative_id]

    def probabilities(
        self,
        creative_ids: Iterable[str],
        features: Features,
        pool: Pool,
    ) -> dict[str, float]:
        """Return with what probability to show each of these creatives in a context."""
        beliefs = self.beliefs(creative_ids, features, pool)
        return probabilities(beliefs)

    def beliefs(
        self,
        creative_ids: Iterable[str],
        features: Features,
        pool: Pool,
    ) -> dict[str, Normal]:
        """Return what is believed of each creative: by how much it exceeds the stand's mean."""
        mean = self.mean
        noise = self._noise(mean)
        found = {}
        for creative_id in creative_ids:
            own = self.creatives.get(creative_id, Sums())
            sums = own.centred(mean)
            others = pool.get(creative_id)
            if others is not None:
                # A power prior (Ibrahim & Chen 2000): all that they say, with less weight.
                weight = min(1.0, POOLED_PLAYS / max(others.plays, 1.0))
                sums.merge(others, weight)
            found[creative_id] = belief(sums, features, noise)
        return found

    def _noise(self, mean: float) -> float:
        """Return the variance of single rewards around the mean."""
        spread = NOISE_PLAYS * NOISE
        for sums in self.creatives.values():
            spread += sums.centred(mean).squares
        return spread / (NOISE_PLAYS + self.plays)


def pooled(others: Iterable[Learned], now_ns: int) -> dict[str, Sums]:
    """Return what other stands say of the creatives of a campaign.

    Each is centred on its own mean: a stand at a busy corner has more of everything, which says
    nothing about the creatives.
    """
    pool: dict[str, Sums] = {}
    for learned in others:
        weight = _faded(now_ns - learned.as_of_ns)
        mean = learned.mean
        for creative_id, sums in learned.creatives.items():
            merged = pool.setdefault(creative_id, Sums())
            merged.merge(sums.centred(mean), weight)
    return pool


def _faded(age_ns: int) -> float:
    """Return the weight of a play of this age; 1 for one of the time to come."""
    return float(0.5 ** (max(0, age_ns) / HALF_LIFE_NS))
