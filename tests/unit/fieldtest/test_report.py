"""Show a run: table, JSON, page."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.fieldtest.builders import make_case, make_presence, make_truth, place
from vitrine.fieldtest.case import Case
from vitrine.fieldtest.checks import check
from vitrine.fieldtest.page import render
from vitrine.fieldtest.pictures import pictures, worst
from vitrine.fieldtest.report import list_of, summary, table_of, to_json
from vitrine.fieldtest.running import Run
from vitrine.fieldtest.sabotage import FAULTS
from vitrine.fieldtest.scenarios import SCENARIOS, Scenario
from vitrine.fieldtest.timeline import charts
from vitrine.mall.folder import load_mall
from vitrine.settings import Settings
from vitrine.synthetic.options import parse_options

ONE = Scenario(
    "one", "One", "Somebody.", {"north": ("synthetic:?people=1&seed=1",)}, seconds=20
)


@pytest.fixture
def late() -> Case:
    """Make a run in which somebody was found 3 s late."""
    truth = make_truth({"a": [(2, 12)]}, {"a": [(4, 8)]})
    return make_case(truth, {"t": (place("a"), [(5, 12)])}, [make_presence("t", 5, 12)])


def run_of(scenario: Scenario = ONE, broken: str | None = None) -> Run:
    return Run(scenario, Settings(), Path(), FAULTS[broken]() if broken else None)


def shown(renderable: object) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_the_table_says_what_failed(late: Case) -> None:
    results = check(late)
    table = shown(table_of(run_of(broken="clock"), results))
    assert "clock is 3 s ahead" in table
    line = next(line for line in table.splitlines() if "Starts within" in line)
    assert line.split()[-1] == "FAIL"
    assert summary(results) in table


def test_json_holds_every_check(late: Case) -> None:
    out = to_json(run_of(), check(late))
    verdicts = {line["check"]: line["verdict"] for line in out["checks"]}
    assert (
        out["passed"],
        verdicts["starts"],
        verdicts["ends"],
        verdicts["static-faces"],
    ) == (
        False,
        "fail",
        "pass",
        "not judged",
    )


def test_the_list_shows_the_length() -> None:
    table = shown(list_of([SCENARIOS["returning"]]))
    assert "× 2 days" in " ".join(table.split())


def test_the_timeline_has_the_true_bar_and_the_measured_one(late: Case) -> None:
    (chart,) = charts(late)
    assert [row.name for row in chart.rows] == ["a"]
    bars = {bar.kind: (bar.x, bar.x + bar.width) for bar in chart.rows[0].bars}
    assert bars["true"] == pytest.approx((100, 600))
    assert bars["true-attention"] == pytest.approx((200, 400))
    assert bars["measured"] == pytest.approx((250, 600))
    assert [name for _, name in chart.ticks][:2] == ["0:00", "0:02"]


def test_the_worst_cases_of_failed_checks_come_first_and_no_moment_twice(
    late: Case,
) -> None:
    chosen = worst(check(late))
    assert chosen[0][0].passed is False
    times = sorted(moment.at_ns for _, moment in chosen)
    assert all(b - a >= 2_000_000_000 for a, b in pairwise(times))


def test_a_synthetic_case_is_drawn_and_a_recording_never(late: Case) -> None:
    recorded = replace(ONE, cameras={"north": ("shop.mp4",)})
    results = check(late)
    assert all(picture.jpeg for picture in pictures(late, ONE, results))
    assert [picture.jpeg for picture in pictures(late, recorded, results)] == [
        None
    ] * len(worst(results))
    page = render(run_of(recorded), late, results)
    assert "Pictures of real people are never kept" in page
    assert "data:image" not in page


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_scenarios_have_good_addresses_and_the_campaigns_everywhere(
    scenario: Scenario,
) -> None:
    mall = scenario.addressed().mall(
        load_mall(Path(__file__).parents[3] / "config").campaigns
    )
    for camera in mall.cameras:
        options = parse_options(camera.uri.text)
        assert (options.seconds, options.days) == (scenario.seconds, scenario.days)
        assert camera.mount == ("left" if options.view == 2 else "above")
    assert all(
        campaign.stands == tuple(scenario.cameras) for campaign in mall.campaigns
    )
