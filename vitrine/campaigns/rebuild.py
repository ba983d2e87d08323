"""Rebuild a stand whose figures were lost: from snapshots up to a floor, from events after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vitrine.campaigns.ledger import (
    IMPERSONAL,
    NOTHING,
    PERSONAL,
    Account,
    joined,
    released_cells,
    taken,
)
from vitrine.campaigns.slots import Waiting
from vitrine.campaigns.snapshots import latest, totals_of_cells
from vitrine.campaigns.stand import Change, Stand
from vitrine.campaigns.totals import (
    SUMS,
    Cell,
    Totals,
    cell_in,
    line_of,
    origin_told,
)
from vitrine.ids import local_day
from vitrine.schemas import CampaignRelease, ReleasedCreative, WindowSnapshot


@dataclass(frozen=True, slots=True)
class Past:
    """Hold what the bus has of the past of partitions."""

    stands: Mapping[int, Mapping[str, History]]
    """By partition."""
    releases: Sequence[CampaignRelease] = ()
    """All records of the release, also of other partitions: a plan is of the whole campaign."""


@dataclass(slots=True)
class History:
    """Hold what the bus has of the past of a stand."""

    snapshots: list[WindowSnapshot] = field(default_factory=list)
    """In the order in which they were written."""
    releases: dict[str, CampaignRelease] = field(default_factory=dict)
    """`Cell.line` → the last one."""

    def take(self, record: CampaignRelease) -> None:
        """Note a later record of what is released."""
        self.releases[line_told(record)] = record


def line_told(record: CampaignRelease) -> str:
    """Return the `Cell.line` that a record is of."""
    origin = origin_told(synthetic=record.synthetic, virtual=record.virtual)
    return line_of(record.campaign_id, origin)


def restore(
    stand: Stand,
    history: History,
    time_zone: str,
) -> Change:
    """Return what the past before the stand's floor adds to totals that are empty.

    Reach and slots are not among the exact ones: they rest on who the people were.
    Released figures are those of the last record: what was readable stays as it was.
    """
    change = Change(
        stand=stand,
        events=stand.events.draft(),
        open_windows=set(stand.open_windows),
        watermark_ns=stand.watermark_ns,
        closed_ns=stand.closed_ns,
        k_anonymity=stand.k_anonymity,
    )
    snapshots = latest(history.snapshots)
    final = [one for one in snapshots if one.start_ns < stand.floor.start_ns]
    exact = totals_of_cells(final)
    for record in history.releases.values():
        restore_ledger(change, record)
        for cell, unknown in forgotten(record, snapshots).items():
            exact[cell] = joined(SUMS, exact.get(cell, NOTHING), unknown)
    for cell, totals in exact.items():
        change.exact.append((cell, totals))
        change.ledger(cell.line).account(cell.creative_id).add(totals)
    # Also where nothing was released yet: who is behind the sums of snapshots is not known.
    floor_day = local_day(stand.floor.start_ns, time_zone)
    for ledger in change.ledgers.values():
        ledger.rebuilt_day = floor_day.isoformat()
    for cell, released in released_cells(stand.stand_id, change.ledgers):
        change.shown.totals.append((cell, released))
    change.write_ledgers()
    return change


def restore_ledger(change: Change, record: CampaignRelease) -> None:
    """Take in what was released of a campaign: as much less waits."""
    line = line_told(record)
    ledger = change.ledger(line)
    ledger.reach = record.reach
    ledger.slots_ns = record.slots_ns
    change.shown.reach[line] = record.reach
    change.slots.waiting[line] = Waiting(after_ns=record.slots_ns)
    for creative in record.creatives:
        released = totals_of_release(record, creative)
        ledger.accounts[creative.creative_id] = Account(
            released=released,
            waiting=taken(PERSONAL, released),
            plays=taken(IMPERSONAL, released),
            until_ns=creative.until_ns,
            # Who of them is in the reach is lost.
            reached_ns=creative.until_ns,
        )


def totals_of_release(record: CampaignRelease, creative: ReleasedCreative) -> Totals:
    """Return what was released of a creative."""
    sums: dict[str, Any] = dict(creative.sums)
    return Totals(
        present=creative.present,
        looking=creative.looking,
        reacting=creative.reacting,
        advertiser=record.advertiser or "",
        synthetic=record.synthetic,
        start_ns=record.start_ns,
        end_ns=record.end_ns,
        **sums,
    )


def forgotten(
    record: CampaignRelease, snapshots: Sequence[WindowSnapshot]
) -> Mapping[Cell, Totals]:
    """Return what was released of windows of which no snapshot is kept any more.

    Nobody knows more of them: their exact figures are the released ones.
    """
    oldest_ns = min((one.start_ns for one in snapshots), default=record.end_ns)
    if record.start_ns >= oldest_ns:
        return {}
    known = totals_of_cells(snapshots)
    found = {}
    for creative in record.creatives:
        cell = cell_in(line_told(record), creative.creative_id, record.stand_id)
        released = totals_of_release(record, creative)
        left = released.minus(known.get(cell, NOTHING))
        sums: dict[str, Any] = {
            name: max(0, amount) for name, amount in left.sums().items()
        }
        for name, counts in left.seconds().items():
            sums[name] = tuple(max(0, people) for people in counts)
        found[cell] = Totals(
            advertiser=released.advertiser,
            synthetic=released.synthetic,
            start_ns=record.start_ns,
            end_ns=oldest_ns,
            **sums,
        )
    return found
