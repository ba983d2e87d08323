"""Drawings of the pages: every panel has a place, a title and what was answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from deploy.grafana.drawing import Answers, Line, draw, shown, table_of, values_of
from tests.deploy.dashboards import dashboards, panels

NOW_S = 1_800_000_000.0
LABELS = {
    "advertiser": "acme",
    "campaign": "spring",
    "creative": "shoe",
    "stand": "north",
    "synthetic": "false",
    "hour": "11",
    "day": "1",
}


def answers_of(page: str) -> Answers:
    """Return a made-up answer to each query of a page."""
    found = {}
    for panel in panels(dashboards()[page]):
        for target in panel.get("targets", ()):
            samples = [(NOW_S - 60, 1.0), (NOW_S, 2.0)]
            found[panel["id"], target["refId"]] = [Line(LABELS, samples)]
    return found


@pytest.mark.parametrize("page", ["campaign", "mall", "operations", "runbook"])
@pytest.mark.parametrize("answered", [True, False])
def test_a_page_is_drawn_with_and_without_answers(
    page: str, answered: bool, tmp_path: Path
) -> None:
    path = tmp_path / "page.png"
    draw(dashboards()[page], answers_of(page) if answered else {}, path)

    with Image.open(path) as picture:
        width, height = picture.size
        darkest, lightest = picture.convert("L").getextrema()
    assert width == 1116
    assert height > 300
    assert darkest != lightest


def test_values_have_the_names_and_units_of_their_panel() -> None:
    page = dashboards()["campaign"]
    (panel,) = [
        each for each in panels(page) if each["title"].startswith("Conversion ratio (")
    ]
    values = values_of(panel, answers_of("campaign"))

    assert [value.name for value in values] == ["watchers / OTS", "coverage"]
    assert {value.unit for value in values} == {"percentunit"}


def test_rows_of_a_table_are_joined_by_their_labels() -> None:
    page = dashboards()["mall"]
    (panel,) = [each for each in panels(page) if each["title"] == "Each campaign"]
    titles, rows = table_of(panel, answers_of("mall"))

    assert titles[-5:] == ["plays", "OTS ≥", "conversion ≤", "coverage", "redeemed"]
    assert [row[-5:] for row in rows] == [["2", "2", "200.0 %", "200.0 %", "2"]]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.304, "percentunit", "30.4 %"),
        (3.04, "suffix: points", "3.0 points"),
        (2924, "short", "2,924"),
        (1.5, "s", "1.50 s"),
        (2**21, "bytes", "2 MiB"),
    ],
)
def test_a_value_is_shown_with_its_unit(value: float, unit: str, expected: str) -> None:
    assert shown(value, unit) == expected
