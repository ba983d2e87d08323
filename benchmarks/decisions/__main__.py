"""Print whether a month of decisions keeps shares, caps and hours, and logs true probabilities.

python -m benchmarks.decisions [--days 30] [--stands 20] [--seed 1]

Exits 1 when something does not hold.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import click

from benchmarks.decisions.audit import SHARES, Findings, audit
from benchmarks.decisions.scenario import mall_of
from benchmarks.decisions.simulation import simulate
from vitrine.programme.blocks import BLOCK


def run(days: int, stands: int, seed: int, processes: int = 1) -> Findings:
    """Return what an audit finds in so many days at so many stands."""
    findings = Findings()
    one = partial(_of_stand, days=days, stands=stands, seed=seed)
    with ProcessPoolExecutor(processes) as pool:
        for found in pool.map(one, range(stands)):
            findings.add(found)
    return findings


def _of_stand(number: int, days: int, stands: int, seed: int) -> Findings:
    mall = mall_of(stands)
    stand = mall.stands[number]
    findings = Findings()
    audit(simulate(mall, stand, days, seed), stand.time_zone, findings)
    return findings


@click.command()
@click.option("--days", default=30, show_default=True)
@click.option("--stands", default=20, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--processes", default=1, show_default=True)
def main(days: int, stands: int, seed: int, processes: int) -> None:
    """Simulate, audit and print."""
    begin_s = time.perf_counter()
    found = run(days, stands, seed, processes)
    took_s = time.perf_counter() - begin_s
    print(f"{days} days, {stands} stands, {found.plays:,} plays in {took_s:.0f} s")
    print(f"of these {found.responses:,} responses, {found.cuts:,} cuts short")
    guessed = found.guessed / found.rotation
    print(f"the likeliest creative is the next one: {guessed:.1%} of the rotation")
    print("| campaign | plays | by share | furthest from it | deviations |")
    print("|---|---|---|---|---|")
    for name in SHARES:
        print(
            f"| {name} | {found.counts[name]:,} | {found.expected[name]:,.1f} "
            f"| {found.furthest[name]:.1f} of {BLOCK} | {found.deviations[name]:.1f} |"
        )
    problems = found.problems()
    for problem in problems:
        print(f"NOT HELD: {problem}")
    if not problems:
        print("all held: shares, hours, blackout, caps, competitors, plain slots, cuts")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
