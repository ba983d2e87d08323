"""Attention within a creative: counts by second → what a report tells."""

from __future__ import annotations

from tests.report_builders import make_campaign_figures, make_figures, make_step
from vitrine.campaigns.totals import Totals
from vitrine.services.analytics.curves import curves, curves_to_json, seconds_of
from vitrine.services.analytics.report_page import render_html
from vitrine.services.analytics.sheets import sheets_of

CAMPAIGN = make_campaign_figures(make_step(), make_step(creative="boot"))
FIGURES = make_figures(CAMPAIGN)


def test_seconds_with_fewer_than_ten_people_are_not_told() -> None:
    totals = Totals(present=(10, 9, 12), looking=(5,))
    found = [(one.number, one.looking, one.share) for one in seconds_of(totals)]
    assert found == [(1, 5, 0.5), (3, 0, 0.0)]


def test_no_more_look_than_are_present() -> None:
    (only,) = seconds_of(Totals(present=(10,), looking=(12,)))
    assert only.share == 1.0


def test_a_curve_says_where_most_look_and_how_it_ends() -> None:
    boot, shoe = curves(CAMPAIGN, FIGURES.names)
    assert (boot.name, shoe.name) == ("boot", "shoe")
    assert shoe.length == 4
    assert shoe.words == "Most look in second 3: 50%; in second 4 it is 36%."


def test_all_forms_have_the_same_seconds() -> None:
    plain = curves_to_json(CAMPAIGN, FIGURES.names)
    assert plain["shoe"][0] == {"second": 1, "present": 10, "looking": 2}
    (sheet,) = [one for one in sheets_of(FIGURES) if one.name == "Seconds"]
    assert len(sheet.rows) == 8
    assert sheet.rows[4] == ["spring", "real", "shoe", 1, 10, 2, 0.2]
    page = render_html(FIGURES)
    assert "Second 3: 50% of 12 present look" in page


def test_without_any_second_there_is_no_such_chart() -> None:
    bare = make_campaign_figures(make_step(present=(), looking=()))
    assert curves(bare, FIGURES.names) == []
    assert "Attention within" not in render_html(make_figures(bare))
