"""Simulate malls whose truth is known: what learning gains, and how often intervals are right.

    python -m benchmarks.policy

Each play of a simulated campaign has a context (hour, people, how many of them look) and a reward
of 0 or 1, by a probability that depends on creative, context and slot: what happens in one slot of
five minutes has a common cause that nobody sees. Regret is told in points of that probability, so
that the luck of single rewards is no part of it. Each line is the mean over seeds, with the 95 %
interval of that mean.

`coverage` is how often the 95 % interval of a policy's value, estimated from the log of another
one, holds the truth. It has to be between 93 and 97 %.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from vitrine.clock import SECOND_NS
from vitrine.policy.context import features
from vitrine.policy.learned import Learned, Pool, pooled
from vitrine.policy.log import Log, log_of
from vitrine.policy.posterior import Sums
from vitrine.policy.thompson import drawn
from vitrine.policy.value import cross_fitted, mean_interval, robust_scores
from vitrine.programme.arms import uniform
from vitrine.schemas import SLOT_NS, ChoiceContext, Outcome

START_NS: Final = 1_800_000_000_000_000_000
PLAY_NS: Final = 50 * SECOND_NS
"""Time between two plays of the campaign: six in a slot."""
SLOT_PLAYS: Final = SLOT_NS // PLAY_NS
OPEN_HOUR: Final = 10
OPEN_HOURS: Final = 10
DAY_PLAYS: Final = OPEN_HOURS * 3600 * SECOND_NS // PLAY_NS
HOUR_PLAYS: Final = DAY_PLAYS // OPEN_HOURS

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """Hold how a reward comes about: log odds, by creative."""

    base: Mapping[str, float]
    evening: Mapping[str, float]
    """What the evening adds and the morning takes away."""
    slot_spread: float = 0.5
    """Standard deviation of what a slot adds for all creatives."""
    changed: Mapping[str, float] | None = None
    """`base` from the middle of the run on."""

    def probability(
        self,
        creative: str,
        context: ChoiceContext,
        slot_effect: float,
        *,
        late: bool,
    ) -> float:
        """Return the probability of a reward."""
        base = self.changed if late and self.changed else self.base
        evening = (context.hour - OPEN_HOUR) / OPEN_HOURS - 0.5
        odds = (
            base[creative]
            + 2 * self.evening[creative] * evening
            + 0.6 * (context.attending - 0.5)
            + slot_effect
        )
        return 1 / (1 + exp(-odds))


NO_EVENING: Final = dict.fromkeys("abcd", 0.0)
STEADY: Final = Truth(
    base={"a": -0.4, "b": -0.8, "c": -1.0, "d": -1.2}, evening=NO_EVENING
)
BY_HOUR: Final = Truth(
    base=dict.fromkeys("abcd", -0.9),
    evening={"a": 0.8, "b": -0.8, "c": 0.0, "d": 0.2},
)
CHANGING: Final = replace(STEADY, changed={"a": -1.4, "b": -0.8, "c": -1.0, "d": -0.4})
RARE: Final = Truth(
    base={"a": -3.5, "b": -4.2, "c": -4.2, "d": -4.2}, evening=NO_EVENING
)
ALIKE: Final = Truth(base=dict.fromkeys("abcd", -0.9), evening=NO_EVENING)


@dataclass(frozen=True)
class Moment:
    """Hold what happens at one play before a creative is chosen."""

    at_ns: int
    slot: int
    context: ChoiceContext
    probabilities: Mapping[str, float]
    """Of a reward, by creative."""


def moments(truth: Truth, plays: int, rng: np.random.Generator) -> list[Moment]:
    """Return the plays of a run, in order: days of ten hours."""
    found = []
    slot_effect = 0.0
    for number in range(plays):
        day, within = divmod(number, DAY_PLAYS)
        if within % SLOT_PLAYS == 0:
            slot_effect = float(rng.normal(0, truth.slot_spread))
        at_ns = START_NS + day * 24 * 3600 * SECOND_NS + within * PLAY_NS
        people = 1 + int(rng.poisson(1.0))
        attending = int(rng.binomial(people, 0.5))
        context = ChoiceContext(
            hour=round(OPEN_HOUR + within / HOUR_PLAYS, 2),
            people=people,
            attending=round(attending / people, 4),
        )
        late = number >= plays // 2
        probabilities = {
            creative: truth.probability(creative, context, slot_effect, late=late)
            for creative in truth.base
        }
        slot = number // SLOT_PLAYS
        found.append(Moment(at_ns, slot, context, probabilities))
    return found


@dataclass(frozen=True)
class Run:
    """Hold a run of the learning policy."""

    moments: Sequence[Moment]
    outcomes: Sequence[Outcome]
    learned: Learned

    def by_learning(self, first: int = 0) -> float:
        """Return the mean probability of a reward, as the policy chose, from a play on."""
        pairs = zip(self.moments[first:], self.outcomes[first:], strict=True)
        chosen = [moment.probabilities[one.creative_id] for moment, one in pairs]
        return float(np.mean(chosen))

    def by_rotation(self, first: int = 0) -> float:
        """Return the same with all creatives alike."""
        means = [np.mean(list(m.probabilities.values())) for m in self.moments[first:]]
        return float(np.mean(means))

    def by_best_fixed(self, first: int = 0) -> float:
        """Return the same of the one creative that is best over all these plays."""
        rows = [list(moment.probabilities.values()) for moment in self.moments[first:]]
        return float(np.mean(rows, axis=0).max())

    def by_best(self, first: int = 0) -> float:
        """Return the same of the best creative of each play."""
        best = [max(moment.probabilities.values()) for moment in self.moments[first:]]
        return float(np.mean(best))


def learning(
    truth: Truth,
    plays: int,
    seed: int,
    *,
    delay_plays: int = 0,
    pool: Pool | None = None,
) -> Run:
    """Run the policy at one stand; each reward is known so many plays later."""
    rng = np.random.default_rng(seed)
    run = moments(truth, plays, rng)
    learned = Learned(goal="touch")
    waiting: deque[Outcome] = deque()
    outcomes = []
    for number, moment in enumerate(run):
        known = features(moment.context)
        shares = learned.probabilities(truth.base, known, pool or {})
        creative = drawn(shares, uniform("simulated", seed, number))
        reward = float(rng.random() < moment.probabilities[creative])
        outcome = outcome_of(moment, number, creative, shares, reward)
        outcomes.append(outcome)
        waiting.append(outcome)
        if len(waiting) > delay_plays:
            due = waiting.popleft()
            learned.learn(
                due.creative_id, features(due.context), due.reward, due.end_ns
            )
    return Run(run, outcomes, learned)


def outcome_of(
    moment: Moment,
    number: int,
    creative: str,
    shares: Mapping[str, float],
    reward: float,
) -> Outcome:
    """Return the record of a play."""
    return Outcome(
        play_id=f"p.{number}",
        stand_id="north",
        campaign_id="simulated",
        creative_id=creative,
        choose="learn",
        arm="adaptive",
        slot_ns=START_NS + moment.slot * SLOT_NS,
        goal="touch",
        context=moment.context,
        probabilities=dict(shares),
        decided_ns=moment.at_ns,
        end_ns=moment.at_ns + 8 * SECOND_NS,
        reward=reward,
        config_version="simulated",
    )


@dataclass(frozen=True)
class Figure:
    """Hold a mean over seeds and the 95 % interval of it, in percentage points."""

    mean: float
    half: float

    def __str__(self) -> str:
        return f"{self.mean:+.2f} ± {self.half:.2f}"


def over_seeds(values: Sequence[float]) -> Figure:
    """Return the mean of values, one for each seed."""
    points = 100 * np.asarray(values)
    interval = mean_interval(points, np.arange(len(points)))
    return Figure(interval.value, interval.upper - interval.value)


def regret_row(name: str, runs: Sequence[Run], first: int = 0) -> tuple[str, ...]:
    """Return a line of the table of regrets, of the plays from `first` on."""
    rotation = [run.by_rotation(first) - run.by_learning(first) for run in runs]
    fixed = [run.by_best_fixed(first) - run.by_learning(first) for run in runs]
    best = [run.by_best(first) - run.by_learning(first) for run in runs]
    reward = [run.by_learning(first) for run in runs]
    figures = [over_seeds(values) for values in (rotation, fixed, best)]
    return (
        name,
        f"{100 * np.mean(reward):.1f}",
        *(str(figure) for figure in figures),
    )


# Coverage


Simulated = Callable[[int], Log]


def rotated_log(truth: Truth, plays: int, seed: int) -> Log:
    """Return a log of the rotation."""
    rng = np.random.default_rng(seed)
    run = moments(truth, plays, rng)
    names = list(truth.base)
    shares = dict.fromkeys(names, 1 / len(names))
    outcomes = []
    for number, moment in enumerate(run):
        creative = names[int(rng.integers(len(names)))]
        reward = float(rng.random() < moment.probabilities[creative])
        outcomes.append(outcome_of(moment, number, creative, shares, reward))
    return log_of(outcomes)


def learned_log(truth: Truth, plays: int, seed: int) -> Log:
    """Return a log of the learning policy."""
    return log_of(learning(truth, plays, seed).outcomes)


def always_a(_hour: float) -> Mapping[str, float]:
    """Return the shares of a policy that shows one creative."""
    return {"a": 1.0}


def mostly_a(_hour: float) -> Mapping[str, float]:
    """Return the shares of a mixture."""
    return {"a": 0.75, "b": 0.25}


def by_hour(hour: float) -> Mapping[str, float]:
    """Return the shares of a policy that follows the context."""
    return {"b": 1.0} if hour < 15 else {"a": 1.0}


Policy = Callable[[float], Mapping[str, float]]
POLICIES: Final[Mapping[str, Policy]] = {
    "always a": always_a,
    "3 a : 1 b": mostly_a,
    "b, from 15 h on a": by_hour,
}
"""Policies to value: the hour → the shares of creatives."""


def target(log: Log, policy: Policy) -> Numbers:
    """Return (n, k) the shares of a policy at the choices of a log."""
    rows = np.zeros_like(log.probabilities)
    for row, outcome in enumerate(log.outcomes):
        for creative, share in policy(outcome.context.hour).items():
            rows[row, log.creatives.index(creative)] = share
    return rows


def truths(truth: Truth, plays: int, runs: int = 200) -> dict[str, float]:
    """Return the true value of each policy, over many runs of so many plays."""
    values: dict[str, list[float]] = {name: [] for name in POLICIES}
    for seed in range(runs):
        rng = np.random.default_rng(1_000_000 + seed)
        for moment in moments(truth, plays, rng):
            for name, policy in POLICIES.items():
                value = 0.0
                for creative, share in policy(moment.context.hour).items():
                    value += share * moment.probabilities[creative]
                values[name].append(value)
    return {name: float(np.mean(found)) for name, found in values.items()}


def covered(
    simulated: Simulated,
    true: Mapping[str, float],
    repeats: int,
) -> dict[str, list[tuple[bool, bool, float, float]]]:
    """Return for each policy and repetition: robust and weighted covered, and their widths."""
    found: dict[str, list[tuple[bool, bool, float, float]]] = {}
    for seed in range(repeats):
        log = simulated(seed)
        model = cross_fitted(log)
        nothing = np.zeros_like(model)
        for name, policy in POLICIES.items():
            shares = target(log, policy)
            robust = mean_interval(robust_scores(log, shares, model), log.slots)
            weighted = mean_interval(robust_scores(log, shares, nothing), log.slots)
            value = true[name]
            line = (
                robust.lower <= value <= robust.upper,
                weighted.lower <= value <= weighted.upper,
                robust.upper - robust.lower,
                weighted.upper - weighted.lower,
            )
            found.setdefault(name, []).append(line)
    return found


def sharing(seeds: int, plays: int, *, alike: bool) -> tuple[list[Run], list[Run]]:
    """Return runs of a new stand, alone and with what three others have learned.

    The others are of the same taste, or of the opposite one.
    """
    opposite = replace(STEADY, base={"a": -1.2, "b": -1.0, "c": -0.8, "d": -0.4})
    taste = STEADY if alike else opposite
    alone = []
    together = []
    for seed in range(seeds):
        others = [learning(taste, 500, 7_000 + 10 * seed + n).learned for n in range(3)]
        pool: dict[str, Sums] = pooled(others, START_NS)
        alone.append(learning(STEADY, plays, seed))
        together.append(learning(STEADY, plays, seed, pool=pool))
    return alone, together


def print_regrets(screen: Console, seeds: int, plays: int) -> None:
    """Print what the policy loses and gains."""
    table = Table(title=f"regret, points a play: {plays} plays, {seeds} seeds")
    for heading in (
        "truth",
        "reward %",
        "against the rotation",
        "against the best fixed",
        "against the best in context",
    ):
        table.add_column(heading)
    two_hours = 2 * HOUR_PLAYS
    cases: tuple[tuple[str, Truth, int], ...] = (
        ("one is best", STEADY, 0),
        ("the hour decides", BY_HOUR, 0),
        ("all alike", ALIKE, 0),
        ("the best one changes half-way", CHANGING, 0),
        ("one is best, rewards two hours late", STEADY, two_hours),
        ("rewards are rare", RARE, 0),
    )
    for name, truth, delay in cases:
        runs = [
            learning(truth, plays, seed, delay_plays=delay) for seed in range(seeds)
        ]
        table.add_row(*regret_row(name, runs))
        if truth is CHANGING:
            last = plays * 3 // 4
            table.add_row(*regret_row("… its last quarter", runs, last))
    early = 150
    for name, alike in (("others alike", True), ("others opposite", False)):
        alone, together = sharing(seeds, early, alike=alike)
        if alike:
            table.add_row(*regret_row(f"first {early} plays, alone", alone))
        table.add_row(*regret_row(f"first {early} plays, {name}", together))
    screen.print(table)


def print_coverage(
    screen: Console,
    rotated: int,
    learned: int,
    plays: int,
) -> None:
    """Print how often intervals hold the truth, of so many logs of each kind."""
    table = Table(title=f"coverage of 95 % intervals, {plays} plays a log")
    for heading in (
        "log",
        "logs",
        "policy",
        "doubly robust",
        "width",
        "IPS",
        "IPS width",
    ):
        table.add_column(heading)
    logs: tuple[tuple[str, Truth, Callable[[Truth, int, int], Log]], ...] = (
        ("rotation, one is best", STEADY, rotated_log),
        ("rotation, the hour decides", BY_HOUR, rotated_log),
        ("learning, one is best", STEADY, learned_log),
    )
    for name, truth, make in logs:
        true = truths(truth, plays)

        def simulated(
            seed: int,
            truth: Truth = truth,
            make: Callable[[Truth, int, int], Log] = make,
        ) -> Log:
            return make(truth, plays, seed)

        repeats = learned if make is learned_log else rotated
        for policy, lines in covered(simulated, true, repeats).items():
            robust, weighted, width, weighted_width = np.mean(lines, axis=0)
            table.add_row(
                name,
                f"{repeats:,}",
                policy,
                f"{100 * robust:.1f} %",
                f"{100 * width:.1f}",
                f"{100 * weighted:.1f} %",
                f"{100 * weighted_width:.1f}",
            )
    screen.print(table)


def main() -> None:
    """Print regrets and coverage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--plays", type=int, default=2000)
    parser.add_argument("--rotated", type=int, default=500, help="logs of the rotation")
    parser.add_argument("--learned", type=int, default=600, help="logs of learning")
    parser.add_argument("--logged", type=int, default=600, help="plays of a log")
    arguments = parser.parse_args()
    screen = Console(width=140)
    began = time.perf_counter()
    print_regrets(screen, arguments.seeds, arguments.plays)
    print_coverage(
        screen,
        arguments.rotated,
        arguments.learned,
        arguments.logged,
    )
    screen.print(f"took {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
