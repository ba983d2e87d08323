"""docs/accuracy.md: up to date, the same bytes for the same figures, gaps named by their rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import ROOT
from tests.unit.training.accuracy_results import (
    made_up,
    make_result,
    make_set,
    write_made_up,
)
from training.evaluation.commands import evaluate
from training.report.aims import Aim
from training.report.gaps import gaps, thin
from training.report.kinds import KINDS, percent
from training.report.measuring import chosen, measure
from training.report.networks import fooled, rarely_recognised
from training.report.page import page_text, read_speeds, write_page
from training.report.pictures import pictures
from training.report.plan import PLAN, Measurement
from training.report.results import Figures, Result, read_results
from training.report.style import stamp

DOCS = ROOT / "docs"
NME = KINDS["nme"]
RECALL = KINDS["recall"]


def make(content: dict[str, Any], name: str = "one") -> Result:
    return Result(content, Measurement(name, "Vitrine", ()), name)


def test_the_committed_page_is_that_of_the_committed_results() -> None:
    folder = DOCS / "accuracy"
    expected = page_text(read_results(folder), read_speeds(folder))
    assert (DOCS / "accuracy.md").read_text(encoding="utf-8") == expected, (
        "run `python -m training report`"
    )


def test_the_committed_plots_are_those_of_the_committed_results() -> None:
    folder = DOCS / "accuracy"
    drawn = pictures(read_results(folder))
    assert {path.name for path in folder.glob("*.svg")} == set(drawn)
    for name, picture in drawn.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert stamp(picture.results) in text, name


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    write_made_up(tmp_path)
    written = []
    for _ in range(2):
        write_page(tmp_path, tmp_path / "page.md")
        written.append({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    assert written[0] == written[1]


def test_every_picture_is_written(tmp_path: Path) -> None:
    write_made_up(tmp_path)
    write_page(tmp_path, tmp_path / "page.md")
    written = {path.name for path in tmp_path.glob("*.svg")}
    assert written == set(pictures(read_results(tmp_path)))


def test_a_page_without_results_says_what_was_not_measured(tmp_path: Path) -> None:
    text = page_text(read_results(tmp_path), {})
    assert "Not measured: landmarks-youtube-detector" in text
    assert ".svg" not in text


def test_every_command_of_the_plan_is_one_that_evaluate_understands() -> None:
    for measurement in PLAN:
        task, *arguments = measurement.arguments
        arguments += ["--json", "out.json"]
        assert evaluate.commands[task].make_context(task, arguments)


def test_a_class_that_is_clearly_worse_is_a_gap_and_few_faces_are_none() -> None:
    result = make(make_result("landmarks", 0.05))
    (gap,) = gaps(result, NME)
    assert gap.factor == "yaw"
    assert gap.label == "≥ 45°"
    assert gap.sentence() == (
        "yaw ≥ 45°: NME 0.1500 (0.1400–0.1600), other faces 0.0500 (0.0400–0.0600) (n = 40)"
    )
    assert thin(result) == ["skin tone dark (4)"]


def test_a_class_that_is_clearly_better_or_whose_interval_touches_is_no_gap() -> None:
    rest = make_set("recall", 0.9)
    classes = {
        "better": make_set("recall", 0.99, rest=rest),
        "touching": make_set("recall", 0.89, rest=rest),
        "worse": make_set("recall", 0.8, rest=rest),
    }
    subgroups = {"yaw": classes, "skin_tone": None}
    result = make(rest | {"subgroups": subgroups})
    assert [gap.label for gap in gaps(result, RECALL)] == ["worse"]


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (make_set("recall", 0.9), "90.0 % (89.0–91.0)"),
        ({"recall": 0.5, "interval": {}}, "50.0 %"),
        ({"recall": None, "interval": {"recall": None}}, "–"),
    ],
)
def test_cells_show_the_interval_and_a_dash_for_what_was_not_measured(
    content: dict[str, Any], written: str
) -> None:
    assert RECALL.cell(Figures(content)) == written


def test_cells_find_figures_inside_others() -> None:
    figures = Figures({"tar_at_far": {"1e-3": 0.5, "1e-4": None}})
    assert KINDS["tar_at_far.1e-3"].cell(figures) == "50.0 %"
    assert KINDS["tar_at_far.1e-4"].cell(figures) == "–"


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (0.99, "99.0 %"),
        (0.9999, "99.99 %"),
        (0.0001, "0.01 %"),
        (1 + 1e-9, "100.0 %"),
    ],
)
def test_almost_all_is_not_written_as_all(share: float, written: str) -> None:
    assert percent(share) == written


@pytest.mark.parametrize(
    ("limit", "reached"), [(0.89, "yes"), (0.9, "yes"), (0.91, "no"), ("other", "no")]
)
def test_an_aim_is_reached_at_its_limit(limit: float | str, reached: str) -> None:
    results = {
        "one": make(make_set("recall", 0.9)),
        "other": make(make_set("recall", 0.95)),
    }
    row = Aim("Recall", "one", "recall", limit).row(results)
    assert row is not None
    assert row[3] == reached


def test_an_aim_that_was_not_measured_has_no_row() -> None:
    results = {"one": make(make_set("recall", 0.9))}
    assert Aim("Recall", "one", "recall", "not there").row(results) is None
    assert Aim("Recall", "not there", "recall", 0.9).row(results) is None


def test_an_aim_may_be_of_a_part() -> None:
    sets = {"helen": make_set("nme", 0.03)}
    results = {"one": make({"nme": 0.1, "sets": sets})}
    row = Aim("NME", "one", "nme", 0.04, "helen").row(results)
    assert row == ("NME", "≤ 0.0400", "0.0300 (0.0200–0.0400)", "yes")


def test_expressions_that_are_rarely_recognised_are_named() -> None:
    classes = ["neutral", "fear", "contempt"]
    confusion = [[8, 2, 0], [3, 1, 0], [0, 0, 0]]
    result = make({"classes": classes, "confusion": confusion})
    assert rarely_recognised(result) == ["fear (25% of 4)"]


def test_a_detector_that_finds_small_pictures_instead_of_faces_is_named() -> None:
    # The intervals are 2 % wide: that of 5.5 % begins below the limit of 5 %.
    results = {
        "detector-control-24px-ours": make(make_set("pictures_with_false", 0.12)),
        "detector-control-32px-ours": make(make_set("pictures_with_false", 0.055)),
    }
    assert fooled(results) == ["12% at 24 px"]


def test_a_file_that_nobody_planned_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "stray.json").write_text("{}")
    with pytest.raises(ValueError, match=r"stray: not in training/report/plan\.py"):
        read_results(tmp_path)


def test_what_fails_is_named_and_leaves_no_old_figures(tmp_path: Path) -> None:
    good, bad = chosen(["expression", "landmarks-published"])
    (tmp_path / f"{bad.name}.json").write_text("old")
    (tmp_path / f"{good.name}.json").write_text("old")
    asked: list[list[str]] = []

    def run(arguments: list[str]) -> None:
        asked.append(arguments)
        if arguments[0] == "expression":
            raise OSError("no weights")
        Path(arguments[-1]).write_text(json.dumps(made_up(good)))

    assert measure([good, bad], Path("/data/here"), tmp_path, run) == [bad.name]
    assert [path.name for path in tmp_path.iterdir()] == [f"{good.name}.json"]
    assert asked[0][:3] == [
        "landmarks",
        "--data",
        "/data/here/data/youtube_faces_keypoints.zip",
    ]
