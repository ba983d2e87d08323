"""Creatives compared, in words."""

from __future__ import annotations

from dataclasses import replace

from tests.report_builders import make_figures, make_week
from vitrine.effects.creatives import Difference
from vitrine.services.analytics.comparisons import MOST_PAIRS, comparisons
from vitrine.services.analytics.report import to_json
from vitrine.services.analytics.report_page import render_html

SILENT = Difference("boot", "cap", reason="they differ in length")
OPEN = Difference("cap", "shoe", estimate=0.1, lower=-0.3, upper=0.5, p_value=0.4)
FOUND = Difference(
    first="boot",
    second="shoe",
    estimate=-0.8,
    lower=-1.1,
    upper=-0.5,
    p_value=0.001,
    discovered=True,
)
FIGURES = make_figures(replace(make_week(), creatives=(SILENT, OPEN, FOUND)))


def test_discoveries_come_first_then_what_is_open_then_silence() -> None:
    told = comparisons(FIGURES.campaigns[0], FIGURES.names)
    assert told == [
        "shoe holds attention for 0.80 s a view longer than boot; boot less shoe is between "
        "−1.10 s and −0.50 s (95 %, at every look).",
        "cap and shoe: no difference is shown so far; the estimate is +0.10 s of attention a "
        "view, between −0.30 s and +0.50 s (95 %, at every look).",
        "boot and cap: nothing can be said, they differ in length.",
    ]


def test_of_very_many_pairs_the_page_tells_some() -> None:
    many = [replace(SILENT, second=f"cap-{number:02}") for number in range(30)]
    campaign = replace(FIGURES.campaigns[0], creatives=many)
    told = comparisons(campaign, FIGURES.names)
    assert len(told) == MOST_PAIRS + 1
    assert told[-1] == "18 more pairs are in the report's JSON."


def test_page_and_json_have_them() -> None:
    page = render_html(FIGURES)
    assert "Creatives compared" in page
    assert "nothing can be said, they differ in length" in page
    plain = to_json(FIGURES)["campaigns"][0]["creatives_compared"]
    assert [one["discovered"] for one in plain] == [False, False, True]
    assert "Creatives compared" not in render_html(make_figures(make_week()))
