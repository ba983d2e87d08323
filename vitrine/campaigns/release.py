"""Release of figures: what may be read of a campaign at a stand advances by k people or not at all.

docs/metrics.md, "Release", has the rule and why no difference of two values concerns fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vitrine.campaigns.ledger import (
    IMPERSONAL,
    Account,
    Increment,
    Ledger,
    has_any,
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
        return
    for visitor in lost:
        change.count_released((cell.line, visitor), -1)
    for visitor in gained:
        change.count_released((cell.line, visitor), 1)
    if old is not None:
        change.renamed[cell.line] |= gained
        if lost - change.known_ledger(cell.line).held:
            # Fewer names than before: two are one, who may have been in the row already.
            change.merged[cell.line] |= gained if len(gained) >= len(lost) else after
    # While figures are rebuilt, rows come back whose people are in the reach of before.
    elif start_ns >= change.stand.floor.rebuilt_ns:
        change.late_people[cell.line] |= gained


def follow_names(change: Change) -> None:
    """Bring who waits for the reach up to date with changes of released rows.

    A row that is revised adds nobody: who is in it now may be somebody of before under another
    name. Only who comes with a new row, as with a play that was late, is somebody new.
    """
    for line in sorted(change.lost.keys() | change.late_people.keys()):
        stand = change.stand
        gone = set()
        for visitor in change.lost.get(line, ()):
            reached = (line, visitor)
            if stand.rows_released(reached) and not change.rows_released(reached):
                gone.add(visitor)
        ledger = change.ledger(line)
        # Where several got other names, a new one may be that of somebody in the reach.
        others = change.lost.get(line, set()) - ledger.held
        # Who waits, and turns out to be somebody of the reach, is nobody new.
        ledger.held -= change.merged.get(line, set())
        waited = gone & ledger.held
        ledger.held -= waited
        renamed = change.renamed.get(line, set())
        names = appeared(change, line, renamed)[len(others) :]
        ledger.held.update(names[: len(waited)])
        late = change.late_people.get(line, set()) - renamed
        ledger.held.update(appeared(change, line, late))


def appeared(
    change: Change,
    line: str,
    visitors: Iterable[Visitor],
) -> list[Visitor]:
    """Return those whom released rows count now and did not before the change, in order."""
    found = []
    ledger = change.known_ledger(line)
    for visitor in sorted(visitors):
        reached = (line, visitor)
        if change.stand.rows_released(reached) or not change.rows_released(reached):
            continue
        if is_open(ledger, visitor):
            found.append(visitor)
    return found


def is_open(ledger: Ledger, visitor: Visitor) -> bool:
    """Tell whether a visitor may be new to the reach, as far as rows that are gone say."""
    day, _ = visitor
    return day > ledger.rebuilt_day and visitor not in ledger.known


def release_people(
    change: Change,
    lines: Iterable[str],
    until_ns: int,
) -> None:
    """Release what waits of each `Cell.line` in one step, if it concerns enough people.

    Each creative that goes concerns at least as many different visitors as the change's
    `k_anonymity`, of whom no row is released; one with fewer stays back. All windows that start
    before `until_ns` have closed. The same visitor on two local days is two: across days nobody is
    followed.
    """
    for line in sorted(lines):
        ledger = change.ledger(line)
        going = [
            creative_id
            for creative_id, account in sorted(ledger.accounts.items())
            if len(account.people) >= change.k_anonymity
        ]
        if not going:
            continue
        met: set[Visitor] = set()
        for creative_id in going:
            account = ledger.accounts[creative_id]
            met.update(account.people)
        ledger.held |= new_visitors(change, line, ledger, met)
        for creative_id in going:
            cell = cell_in(line, creative_id, change.stand.stand_id)
            account = ledger.accounts[creative_id]
            take_rows(change, cell, account, until_ns)
            risen = account.take_waiting(change.k_anonymity)
            change.decided.totals.append((cell, risen))
        ledger.known = {one for one in ledger.known if ledger.waits_for(one)}
        if len(ledger.held) >= change.k_anonymity:
            change.decided.reach[line] += len(ledger.held)
            ledger.reach += len(ledger.held)
            ledger.held = set()


def new_visitors(
    change: Change,
    line: str,
    ledger: Ledger,
    met: Iterable[Visitor],
) -> set[Visitor]:
    """Return those whom no released row counts yet."""
    return {
        visitor
        for visitor in met
        if is_open(ledger, visitor) and not change.rows_released((line, visitor))
    }


def take_rows(
    change: Change,
    cell: Cell,
    account: Account,
    until_ns: int,
) -> None:
    """Count the rows of an account that waited as released: from now on they add nobody."""
    size_ns = change.stand.rules.window_ns
    first_ns = max(account.until_ns, account.waiting.start_ns)
    account.until_ns = max(account.until_ns, until_ns)
    for start_ns in range(first_ns, account.until_ns, size_ns):
        row = change.row(start_ns, cell)
        for visitor in visitors_of(row):
            change.count_released((cell.line, visitor), 1)
    account.people.clear()


def release_plays(change: Change) -> None:
    """Release what concerns nobody, of all campaigns."""
    stand = change.stand
    for line in sorted(stand.ledgers.keys() | change.ledgers.keys()):
        accounts = change.known_ledger(line).accounts
        waiting = [
            name for name, one in accounts.items() if has_any(IMPERSONAL, one.plays)
        ]
        for creative_id in sorted(waiting):
            account = change.ledger(line).account(creative_id)
            cell = cell_in(line, creative_id, stand.stand_id)
            change.decided.totals.append((cell, account.take_plays()))


def hour_passed(before_ns: int, now_ns: int) -> bool:
    """Tell whether a full hour lies between two moments."""
    return now_ns // HOUR_NS > before_ns // HOUR_NS


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
        if account is None or start_ns >= account.until_ns:
            continue
        for visitor in visitors_of(change.row(start_ns, cell)):
            change.count_released((line, visitor), -1)
            counted = change.rows_released((line, visitor))
            if not counted and ledger.waits_for(visitor):
                change.ledger(line).known.add(visitor)
