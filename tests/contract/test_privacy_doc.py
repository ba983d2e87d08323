"""docs/privacy.md says for how long analytics keeps ids: as the code has it."""

from __future__ import annotations

from tests.brokers import ROOT
from vitrine.campaigns.advance import DAY_NS
from vitrine.clock import SECOND_NS
from vitrine.services.analytics.settings import AnalyticsSettings

PAGE = (ROOT / "docs" / "privacy.md").read_text()
HOUR_NS = 3600 * SECOND_NS


def kept_for(what: str) -> str:
    """Return the last column of the line of the table that begins so."""
    (line,) = (one for one in PAGE.splitlines() if one.startswith(f"| {what}"))
    return line.split(" | ")[-1]


def test_events_and_rows_are_kept_for_as_long_as_the_page_says() -> None:
    horizon_ns = AnalyticsSettings().rules().horizon_ns
    events = kept_for("what late events may still change")
    assert events.startswith(f"{horizon_ns // HOUR_NS} h")
    rows = kept_for("the visitors of each five minutes")
    assert rows.startswith(f"{(horizon_ns + DAY_NS) // HOUR_NS} h")
