"""How often the interval of a reaction holds the truth, on simulated campaigns.

    python -m benchmarks.reaction [--campaigns 1000]

The watchers of one step are alike: each step has a share of its own (beta), around the true one.
"""

from __future__ import annotations

import itertools

import click
import numpy as np
from rich.table import Table

from vitrine.effects.shares import share
from vitrine.terminal import console

SHARES = (0.01, 0.05, 0.2)
STEPS = (20, 40, 100, 400)
ALIKE = (0.0, 0.05, 0.2)
# Of a step: at least the visitors that a release takes, and up to four plays each.
WATCHERS = (15, 60)


def covered(
    truth: float,
    *,
    steps: int,
    alike: float,
    campaigns: int,
    seed: int = 1,
) -> float:
    """Return the share of campaigns whose interval holds the truth."""
    chance = np.random.default_rng(seed)
    held = 0
    for _ in range(campaigns):
        watchers = chance.integers(*WATCHERS, steps, endpoint=True)
        shares = np.full(steps, truth)
        if alike:
            strength = 1 / alike - 1
            shares = chance.beta(truth * strength, (1 - truth) * strength, steps)
        reacted = chance.binomial(watchers, shares)
        groups = list(zip(watchers.tolist(), reacted.tolist(), strict=True))
        found = share(groups)
        held += found is not None and found.lower <= truth <= found.upper
    return held / campaigns


@click.command()
@click.option("--campaigns", default=1000, show_default=True, help="Of each cell.")
def main(campaigns: int) -> None:
    """Print a table: the share of intervals that hold the truth."""
    table = Table("reaction", "alike", *(f"{steps} steps" for steps in STEPS))
    for truth, alike in itertools.product(SHARES, ALIKE):
        cells = []
        for steps in STEPS:
            held = covered(truth, steps=steps, alike=alike, campaigns=campaigns)
            cells.append(f"{held:.1%}")
        table.add_row(f"{truth:.0%}", f"{alike:g}", *cells)
    console().print(table)


if __name__ == "__main__":
    main()
