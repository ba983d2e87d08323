"""Simulated stands whose effect is known: slots with visitors who are alike within a slot."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from vitrine.clock import SECOND_NS
from vitrine.effects.regression import Numbers
from vitrine.effects.table import DIGITS, SlotTable

SLOT_NS: Final = 300 * SECOND_NS
SLOTS_AN_HOUR: Final = 12
DAY_SLOTS: Final = 60
"""Five hours in which a stand has people."""
DAY_NS: Final = 24 * 3600 * SECOND_NS
OPENS_NS: Final = 10 * 3600 * SECOND_NS
START_NS: Final = 1_800_000_000 * SECOND_NS // DAY_NS * DAY_NS
"""A midnight."""


@dataclass(frozen=True)
class World:
    """Hold how the outcomes of a stand come about."""

    days: float = 28
    holdout: float = 0.2
    later_holdout: float | None = None
    """From the middle of the run on."""
    visitors: float = 5.0
    """Mean of a slot."""
    base: float = 0.3
    """Share of visitors who reach the goal in plain slots."""
    effect: float = 0.0
    """What adapting adds to it."""
    alike: float = 0.1
    """Correlation between two visitors of a slot."""
    hour_swing: float = 0.0
    """What the best hour has more than the mean, and the worst less."""
    trend: float = 0.0
    """What is added over the whole run."""
    drift: float = 0.0
    """Standard deviation of what lasts for about an hour."""

    @property
    def hours(self) -> int:
        """Return how many there are; the last one is whole."""
        return ceil(self.days * DAY_SLOTS / SLOTS_AN_HOUR)

    @property
    def slots(self) -> int:
        """Return how many there are."""
        return self.hours * SLOTS_AN_HOUR

    def holdouts(self) -> Numbers:
        """Return (hours,) probabilities of plain."""
        found = np.full(self.hours, self.holdout)
        if self.later_holdout is not None:
            found[self.hours // 2 :] = self.later_holdout
        return found


def world_of_plain(
    plain: int,
    holdout: float,
    alike: float,
    effect: float,
) -> World:
    """Return a world with about so many plain slots."""
    days = plain / holdout / DAY_SLOTS
    return World(
        days=days,
        holdout=holdout,
        alike=alike,
        effect=effect,
    )


def simulated(world: World, rng: np.random.Generator) -> SlotTable:
    """Return the slots of a run.

    A visitor who reaches the goal pays one second of attention to the campaign and has one
    redemption, so that effects are points of the goal's rate.
    """
    holdouts = world.holdouts()
    adaptive = ~drawn_plain(holdouts, rng)
    visitors = rng.poisson(world.visitors, world.slots)
    goals = drawn_goals(world, adaptive, visitors, rng).astype(np.float64)
    days, within = np.divmod(np.arange(world.slots), DAY_SLOTS)
    return SlotTable(
        stands=np.full(world.slots, "north"),
        starts_ns=START_NS + days * DAY_NS + OPENS_NS + within * SLOT_NS,
        adaptive=adaptive,
        probability=np.repeat(1 - holdouts, SLOTS_AN_HOUR).round(DIGITS),
        visitors=visitors.astype(np.float64),
        attention_s=goals,
        own_attention_s=goals,
        redemptions=goals,
        sales=np.zeros(world.slots),
    )


def drawn_plain(
    holdouts: Numbers,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Return (slots,) which are plain: of each hour its share, rounded up or down by chance."""
    shares = holdouts * SLOTS_AN_HOUR
    counts = np.floor(shares + rng.random(len(shares)))
    keys = rng.random((len(shares), SLOTS_AN_HOUR))
    ranks = keys.argsort(axis=1).argsort(axis=1)
    plain: NDArray[np.bool_] = ranks < counts[:, None]
    return plain.ravel()


def drawn_goals(
    world: World,
    adaptive: NDArray[np.bool_],
    visitors: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return (slots,) how many visitors reach the goal: beta-binomial around the slot's mean."""
    numbers = np.arange(world.slots)
    within = numbers % DAY_SLOTS / DAY_SLOTS
    mean = world.base + world.effect * adaptive
    mean = mean + world.hour_swing * np.sin(2 * np.pi * within)
    mean = mean + world.trend * (numbers / world.slots - 0.5)
    mean = mean + world.drift * lasting(world.slots, rng)
    mean = np.clip(mean, 0.001, 0.999)
    strength = (1 - world.alike) / world.alike
    rates = rng.beta(strength * mean, strength * (1 - mean))
    return rng.binomial(visitors, rates)


def lasting(count: int, rng: np.random.Generator) -> Numbers:
    """Return (count,) standard normal numbers, each correlated .9 with the next."""
    correlation = 0.9
    fresh = rng.normal(size=count) * np.sqrt(1 - correlation**2)
    fresh[:1] = rng.normal(size=1)
    found: Numbers = lfilter([1.0], [1.0, -correlation], fresh)
    return found


def until(table: SlotTable, count: int) -> SlotTable:
    """Return the first slots of one stand."""
    kept = {}
    for column in fields(table):
        values = getattr(table, column.name)
        kept[column.name] = values[:count]
    return SlotTable(**kept)
