"""Release of figures: what may be read of a campaign at a stand advances by k people or not at all.

docs/metrics.md, "Release", has the rule and why no difference of two values concerns fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from zlib import crc32

from vitrine.campaigns.ledger import (
    IMPERSONAL,
    Account,
    Increment,
    Ledger,
    has_any,
    rename,
)
from vitrine.campaigns.rows import Row
from vitrine.campaigns.stand import Change, visitors_of
from vitrine.campaigns.totals import (
    Cell,
    Totals,
    Visitor,
    campaign_of,
    cell_in,
    origin_of,
)
from vitrine.clock import SECOND_NS
from vitrine.schemas import CampaignRelease, ReleasedCreative

HOUR_NS: Final = 3600 * SECOND_NS


def note_row(
    change: Change,
    start_ns: int,
    cell: Cell,
    old: Row | None,
    new: Row,
    added: Totals,
) -> None:
    """Let what waits of a campaign follow a new row or a revision, which `added` so much."""
    account = change.ledger(cell.line).account(cell.creative_id)
    account.add(added)
    before = visitors_of(old)
    after = visitors_of(new)
    lost = before - after
    gained = after - before
    change.lost[cell.line] |= lost
    if start_ns >= account.until_ns:
        account.rename(lost, gained)
    elif start_ns >= account.reached_ns:
        rename(change.ledger(cell.line).held, lost, gained)
    else:
        count_reached(change, cell.line, lost, -1)
        count_reached(change, cell.line, gained, 1)


def count_reached(
    change: Change,
    line: str,
    visitors: Iterable[Visitor],
    rows: int,
) -> None:
    """Note that so many more rows of the reach count each visitor."""
    for visitor in visitors:
        change.reached_rows[line, visitor] += rows


def release_people(
    change: Change,
    lines: Iterable[str],
    until_ns: int,
) -> None:
    """Release what waits of each `Cell.line` in one step, if it concerns enough people.

    Each creative that goes concerns at least as many different people as the change's
    `k_anonymity`, of whom no row is released; one with fewer stays back. All windows that start
    before `until_ns` have closed.
    """
    for line in sorted(lines):
        ledger = change.ledger(line)
        going = [
            creative_id
            for creative_id, account in sorted(ledger.accounts.items())
            if people_among(account.people) >= change.k_anonymity
        ]
        # While figures are rebuilt, rows that were released come back after others that wait.
        released_ns = [account.until_ns for account in ledger.accounts.values()]
        if not going or until_ns < max(released_ns):
            continue
        for creative_id in going:
            cell = cell_in(line, creative_id, change.stand.stand_id)
            account = ledger.accounts[creative_id]
            ledger.held.update(account.people)
            account.people.clear()
            account.until_ns = max(account.until_ns, until_ns)
            risen = account.take_waiting(change.k_anonymity)
            change.decided.totals.append((cell, risen))
        release_reach(change, line, ledger)


def release_reach(
    change: Change,
    line: str,
    ledger: Ledger,
) -> None:
    """Take all released rows that wait into the reach, if enough of their visitors are new.

    New is whom no row of the reach counts, by the names of now. From then on the rows themselves
    are in the reach: who gets another name in one of them is nobody new.
    """
    new = {visitor for visitor in ledger.held if is_new(change, line, ledger, visitor)}
    if people_among(new) < change.k_anonymity:
        return
    change.decided.reach[line] += len(new)
    ledger.reach += len(new)
    for creative_id, account in ledger.accounts.items():
        cell = cell_in(line, creative_id, change.stand.stand_id)
        take_rows(change, cell, account)
    known = ledger.known.union(ledger.held)
    ledger.held.clear()
    ledger.known = {
        visitor
        for visitor in known
        if ledger.waits_for(visitor) and not change.rows_reached((line, visitor))
    }


def is_new(
    change: Change,
    line: str,
    ledger: Ledger,
    visitor: Visitor,
) -> bool:
    """Tell whether nothing that is in the reach counts a visitor."""
    day, _ = visitor
    if day <= ledger.rebuilt_day or visitor in ledger.known:
        return False
    return change.rows_reached((line, visitor)) == 0


def people_among(visitors: Iterable[Visitor]) -> int:
    """Return the number of people; who stays past midnight is one, though a visitor of two days."""
    return len({name for _, name in visitors})


def take_rows(
    change: Change,
    cell: Cell,
    account: Account,
) -> None:
    """Count the released rows of an account as rows of the reach."""
    first_ns = account.released.start_ns
    if account.waiting.end_ns:
        # A row that came late may be the first one.
        first_ns = min(first_ns, account.waiting.start_ns)
    first_ns = max(first_ns, account.reached_ns)
    size_ns = change.stand.rules.window_ns
    for start_ns in range(first_ns, account.until_ns, size_ns):
        row = change.row(start_ns, cell)
        count_reached(change, cell.line, visitors_of(row), 1)
    account.reached_ns = account.until_ns


def release_plays(change: Change) -> None:
    """Release what concerns nobody, of all campaigns."""
    stand = change.stand
    for line in sorted(stand.ledgers.with_plays() | change.ledgers.keys()):
        accounts = change.known_ledger(line).accounts
        waiting = [
            name for name, one in accounts.items() if has_any(IMPERSONAL, one.plays)
        ]
        for creative_id in sorted(waiting):
            account = change.ledger(line).account(creative_id)
            cell = cell_in(line, creative_id, stand.stand_id)
            change.decided.totals.append((cell, account.take_plays()))


def forget_people(change: Change, until_ns: int) -> None:
    """Forget who waits of campaigns of which no window after a moment, long final, had anything.

    Their next step, if it ever comes, is of k others, and takes what those had done with it.
    """
    for line in sorted(change.stand.ledgers):
        # No `known_ledger`: it would have all of them in memory at once.
        ledger = change.ledgers.get(line) or change.stand.ledgers.draft(line)
        if ledger.last_ns() > until_ns:
            continue
        visitors = ledger.forget_people()
        if visitors:
            change.ledgers[line] = ledger
            change.forgotten += visitors


def hour_passed(
    stand_id: str,
    before_ns: int,
    now_ns: int,
) -> bool:
    """Tell whether an hour of a stand ends between two moments.

    Each stand has a minute of its own: plays of all at once would make one batch of the hour by
    far the largest.
    """
    minute_ns = crc32(stand_id.encode()) % 60 * 60 * SECOND_NS
    return (now_ns - minute_ns) // HOUR_NS > (before_ns - minute_ns) // HOUR_NS


def show(change: Change, *, ended: bool) -> None:
    """Let what the batch before has decided be read, once its records are durable.

    So what was read is always on the bus, and a crash repeats the same. At the end of the input
    what this batch decided is shown with it.
    """
    stand = change.stand
    change.shown = stand.decided
    if ended:
        change.shown = stand.decided.plus(change.decided)
        change.decided = Increment()
    for line in change.shown.lines():
        ledger = stand.ledgers.get(line, Ledger())
        if ended:
            ledger = change.known_ledger(line)
        change.records.append(record_of(stand.stand_id, line, ledger))


def record_of(
    stand_id: str,
    line: str,
    ledger: Ledger,
) -> CampaignRelease:
    """Return what is released of a campaign at a stand."""
    totals = []
    creatives = []
    for creative_id, account in sorted(ledger.accounts.items()):
        if not account.released.end_ns:
            continue
        totals.append(account.released)
        sums = account.released.sums()
        creative = ReleasedCreative(
            creative_id=creative_id,
            until_ns=account.until_ns,
            sums={name: amount for name, amount in sums.items() if amount},
            **account.released.seconds(),
        )
        creatives.append(creative)
    return CampaignRelease(
        campaign_id=campaign_of(line),
        advertiser=max((one.advertiser for one in totals), default=None),
        stand_id=stand_id,
        # Of a campaign that never came, only slots.
        start_ns=min((one.start_ns for one in totals), default=ledger.slots_ns),
        end_ns=max((one.end_ns for one in totals), default=ledger.slots_ns),
        synthetic=origin_of(line) == "synthetic",
        virtual=origin_of(line) == "virtual",
        reach=ledger.reach,
        slots_ns=ledger.slots_ns,
        creatives=tuple(creatives),
    )


def forget_rows(change: Change, start_ns: int) -> None:
    """Remember of final rows only who is in the reach already and waits under the same name."""
    for cell in change.stand.rows.of(start_ns):
        line = cell.line
        ledger = change.known_ledger(line)
        account = ledger.accounts.get(cell.creative_id)
        if account is None or start_ns >= account.reached_ns:
            continue
        visitors = visitors_of(change.row(start_ns, cell))
        count_reached(change, line, visitors, -1)
        for visitor in visitors:
            counted = change.rows_reached((line, visitor))
            if not counted and ledger.waits_for(visitor):
                change.ledger(line).known.add(visitor)
