"""The export, the SQL of its documentation, and the audit pack."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.campaign_store import campaign_store
from tests.report_builders import (
    HOSTILE,
    make_campaign_figures,
    make_figures,
    make_step,
    make_week,
)
from vitrine.campaigns.definitions import OTS
from vitrine.errors import ConfigurationError
from vitrine.services.analytics.audit_pack import audit_files
from vitrine.services.analytics.export_command import export
from vitrine.services.analytics.exporting import table_files
from vitrine.services.analytics.hours import hour_map, quantities
from vitrine.services.analytics.report import to_json

DOCUMENT = Path(__file__).parents[3] / "docs" / "export.md"
FIGURES = make_figures(
    make_week(),
    make_week("coffee", 1),
    campaign__spring=HOSTILE,
    creative__spring__shoe="=1",
)


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with campaign_store() as url:
        yield url


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content)


def recomputed(folder: Path) -> tuple[int, str]:
    """Run the auditor's program by itself: nothing of ours can be imported."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "recompute.py"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.returncode, done.stdout + done.stderr


def queries() -> list[str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    return re.findall(r"```sql\n(.*?)```", text, re.DOTALL)


def answers(query: str, folder: Path) -> list[dict[str, Any]]:
    duckdb = pytest.importorskip("duckdb")
    in_folder = re.sub(r"'(\w+\.parquet)'", rf"'{folder}/\1'", query)
    found = duckdb.connect().execute(in_folder)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_duckdb_computes_the_report_again(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    write(tmp_path, table_files(FIGURES, "parquet"))
    rows = answers(queries()[0], tmp_path)
    reported = {
        one["campaign"]: one["figures"] for one in to_json(FIGURES)["campaigns"]
    }
    assert [row["campaign"] for row in rows] == ["coffee", "spring"]
    for row in rows:
        assert row.pop("origin") == "people"
        figures = reported[row.pop("campaign")]
        assert row == pytest.approx({name: figures[name] for name in row})


def test_duckdb_computes_the_hours_again(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    write(tmp_path, table_files(FIGURES, "parquet"))
    rows = [
        row for row in answers(queries()[1], tmp_path) if row["campaign"] == "spring"
    ]
    expected = {}
    for hour in quantities(hour_map(FIGURES.campaigns[0].steps, FIGURES.names)):
        place = (hour["weekday"], hour["hour"])
        expected[place] = (hour["plays"], hour["ots"], hour["qty"]["multiplier"])
    found = {}
    for row in rows:
        place = (row["weekday"], row["hour"])
        found[place] = (
            row["plays"],
            row["ots"],
            pytest.approx(row["multiplier"], abs=0.011),
        )
    assert found == expected


def test_csv_is_safe_and_has_every_sum() -> None:
    files = table_files(FIGURES, "csv")
    assert set(files) == {"steps.csv", "cells.csv", "campaigns.csv"}
    cells = list(csv.DictReader(files["cells.csv"].decode().splitlines()))
    assert {cell["creative_name"] for cell in cells} >= {"'=1", "boot"}
    spring = [cell for cell in cells if cell["campaign"] == "spring"]
    ots = FIGURES.campaigns[0].totals.ots
    assert sum(int(cell["ots"]) for cell in spring) == ots
    steps = list(csv.DictReader(files["steps.csv"].decode().splitlines()))
    assert steps[0]["starts"] == "2027-01-15T09:05:00Z"
    assert (
        sum(int(step["ots"]) for step in steps if step["campaign"] == "spring") == ots
    )
    assert files["campaigns.csv"].decode().count("'=HYPERLINK") == 1


def test_an_auditor_computes_every_figure_of_the_report(tmp_path: Path) -> None:
    write(tmp_path, audit_files(FIGURES))
    status, said = recomputed(tmp_path)
    compared = re.search(r"(\d+) figures compared, 0 differ", said)
    assert compared is not None, said
    assert status == 0
    assert int(compared[1]) > 100


def test_the_program_agrees_where_figures_have_noise(tmp_path: Path) -> None:
    noisy = make_campaign_figures(make_step(watchers=0, touches=0, ots_noise=8))
    write(tmp_path, audit_files(make_figures(noisy)))
    status, said = recomputed(tmp_path)
    assert status == 0, said


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("report.json", '"watchers": 1806', '"watchers": 1807', "spring: watchers"),
        (
            "cells.csv",
            "spring,people,boot,boot,north,north,false,84",
            "spring,people,boot,boot,north,north,false,85",
            "plays",
        ),
        ("campaigns.csv", "2807", "2808", "spring: reach"),
    ],
)
def test_the_program_finds_a_figure_that_was_changed(
    tmp_path: Path, file: str, old: str, new: str, told: str
) -> None:
    write(tmp_path, audit_files(FIGURES))
    path = tmp_path / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    status, said = recomputed(tmp_path)
    assert status == 1
    assert told in said


def test_the_pack_has_definitions_rules_coverage_and_cards() -> None:
    files = audit_files(FIGURES)
    assert OTS.text in files["definitions.md"].decode()
    rules = files["filtration.md"].decode()
    assert "at least 10 different people" in rules
    assert "0.3 s at a stretch; told at 1 s and 2 s, too" in rules
    assert (
        files["coverage.csv"]
        .decode()
        .splitlines()[1]
        .startswith("spring,people,north,north,")
    )
    assert "models/detector.card.md" in files
    assert b"Hour and weekday" in files["report.html"]


def test_the_command_writes_and_names_its_files(store: str, tmp_path: Path) -> None:
    options = [str(tmp_path / "out"), "--redis-url", store, "--audit"]
    done = CliRunner().invoke(export, options, catch_exceptions=False)
    names = {Path(line).name for line in done.output.splitlines()}
    assert {"steps.csv", "report.json", "recompute.py", "README.md"} <= names
    assert recomputed(tmp_path / "out")[0] == 0
    cells = json.loads((tmp_path / "out" / "report.json").read_text())["campaigns"]
    assert [campaign["campaign"] for campaign in cells] == ["spring"]
    again = CliRunner().invoke(export, options)
    assert isinstance(again.exception, ConfigurationError)
    assert "is there already" in str(again.exception)


def test_without_pyarrow_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'vitrine\[export\]'"):
        table_files(FIGURES, "parquet")
