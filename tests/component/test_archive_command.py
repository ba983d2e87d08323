"""`vitrine archive` from drawing to searching, with the real networks, on drawn people."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.archive_command import archive
from vitrine.lab.archive.methods import pairwise

# Drawing and the networks take seconds, and a minute on a machine under load.
pytestmark = pytest.mark.timeout(300)

PEOPLE = 4
PHOTOS = 16


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("user")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, user: Path) -> Path:
    """Return a drawn archive that was scanned and grouped."""
    root = tmp_path_factory.mktemp("archive") / "photos"
    options = ["--people", str(PEOPLE), "--photos", str(PHOTOS), "--size", "small"]
    run(user, "draw", str(root), *options)
    (root / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    run(user, "scan", str(root), "--threads", "1")
    run(user, "people", str(root))
    return root


def run(user: Path, *arguments: str) -> str:
    environment = {"VITRINE_STATE": str(user)}
    done = CliRunner().invoke(
        archive, arguments, env=environment, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_drawn_people_are_told_apart(root: Path, user: Path) -> None:
    with (root / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["file"]: row["people"].split() for row in csv.DictReader(file)}
    with sqlite3.connect(root / ".vitrine" / "archive.sqlite") as state:
        rows = state.execute(
            "SELECT p.path, f.person FROM faces f JOIN photos p ON p.id = f.photo "
            "WHERE f.person IS NOT NULL"
        ).fetchall()
    state.close()
    # Photos of one person say who their face is.
    alone = [
        (person, truth[path.decode()][0])
        for path, person in rows
        if len(truth[path.decode()]) == 1
    ]
    labels, people = zip(*alone, strict=True)
    assert len(set(people)) == PEOPLE
    f, _, _ = pairwise(np.array(labels), np.array([int(one) for one in people]))
    assert f >= 0.9


def test_a_scan_names_what_it_could_not_read_and_reads_nothing_twice(
    root: Path, user: Path
) -> None:
    told = run(user, "scan", str(root), "--threads", "1")
    assert f"0 photos read, {PHOTOS + 1} known already" in told


def test_people_are_named_searched_and_exported(
    root: Path, user: Path, tmp_path: Path
) -> None:
    listed = json.loads(run(user, "people", str(root), "--json"))
    number = str(listed[0]["id"])
    assert run(user, "name", str(root), number, "Ann") == f"person {number} is Ann\n"
    found = run(user, "search", str(root), "ann").splitlines()
    assert len(found) == listed[0]["photos"]
    assert all((root / path).is_file() for path in found)
    said = run(user, "export", str(root), str(tmp_path), "--as", "xmp")
    assert said.startswith(f"{len(found)} sidecars")
    assert run(user, "undo", str(root)) == f"undone: named person {number} Ann\n"


def test_drawn_wrong_dates_are_told_with_the_true_ones(root: Path, user: Path) -> None:
    with (root / "truth.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    phone = [
        row
        for row in rows
        if row["file"].startswith("phone") and row["taken"] != row["claimed"]
    ]
    told = run(user, "dates", str(root))
    assert phone
    for row in phone:
        before, after = row["claimed"].replace("T", " "), row["taken"].replace("T", " ")
        assert f"{row['file']}: {before} → {after}" in told


def test_other_methods_do_not_undo_what_the_user_decided(
    root: Path, user: Path
) -> None:
    listed = json.loads(run(user, "people", str(root), "--json"))
    run(user, "name", str(root), str(listed[0]["id"]), "Ann")
    with pytest.raises(ConfigurationError, match="would undo your names"):
        run(user, "people", str(root), "--method", "hac")
    run(user, "undo", str(root))
    assert run(user, "people", str(root), "--method", "hac")


def test_what_a_command_needs_first_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"archive scan {tmp_path}"):
        run(tmp_path / "user", "people", str(tmp_path))


def test_the_help_teaches() -> None:
    shown = CliRunner().invoke(archive, ["--help"]).output
    assert "vitrine archive scan photos" in shown
    assert "Everything stays on this machine" in shown
