"""Queries over the chosen time, on a real Prometheus that holds made-up days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.deploy.dashboards import VALUES, panel_queries
from tests.deploy.label_proxy import filled_prometheus

pytestmark = [pytest.mark.prometheus]

LABELS = 'advertiser="acme",campaign="spring",creative="shoe",stand="north",synthetic="false"'
OFFSET = 'advertiser="acme",campaign="spring",stand="north"'
# Monday; the stand's clock is an hour ahead.
DAY = datetime(2027, 3, 1, tzinfo=UTC)
# Minute of the day (UTC) → what has been released since the campaign began.
RELEASED = {0: 0, 10 * 60 + 20: 12, 10 * 60 + 50: 25, 23 * 60 + 40: 40}
QUERIES = {
    query.panel: query.expression
    for query in panel_queries()
    if query.dashboard == "campaign" and query.ref_id == "A"
}


def series() -> str:
    """Return two days of a counter, a sample a minute, and of the offset of the clock."""
    lines = ["# TYPE vitrine_campaign_ots counter"]
    value = 0
    start_s = int(DAY.timestamp())
    minutes = range(2 * 24 * 60)
    for minute in minutes:
        value = RELEASED.get(minute, value)
        at_s = start_s + 60 * minute
        lines.append(f"vitrine_campaign_ots_total{{{LABELS}}} {value} {at_s}")
    lines.append("# TYPE vitrine_campaign_utc_offset_seconds gauge")
    for minute in minutes:
        at_s = start_s + 60 * minute
        lines.append(
            f"vitrine_campaign_utc_offset_seconds{{{OFFSET}}} 3600 {at_s}",
        )
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def address(promtool: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("days") / "prometheus"
    with filled_prometheus(folder, series()) as found:
        yield found


def ask(
    address: str,
    expression: str,
    hour: float,
    span: str,
) -> list[dict[str, Any]]:
    """Return what a panel shows of the span before an hour of the first day."""
    chosen = expression.replace(VALUES["$__range"], span)
    parameters = {
        "query": chosen,
        "time": str(DAY.timestamp() + 3600 * hour),
    }
    answer = httpx.get(f"{address}/api/v1/query", params=parameters, timeout=20).json()
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found


@pytest.mark.parametrize(
    ("hour", "span", "released"),
    [
        (24, "24h", 40),
        (12, "12h", 25),
        (12, "90m", 13),
        (20, "2h", 0),
        # Before the campaign began there is nothing.
        (24, "7d", 40),
    ],
)
def test_a_figure_is_what_was_released_in_the_chosen_time_exactly(
    address: str, hour: float, span: str, released: float
) -> None:
    (found,) = ask(address, QUERIES["Face OTS (≥)"], hour, span)

    assert float(found["value"][1]) == released


def test_hours_of_the_week_go_by_the_clock_of_the_stand(address: str) -> None:
    week = QUERIES["Opportunities to see by hour of the week"]
    counted = {}
    for cell in ask(address, week, 30, "30h"):
        place = (cell["metric"]["day"], cell["metric"]["hour"])
        counted[place] = float(cell["value"][1])
    nonzero = {place: value for place, value in counted.items() if value}

    # 10:20 and 10:50 UTC are 11 o'clock on Monday; 23:40 is past midnight, on Tuesday.
    assert nonzero == {("1", "11"): 25, ("2", "0"): 15}
    # Each hour is there, the first and the last in part.
    assert len(counted) == 31
