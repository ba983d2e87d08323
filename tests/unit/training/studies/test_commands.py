"""The commands of the studies, from faces to the table."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.training.small import everybody, labelled_faces, people_of
from training.__main__ import main
from training.export import RUN_FILE
from training.studies.commands import NAMES
from training.studies.data import SQUARE
from training.studies.networks import NETWORKS
from training.studies.table import BEGIN, END, read_results, table, write_table
from vitrine.errors import ConfigurationError
from vitrine.lab.app.nets import NetForm, form_of

ROOT = Path(__file__).parents[4]


def test_the_names_of_the_command_are_those_of_the_registry() -> None:
    assert list(NETWORKS) == list(NAMES)


def test_from_faces_to_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = labelled_faces(tmp_path, [*everybody(), *people_of("held-out", 2)])
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> str:
        words = [str(argument) for argument in arguments]
        result = CliRunner().invoke(main, ["studies", *words])
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    small = ("--size", 32, "--epochs", 1, "--batch", 4, "--points", 15, "--grey")
    said = run("train", "heatmap", "--data", faces, "keypoints-csv", *small)
    own = Path("runs/studies/heatmap-people-15-32")
    assert f"1 epochs from scratch, {own}" in said
    run("measure", own)
    [result] = read_results(Path("docs/studies"))
    assert result["faces"] == 2
    assert result["epochs"] == 1
    assert 0 < result["mse"] < 1
    assert result["megabytes"] == pytest.approx(4 * result["parameters"] / 1e6, rel=0.3)
    form = form_of(own / RUN_FILE)
    assert form == NetForm(side=32, grey=True, points=15, square=SQUARE)
    page = Path("page.md")
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    run("table", "--page", page)
    text = page.read_text()
    assert "| heat maps (ours), 15 points | people apart | – | " in text
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")


def test_a_run_that_is_missing_and_a_page_without_marks_are_told(
    tmp_path: Path,
) -> None:
    result = CliRunner().invoke(main, ["studies", "measure", str(tmp_path)])
    assert isinstance(result.exception, ConfigurationError)
    assert "train first" in str(result.exception)
    page = tmp_path / "page.md"
    page.write_text("no marks")
    with pytest.raises(ConfigurationError, match="lacks the lines"):
        write_table(tmp_path, page)


def test_the_page_shows_the_results_beside_it() -> None:
    page = ROOT / "docs" / "studies.md"
    results = read_results(page.with_suffix(""))
    assert results
    assert table(results) in page.read_text(encoding="utf-8")


def test_the_studies_figure_stands_beside_what_compares_with_it_alone() -> None:
    result = {
        "network": "mobilenetv2",
        "split": "published",
        "points": 68,
        "size": 128,
        "grey": False,
        "mse": 0.00015,
        "pixels": 1.5,
        "nme": 0.03,
        "epochs": 20,
        "start": "scratch",
        "milliseconds": 3.0,
        "megabytes": 9.5,
    }
    [*_, row] = table([result]).splitlines()
    assert row.startswith(
        "| MobileNetV2 | published, leaking | .0004 | .00015 | 1.50 |"
    )
    apart = json.loads(json.dumps(result | {"split": "people"}))
    [*_, row] = table([apart]).splitlines()
    assert row.startswith("| MobileNetV2 | people apart | – | .00015 |")
