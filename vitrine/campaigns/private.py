"""Differentially private release: of each final day of a stand a noisy number a figure, once.

docs/privacy.md, "Differentially private figures", has what this promises and what not.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from vitrine.campaigns.ledger import PERSONAL, joined, taken
from vitrine.campaigns.repeats import count_day
from vitrine.campaigns.stand import Change
from vitrine.campaigns.totals import SUMS, Cell, Totals, add_up
from vitrine.clock import SECOND_NS
from vitrine.mall.days import day_start_s

MOST_OTS: Final = 3
"""Opportunities of a visitor before a creative in a day that count; `repeats.MOST` classes."""


def noisy(count: int, scale: float) -> int:
    """Return a count with discrete Laplace noise of a scale."""
    import opendp.prelude as dp  # noqa: PLC0415 - an extra, and slow to load

    # Its proof was not vetted by others. The sampler is exact, without floating point.
    dp.enable_features("contrib")
    space = dp.atom_domain(T=int), dp.absolute_distance(T=int)
    found: int = dp.m.make_laplace(*space, scale=scale)(count)
    return found


def variance(scale: float) -> int:
    """Return the variance of that noise, rounded up: sums of variances are those of sums."""
    kept = math.exp(-1 / scale)
    return math.ceil(2 * kept / (1 - kept) ** 2)


def release_days(
    change: Change,
    days: Iterable[date],
    rows: Iterable[tuple[Cell, Totals]],
    time_zone: str,
) -> None:
    """Release what final days of a stand were, each once.

    Half of a day's budget is for the reach of campaigns, half for opportunities to see creatives.
    It is shared out by the creatives that were played, which is no secret.
    """
    half = change.stand.rules.epsilon / 2
    found = list(rows)
    for day in days:
        played = played_on(day, found, time_zone)
        lines: defaultdict[str, list[Cell]] = defaultdict(list)
        for cell in sorted(played):
            lines[cell.line].append(cell)
        start_ns = start_of(day, time_zone)
        end_ns = start_of(day + timedelta(days=1), time_zone)
        ots_scale = MOST_OTS * len(played) / half
        reach_scale = len(lines) / half
        for line, cells in lines.items():
            accounts = change.known_ledger(line).accounts.values()
            # Drawn before the store was lost, as the record on the bus says; or a part of the day
            # went out in steps.
            if any(account.until_ns > start_ns for account in accounts):
                continue
            for cell in cells:
                told = draw_creative(day, played[cell], cell, ots_scale)
                if cell == cells[0]:
                    told = replace(told, reach_noise=variance(reach_scale))
                take_day(change, cell, replace(told, end_ns=end_ns), day)
            several = [(cell, one) for cell in cells for one in played[cell]]
            draw_reach(change, day, several, line, reach_scale)


def start_of(day: date, time_zone: str) -> int:
    """Return when a local day begins."""
    return day_start_s(day, time_zone) * SECOND_NS


def played_on(
    day: date,
    rows: Iterable[tuple[Cell, Totals]],
    time_zone: str,
) -> dict[Cell, list[Totals]]:
    """Return the rows of a day of each cell with plays."""
    start_ns = start_of(day, time_zone)
    end_ns = start_of(day + timedelta(days=1), time_zone)
    found: defaultdict[Cell, list[Totals]] = defaultdict(list)
    for cell, totals in rows:
        if start_ns <= totals.start_ns < end_ns:
            found[cell].append(totals)
    return {
        cell: several
        for cell, several in found.items()
        if any(totals.plays for totals in several)
    }


def draw_creative(
    day: date,
    rows: Sequence[Totals],
    cell: Cell,
    scale: float,
) -> Totals:
    """Return what is told of a creative: of a visitor, three opportunities to see it at most."""
    exact = add_up(rows)
    classes = count_day(day, [(cell, one) for one in rows]).get(cell.line, Counter())
    ots = sum(number * visitors for number, visitors in classes.items())
    return Totals(
        advertiser=exact.advertiser,
        synthetic=exact.synthetic,
        start_ns=exact.start_ns,
        ots=max(0, noisy(ots, scale)),
        ots_noise=variance(scale),
        measured_plays=exact.plays,
        measured_ns=exact.screen_ns,
    )


def draw_reach(
    change: Change,
    day: date,
    rows: Iterable[tuple[Cell, Totals]],
    line: str,
    scale: float,
) -> None:
    """Release how many visitors a campaign reached in a day."""
    classes = count_day(day, rows).get(line, Counter())
    reach = max(0, noisy(sum(classes.values()), scale))
    change.decided.reach[line] += reach
    change.ledger(line).reach += reach


def take_day(
    change: Change,
    cell: Cell,
    told: Totals,
    day: date,
) -> None:
    """Note in the ledger what is released of a creative, and that the day was drawn."""
    account = change.ledger(cell.line).account(cell.creative_id)
    account.released = joined(SUMS, account.released, told)
    account.waiting = joined(PERSONAL, account.waiting, taken(PERSONAL, told))
    account.until_ns = told.end_ns
    account.reached_ns = told.end_ns
    for visitor in list(account.people):
        if visitor[0] <= day.isoformat():
            del account.people[visitor]
    change.decided.totals.append((cell, told))
