"""Whether the release of figures holds: for people as far as they are known, and for true ones.

python -m benchmarks.release [--scenarios 10000] [--first 0] [--steps 100000]

Scenarios are random crowds in front of a stand, with late and renamed identities, crashes, restarts
and losses of the store (`benchmarks/release_scenarios.py`). Every step is judged by who saw what.

True people are fewer than visitors, as one person may be several. How many is drawn after
docs/recognition.md#visitors: the share of people who are several visitors, and the mean number of
visitors a person. The shape beyond both is assumed: two visitors and a geometric rest. Somebody's
visitors come one after the other, and a step goes as soon as it has enough: the worst case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import binomtest

from benchmarks.release_scenarios import Breach, Scenario

Visitors: TypeAlias = NDArray[np.int64]
PEOPLE: Final = 10
"""True people that a step is to concern."""
RARE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Fragmentation:
    """Hold how one person becomes several visitors."""

    name: str
    split: float
    """Share of people who are several visitors."""
    visitors: float
    """Mean number of visitors a person."""

    def draw(self, people: int, generator: np.random.Generator) -> Visitors:
        """Return the visitors of each person (people,)."""
        is_split = generator.random(people) < self.split
        beyond_two = (self.visitors - (1 - self.split)) / self.split - 2
        rest = generator.geometric(1 / (1 + beyond_two), people) - 1
        visitors: Visitors = np.where(is_split, 2 + rest, 1)
        return visitors


# 35 drawn people: 61 visitors with recognition, 129 without; the upper ends of the intervals of
# the shares, with as many visitors more.
MEASURED: Final = (
    Fragmentation("with recognition", 0.43, 61 / 35),
    Fragmentation("with recognition, upper end", 0.60, 61 / 35 * 0.60 / 0.43),
    Fragmentation("without recognition", 0.97, 129 / 35),
    Fragmentation("without recognition, upper end", 0.999, 129 / 35 * 1.03),
)


def fewest_visitors(
    fragmentation: Fragmentation,
    steps: int,
    seed: int,
) -> Visitors:
    """Return how many visitors nine people were (steps,): a step of no more has a tenth."""
    generator = np.random.default_rng(seed)
    people = fragmentation.draw(steps * (PEOPLE - 1), generator)
    visitors: Visitors = people.reshape(steps, PEOPLE - 1).sum(axis=1)
    return visitors


def short_steps(visitors: Visitors, k_anonymity: int) -> int:
    """Return the number of steps with too few people if each has so many visitors."""
    return int((visitors >= k_anonymity).sum())


def upper_end(count: int, of: int) -> float:
    """Return the upper end of the 95 % interval (Clopper and Pearson) of a rate."""
    return float(binomtest(count, of).proportion_ci().high)


def least_k(visitors: Visitors) -> int:
    """Return the smallest k of which the upper end of the rate is below one in a thousand."""
    k_anonymity = PEOPLE
    while upper_end(short_steps(visitors, k_anonymity), len(visitors)) >= RARE:
        k_anonymity += 1
    return k_anonymity


def print_known(console: Console, seeds: Sequence[int]) -> None:
    """Run scenarios and print how many steps were judged, and how many broke the rule."""
    steps = 0
    breaches = []
    for seed in track(seeds, "scenarios", console=console):
        scenario = Scenario(seed)
        try:
            scenario.run()
        except Breach as breach:
            breaches.append(f"seed {seed}: {breach}")
        steps += scenario.reader.steps
    console.print(
        f"{len(seeds)} scenarios, {steps} steps that concern people: "
        f"{len(breaches)} scenarios with fewer known people than k"
    )
    for line in breaches[:10]:
        console.print(line)


def print_true(console: Console, steps: int) -> None:
    """Print how often a step has too few true people, and which k makes that rare."""
    table = Table(
        "visitors are", "steps of k = 10 with < 10 people", "k for < 1 in 1,000"
    )
    for seed, fragmentation in enumerate(MEASURED):
        visitors = fewest_visitors(fragmentation, steps, seed)
        count = short_steps(visitors, PEOPLE)
        interval = binomtest(count, steps).proportion_ci()
        rate = f"{count / steps:.1%} ({interval.low:.1%}–{interval.high:.1%})"
        table.add_row(fragmentation.name, rate, str(least_k(visitors)))
    console.print(table)


@click.command()
@click.option("--scenarios", default=10_000, show_default=True)
@click.option(
    "--first", default=0, show_default=True, help="Seed of the first scenario."
)
@click.option("--steps", default=100_000, show_default=True, help="Of true people.")
def main(scenarios: int, first: int, steps: int) -> None:
    """Print whether the release holds."""
    console = Console()
    print_true(console, steps)
    print_known(console, range(first, first + scenarios))


if __name__ == "__main__":
    main()
