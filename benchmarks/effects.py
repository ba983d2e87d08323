"""Judge the statistics of effects on simulated stands whose truth is known.

    python -m benchmarks.effects [--short] [--runs 1000] [--seed 1]

It prints how often intervals hold the truth, how often an effect is ever told where none is though
a campaign is read again and again, what a holdout that changes under a trend does, how wide
intervals are beside the bootstrap of before, and after how many days an effect is found.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import track
from scipy.stats import binomtest, norm

from benchmarks.effect_worlds import (
    DAY_SLOTS,
    SLOTS_AN_HOUR,
    World,
    simulated,
    until,
    world_of_plain,
)
from vitrine.effects.effect import Effect, effect
from vitrine.effects.outcomes import OWN_ATTENTION, REDEMPTIONS, Outcome
from vitrine.effects.regression import Numbers
from vitrine.effects.table import SlotTable

PLAIN_SLOTS: Final = (5, 10, 24, 40, 100, 400)
"""Of a campaign. Of 24, a few are empty; 20 are needed."""
ALIKE: Final = (0.02, 0.1, 0.3)
EFFECTS: Final = (0.0, 0.05)
HOLDOUTS: Final = (0.2, 0.5)
POWER: Final = 0.8
BOOTSTRAPS: Final = 1000
SHORT_RUNS: Final = 3
RESTLESS: Final = World(
    hour_swing=0.1,
    trend=0.2,
    drift=0.1,
)
"""Four weeks in which what is not the effect changes by hour, by day and for about an hour."""


@dataclass(frozen=True)
class Shares:
    """Hold how often something came about."""

    found: int
    runs: int

    @property
    def share(self) -> float:
        """Return found / runs, NaN without any."""
        return self.found / self.runs if self.runs else float("nan")

    @property
    def upper(self) -> float:
        """Return the upper 95 % bound of the share (Clopper & Pearson 1934)."""
        if not self.runs:
            return 1.0
        tested = binomtest(self.found, self.runs, alternative="less")
        return float(tested.proportion_ci(0.95).high)


@dataclass(frozen=True)
class Cell:
    """Hold the coverage of one kind of campaign."""

    told: Shares
    """Campaigns with an estimate."""
    fixed: Shares
    anytime: Shares

    def __str__(self) -> str:
        if not self.told.found:
            return "silent"
        return (
            f"{self.told.share:5.0%} {self.fixed.share:6.1%} {self.anytime.share:6.1%}"
        )


def holds(low: float | None, high: float | None, truth: float) -> bool:
    """Return whether an interval holds the truth."""
    return low is not None and high is not None and low <= truth <= high


def found_in(table: SlotTable, outcome: Outcome = OWN_ATTENTION) -> Effect:
    """Return the effect on an outcome."""
    return effect(table, outcome)


def runs_of(world: World, runs: int, seed: int) -> Iterator[SlotTable]:
    """Yield the slots of so many campaigns, each of its own seed."""
    for number in range(runs):
        yield simulated(world, np.random.default_rng([seed, number]))


def covered(
    world: World,
    runs: int,
    seed: int,
    outcome: Outcome = OWN_ATTENTION,
) -> Cell:
    """Return how often both intervals hold the truth, among campaigns with an estimate."""
    told = 0
    fixed = 0
    anytime = 0
    for table in runs_of(world, runs, seed):
        one = found_in(table, outcome)
        if one.estimate is None:
            continue
        told += 1
        fixed += holds(one.fixed_lower, one.fixed_upper, world.effect)
        anytime += holds(one.lower, one.upper, world.effect)
    return Cell(
        told=Shares(told, runs),
        fixed=Shares(fixed, told),
        anytime=Shares(anytime, told),
    )


def kinds_of(plain_slots: Sequence[int]) -> list[tuple[int, float, float, float]]:
    """Return every kind of campaign: plain slots, holdout, alike, effect."""
    kinds = product(
        plain_slots,
        HOLDOUTS,
        ALIKE,
        EFFECTS,
    )
    return list(kinds)


def looks(count: int) -> list[int]:
    """Return after how many of `count` slots a campaign is read.

    Every hour of the first three days, when little is known, and then at the end of each day.
    """
    often = range(SLOTS_AN_HOUR, 3 * DAY_SLOTS, SLOTS_AN_HOUR)
    daily = range(3 * DAY_SLOTS, count + 1, DAY_SLOTS)
    return [look for look in (*often, *daily) if look <= count]


def ever_wrong(world: World, runs: int, seed: int) -> tuple[Shares, Shares]:
    """Return how often zero is ever excluded: by the sequence, by the interval for one look."""
    sequence = 0
    one_look = 0
    campaigns = track(
        runs_of(world, runs, seed),
        total=runs,
        description="read again and again",
    )
    for table in campaigns:
        read = [found_in(until(table, count)) for count in looks(len(table))]
        told = [one for one in read if one.estimate is not None]
        sequence += not all(holds(one.lower, one.upper, 0) for one in told)
        one_look += not all(holds(one.fixed_lower, one.fixed_upper, 0) for one in told)
    return Shares(sequence, runs), Shares(one_look, runs)


def changed_holdout(world: World, runs: int, seed: int) -> tuple[Shares, Shares]:
    """Return how often zero is excluded: by the interval for one look, and by the bootstrap."""
    adjusted = 0
    naive = 0
    campaigns = track(
        runs_of(world, runs, seed),
        total=runs,
        description="changed holdout",
    )
    for table in campaigns:
        one = found_in(table)
        adjusted += not holds(one.fixed_lower, one.fixed_upper, 0)
        low, high = bootstrap(table)
        naive += not low <= 0 <= high
    return Shares(adjusted, runs), Shares(naive, runs)


def bootstrap(table: SlotTable, seed: int = 1) -> tuple[float, float]:
    """Return the interval of before: percentiles of ratios of slots drawn anew within each arm."""
    rng = np.random.default_rng(seed)
    rates = []
    for of_arm in (table.adaptive, ~table.adaptive):
        totals = table.own_attention_s[of_arm]
        visitors = table.visitors[of_arm]
        rates.append(resampled_ratios(totals, visitors, rng))
    low, high = np.quantile(rates[0] - rates[1], (0.025, 0.975))
    return float(low), float(high)


def resampled_ratios(
    totals: Numbers,
    sizes: Numbers,
    rng: np.random.Generator,
) -> Numbers:
    """Return (BOOTSTRAPS,) ratios of totals of slots drawn with replacement."""
    count = len(totals)
    weights = rng.multinomial(count, np.full(count, 1 / count), size=BOOTSTRAPS)
    found: Numbers = (weights @ totals) / (weights @ sizes)
    return found


def widths(world: World, runs: int, seed: int) -> dict[str, float]:
    """Return the mean widths of the intervals, in points."""
    found: dict[str, list[float]] = {"sequence": [], "one look": [], "bootstrap": []}
    for table in runs_of(world, runs, seed):
        one = found_in(table)
        low, high = bootstrap(table)
        found["sequence"].append((one.upper or 0.0) - (one.lower or 0.0))
        found["one look"].append((one.fixed_upper or 0.0) - (one.fixed_lower or 0.0))
        found["bootstrap"].append(high - low)
    return {name: float(np.mean(values)) for name, values in found.items()}


def days_to_power(world: World, runs: int, seed: int) -> tuple[int | None, int | None]:
    """Return after how many days 80 % of campaigns are found: read daily, and read once then.

    None where they are not within the world's days.
    """
    days = ceil(world.days)
    first = []
    once = np.zeros(days)
    campaigns = track(
        runs_of(world, runs, seed),
        total=runs,
        description="days to power",
    )
    for table in campaigns:
        found_on = days + 1
        for day in range(1, days + 1):
            one = found_in(until(table, day * DAY_SLOTS))
            once[day - 1] += (one.fixed_lower or 0.0) > 0
            if (one.lower or 0.0) > 0:
                found_on = min(found_on, day)
        first.append(found_on)
    daily = int(np.quantile(first, POWER, method="higher"))
    enough = np.flatnonzero(once / runs >= POWER)
    return (
        daily if daily <= days else None,
        int(enough[0]) + 1 if len(enough) else None,
    )


def least_days(world: World) -> float:
    """Return the days that 80 % power takes at least, with a fixed horizon and no covariate.

    By the variance of the goal alone: visitors of a slot who are alike by `alike`.
    """
    treated = world.base + world.effect
    variance = 0.0
    for mean, share in ((treated, 1 - world.holdout), (world.base, world.holdout)):
        variance += mean * (1 - mean) / share
    size = 1 + (world.visitors - 1) * world.alike
    needed = (norm.ppf(0.975) + norm.ppf(POWER)) ** 2
    people = needed * variance * size / world.effect**2
    return float(people / world.visitors / DAY_SLOTS)


def print_coverage(console: Console, runs: int, seed: int) -> None:
    """Print the coverage of every kind of campaign; of few runs, not of the long campaigns."""
    plain_slots = PLAIN_SLOTS if runs > SHORT_RUNS else PLAIN_SLOTS[:3]
    console.print("share of intervals that hold the truth (95 % is aimed at)")
    console.print("plain slots, holdout, alike, effect: told, one look, at every look")
    kinds = kinds_of(plain_slots)
    for kind in track(kinds, description="coverage", console=console):
        cell = covered(world_of_plain(*kind), runs, seed)
        plain, holdout, alike, true_effect = kind
        console.print(f"{plain:4} {holdout:4} {alike:5} {true_effect:5}: {cell}")


def print_rare(console: Console, runs: int, seed: int) -> None:
    """Print the coverage of an outcome that 2 % of visitors bring."""
    console.print("redemptions by 2 % of visitors, holdout 0.2")
    console.print("plain slots, alike, effect: told, one look, at every look")
    kinds = list(product((100, 200, 400), (0.02, 0.3), (0.0, 0.02)))
    for plain, alike, true_effect in track(kinds, description="rare", console=console):
        world = world_of_plain(
            plain,
            0.2,
            alike,
            true_effect,
        )
        cell = covered(replace(world, base=0.02), runs, seed, REDEMPTIONS)
        console.print(f"{plain:4} {alike:5} {true_effect:5}: {cell}")


def print_shares(console: Console, title: str, shares: Shares) -> None:
    """Print a share with its upper bound."""
    console.print(
        f"{title}: {shares.share:.1%} of {shares.runs}, at most {shares.upper:.1%}"
    )


def print_wrong(console: Console, runs: int, seed: int) -> None:
    """Print how often there is an effect where none is."""
    for title, world in (("steady", World()), ("restless", RESTLESS)):
        sequence, one_look = ever_wrong(world, runs, seed)
        console.print(f"{title}: 28 days, read hourly at first and then daily")
        print_shares(console, "ever an effect", sequence)
        print_shares(console, "the same by intervals for one look", one_look)
    changing = replace(
        RESTLESS,
        days=14,
        later_holdout=0.5,
    )
    adjusted, naive = changed_holdout(changing, runs, seed)
    print_shares(console, "holdout changed under a trend", adjusted)
    print_shares(console, "the same with the bootstrap of before", naive)


def print_widths_and_days(console: Console, runs: int, seed: int) -> None:
    """Print the width of the intervals after a week, and days to 80 % power."""
    for title, world in (
        ("steady", World(days=7)),
        ("restless", replace(RESTLESS, days=7)),
    ):
        found = widths(world, min(runs, 200), seed)
        words = [f"{name} {100 * width:.1f} points" for name, width in found.items()]
        console.print(f"{title}: width after a week: {', '.join(words)}")
    for holdout in (0.5, 0.2):
        world = World(
            days=60,
            holdout=holdout,
            effect=0.05,
        )
        daily, once = days_to_power(world, min(runs, 400), seed)
        console.print(
            f"holdout {holdout}: days to {POWER:.0%} power, one stand: read daily {daily}, "
            f"read once {once}, by variance alone {least_days(world):.1f}"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="a few runs of each")
    parser.add_argument("--only", choices=tuple(PARTS), help="one part")
    chosen = parser.parse_args(arguments)
    runs = SHORT_RUNS if chosen.short else chosen.runs
    console = Console()
    for name, part in PARTS.items():
        if chosen.only in {None, name}:
            part(console, runs, chosen.seed)


PARTS: Final[dict[str, Callable[[Console, int, int], None]]] = {
    "coverage": print_coverage,
    "rare": print_rare,
    "wrong": print_wrong,
    "power": print_widths_and_days,
}

if __name__ == "__main__":
    main()
