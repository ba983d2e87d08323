"""The table of figures, and everything that has to agree with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.campaigns.definitions import (
    DEFINITIONS,
    markdown_notes,
    markdown_table,
)
from vitrine.campaigns.figures import (
    BY_NAME,
    COLUMNS,
    COVERAGE,
    EXPORTED,
    FIGURES,
    FREQUENCY,
    columns_of,
)
from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import SUMS, Totals
from vitrine.clock import SECOND_NS
from vitrine.schemas import CampaignWindow

METRICS = Path(__file__).parents[3] / "docs" / "metrics.md"
LABELS_OF_A_ROW = {
    "campaign_id",
    "advertiser",
    "creative_id",
    "stand_id",
    "start_ns",
    "end_ns",
    "revision",
    "correction",
    "synthetic",
    "virtual",
}
TOTALS = Totals(
    plays=4,
    completed=3,
    doubtful=1,
    overlapping=2,
    screen_ns=40 * SECOND_NS,
    unproven_ns=10 * SECOND_NS,
    measured_plays=2,
    measured_ns=20 * SECOND_NS,
    ots=10,
    watchers=5,
    attention_ns=6 * SECOND_NS,
    dwell_ns=24 * SECOND_NS,
    score_ns=1200 * SECOND_NS,
    scored_ns=24 * SECOND_NS,
    touches=2,
    offers_shown=3,
    offers_redeemed=1,
    usable_ns=150 * SECOND_NS,
    camera_ns=300 * SECOND_NS,
    passed=12,
    watchers_1s=4,
    watchers_2s=3,
    sales=1,
    judged=4,
    reacted=1,
    visitors=frozenset({("2027-01-15", "anna"), ("2027-01-15", "beate")}),
)
CAMPAIGN = CampaignFigures(
    campaign_id="spring",
    advertiser="acme",
    cells={},
    steps=(),
    reach=5,
    reach_quality="estimated",
)
VALUES = {
    "plays": 4,
    "completed": 3,
    "doubtful": 1,
    "doubtful_share": 0.25,
    "overlapping": 2,
    "screen_seconds": 40.0,
    "measured_plays": 2,
    "measured_seconds": 20.0,
    "unproven_seconds": 10.0,
    "unproven_share": 0.25,
    "passed": 12,
    "ots": 10,
    "ots_noise": 0,
    "reach_noise": 0,
    "watchers": 5,
    "watchers_1s": 4,
    "watchers_2s": 3,
    "conversion": 0.5,
    "attention_seconds": 6.0,
    "dwell_seconds": 24.0,
    "attraction": 0.25,
    "attention_per_thousand": 600.0,
    "unit_audience": 1.2,
    "score_seconds": 1200.0,
    "scored_seconds": 24.0,
    "engagement": 50.0,
    "judged": 4,
    "reacted": 1,
    "reaction": 0.25,
    "reach": 5,
    "reach_exact": 0,
    "frequency": 2.0,
    "multiplier": 5.0,
    "touches": 2,
    "offers_shown": 3,
    "offers_redeemed": 1,
    "sales": 1,
    "usable_seconds": 150.0,
    "camera_seconds": 300.0,
    "coverage": 0.5,
    "effect_attention_seconds": None,
    "effect_attention_lower_seconds": None,
    "effect_attention_upper_seconds": None,
    "effect_own_attention_seconds": None,
    "effect_own_attention_lower_seconds": None,
    "effect_own_attention_upper_seconds": None,
    "effect_redemptions": None,
    "effect_redemptions_lower": None,
    "effect_redemptions_upper": None,
    "effect_sales": None,
    "effect_sales_lower": None,
    "effect_sales_upper": None,
    "effect_slots_needed": None,
}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_figure_follows_from_totals(name: str) -> None:
    value = BY_NAME[name].value(TOTALS, CAMPAIGN)
    if VALUES[name] is None:
        assert value is None
    else:
        assert value == pytest.approx(VALUES[name])


def test_what_cannot_be_divided_has_no_value() -> None:
    assert COVERAGE.value(Totals()) is None
    assert COVERAGE.shown(Totals()) == "–"


def test_reach_and_frequency_are_of_a_campaign_only() -> None:
    assert FREQUENCY.value(TOTALS) is None


def test_every_sum_is_in_the_table() -> None:
    assert {figure.sum for figure in FIGURES if figure.kind == "counter"} == set(SUMS)


def test_the_columns_are_the_fields_of_a_row() -> None:
    assert COLUMNS.keys() | LABELS_OF_A_ROW == CampaignWindow.model_fields.keys()


def test_a_row_holds_integers_rounded_ratios_and_its_own_people() -> None:
    columns = columns_of(TOTALS)
    assert columns["attention_ns"] == 6 * SECOND_NS
    assert columns["score_mean"] == 50.0
    assert columns["coverage"] == 0.5
    assert columns["reach"] == 2
    assert columns_of(Totals())["coverage"] == 0.0


def test_metrics_have_names_of_their_own() -> None:
    names = [figure.name for figure in EXPORTED]
    assert len(set(names)) == len(names) == 38


def test_every_figure_has_its_definition() -> None:
    used = {figure.definition.name for figure in FIGURES}
    assert used == {definition.name for definition in DEFINITIONS}


def test_the_documentation_has_the_definitions_and_their_notes() -> None:
    text = METRICS.read_text(encoding="utf-8")
    assert f"\n\n{markdown_table()}\n\n{markdown_notes()}\n\n" in text
