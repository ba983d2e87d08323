"""Ledgers of the release as JSON: of each campaign at a stand, and what is released at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import from_json, to_json

from vitrine.campaigns.ledger import Account, Increment, Ledger
from vitrine.campaigns.slots import Redeemed, Step
from vitrine.campaigns.totals import Cell, Totals, Visitor, seconds_from


def ledger_to_json(ledger: Ledger) -> bytes:
    """Return a ledger as one line."""
    accounts = {}
    for creative_id, account in ledger.accounts.items():
        accounts[creative_id] = {
            "released": totals_to_plain(account.released),
            "waiting": totals_to_plain(account.waiting),
            "plays": totals_to_plain(account.plays),
            "people": counts_to_plain(account.people),
            "until": account.until_ns,
            "reached": account.reached_ns,
        }
    plain = {
        "accounts": accounts,
        "reach": ledger.reach,
        "held": counts_to_plain(ledger.held),
        "known": sorted(ledger.known),
        "slots": ledger.slots_ns,
        "rebuilt": ledger.rebuilt_day,
    }
    return to_json(plain)


def ledger_from_json(text: bytes) -> Ledger:
    """Return the reverse of `ledger_to_json`."""
    plain = from_json(text)
    ledger = Ledger(
        reach=plain["reach"],
        held=counts_from_plain(plain["held"]),
        known={(day, name) for day, name in plain["known"]},
        slots_ns=plain["slots"],
        rebuilt_day=plain["rebuilt"],
    )
    for creative_id, one in plain["accounts"].items():
        ledger.accounts[creative_id] = Account(
            released=totals_from_plain(one["released"]),
            waiting=totals_from_plain(one["waiting"]),
            plays=totals_from_plain(one["plays"]),
            people=counts_from_plain(one["people"]),
            until_ns=one["until"],
            reached_ns=one["reached"],
        )
    return ledger


def counts_to_plain(rows: Counter[Visitor]) -> list[tuple[str, str, int]]:
    """Return counts of rows for JSON."""
    return [(day, name, count) for (day, name), count in rows.items()]


def counts_from_plain(plain: Iterable[tuple[str, str, int]]) -> Counter[Visitor]:
    """Return the reverse of `counts_to_plain`."""
    return Counter({(day, name): count for day, name, count in plain})


def increment_to_json(increment: Increment) -> str:
    """Return an increment as one line."""
    totals = [[cell.to_plain(), totals_to_plain(one)] for cell, one in increment.totals]
    plain = {"totals": totals, "reach": increment.reach, "slots": increment.slots}
    return to_json(plain).decode()


def increment_from_json(text: str) -> Increment:
    """Return the reverse of `increment_to_json`."""
    plain = from_json(text)
    increment = Increment(reach=Counter(plain["reach"]))
    for names, one in plain["totals"]:
        increment.totals.append((Cell(*names), totals_from_plain(one)))
    for campaign_id, (from_ns, until_ns, goals) in plain["slots"].items():
        redeemed = [Redeemed(*goal) for goal in goals]
        increment.slots[campaign_id] = Step(from_ns, until_ns, redeemed)
    return increment


def totals_to_plain(totals: Totals) -> dict[str, Any]:
    """Return totals without visitors for JSON; sums that are 0 are left out."""
    sums = {name: amount for name, amount in totals.sums().items() if amount}
    return {
        "advertiser": totals.advertiser,
        "synthetic": totals.synthetic,
        "span": [totals.start_ns, totals.end_ns],
        "sums": sums,
        **totals.seconds(),
    }


def totals_from_plain(plain: Mapping[str, Any]) -> Totals:
    """Return the reverse of `totals_to_plain`."""
    start_ns, end_ns = plain["span"]
    return Totals(
        advertiser=plain["advertiser"],
        synthetic=plain["synthetic"],
        start_ns=start_ns,
        end_ns=end_ns,
        **plain["sums"],
        **seconds_from(plain),
    )
