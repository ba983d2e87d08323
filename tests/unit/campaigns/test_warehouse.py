"""The SQL of docs/examples on rows as `campaign-windows` has them → the totals of the store."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.campaign_scenario import random_day
from vitrine.campaigns.advance import advance
from vitrine.campaigns.stand import Rules, Stand
from vitrine.campaigns.totals import Totals
from vitrine.clock import SECOND_NS
from vitrine.schemas import CampaignWindow, Event

SQL = Path(__file__).parents[3] / "docs" / "examples" / "report.sql"
RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=86_400 * SECOND_NS,
    k_anonymity=1_000,
)


def rows_and_totals() -> tuple[list[CampaignWindow], dict[str, Totals]]:
    """Return what is published of half an hour, some of it late, and the exact totals."""
    stand = Stand("stand-0", RULES)
    events: list[Event] = random_day(7, seconds=1800, stands=1)
    late = events[10::10]
    in_time = [event for event in events if event not in late]
    rows: list[CampaignWindow] = []
    totals: dict[str, Totals] = {}
    for batch, ended in ((in_time, True), (late, True)):
        change = advance(stand, batch, "UTC", ended=ended)
        change.adopt()
        rows += change.published
        for cell, added in change.exact:
            before = totals.get(cell.campaign_id, Totals())
            totals[cell.campaign_id] = before.plus(added)
    return rows, totals


def test_the_sql_finds_the_totals_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, totals = rows_and_totals()
    lines = [row.to_json().decode() for row in rows]
    # A row that comes twice is the same revision twice.
    (tmp_path / "windows.jsonl").write_text("\n".join([*lines, *lines[:5]]))
    monkeypatch.chdir(tmp_path)

    found = duckdb.execute(SQL.read_text(encoding="utf-8")).fetchall()

    assert any(row.revision for row in rows)
    assert [line[0] for line in found] == sorted(totals)
    for name, plays, ots, watchers, conversion, attention_s, redeemed in found:
        expected = totals[name]
        assert (plays, ots, watchers) == (
            expected.plays,
            expected.ots,
            expected.watchers,
        )
        if expected.ots:
            assert conversion == pytest.approx(expected.watchers / expected.ots)
        else:
            assert conversion is None
        assert attention_s == pytest.approx(expected.attention_ns / SECOND_NS)
        assert redeemed == expected.offers_redeemed
