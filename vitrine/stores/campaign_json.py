"""Rows and what waits for release, as the JSON that the store keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vitrine.campaigns.rows import Row
from vitrine.campaigns.totals import Cell, Totals
from vitrine.schemas import CampaignWindow


def row_key(start_ns: int, cell: Cell) -> str:
    """Return the field of a row: the hash is of one stand."""
    return json.dumps([start_ns, cell.campaign_id, cell.creative_id])


def row_to_json(row: Row) -> str:
    """Return a row with its totals, here called `measure`, and the peak where it differs."""
    peak = None
    if row.peak != row.totals:
        peak = row.peak.to_plain()
    plain = {
        "window": row.window.model_dump(mode="json"),
        "measure": row.totals.to_plain(),
        "high": peak,
    }
    return json.dumps(plain)


def row_from_json(text: str) -> Row:
    """Return the reverse of `row_to_json`."""
    plain = json.loads(text)
    window = CampaignWindow.model_validate(plain["window"])
    labels = Totals(
        advertiser=window.advertiser,
        synthetic=window.synthetic,
        start_ns=window.start_ns,
        end_ns=window.end_ns,
    )
    totals = Totals.from_plain(plain["measure"], labels)
    peak = totals
    if plain["high"] is not None:
        peak = Totals.from_plain(plain["high"], labels)
    return Row(window, totals, peak)


def pending_to_plain(cell: Cell, totals: Totals) -> dict[str, Any]:
    """Return for JSON what a cell has waiting for release."""
    return {
        "cell": [cell.campaign_id, cell.creative_id],
        "advertiser": totals.advertiser,
        "synthetic": totals.synthetic,
        "span": [totals.start_ns, totals.end_ns],
        "measure": totals.to_plain(),
    }


def pending_from_plain(plain: Mapping[str, Any], stand_id: str) -> tuple[Cell, Totals]:
    """Return the reverse of `pending_to_plain`, after JSON."""
    campaign, creative = plain["cell"]
    start_ns, end_ns = plain["span"]
    labels = Totals(
        advertiser=plain["advertiser"],
        synthetic=plain["synthetic"],
        start_ns=start_ns,
        end_ns=end_ns,
    )
    totals = Totals.from_plain(plain["measure"], labels)
    return Cell(campaign, creative, stand_id), totals
