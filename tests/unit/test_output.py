"""Files of an earlier run are never replaced in silence, and others in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.errors import ConfigurationError
from vitrine.output import (
    check_free,
    check_unused,
    free_name,
    replace_file,
    write_output,
)


def test_a_taken_name_gets_the_next_free_number(tmp_path: Path) -> None:
    wanted = tmp_path / "report.html"
    names = []
    for _ in range(3):
        path = free_name(wanted)
        write_output(path, "")
        names.append(path.name)
    assert names == ["report.html", "report-2.html", "report-3.html"]


def test_a_file_that_is_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    check_free(path)
    path.touch()
    with pytest.raises(ConfigurationError, match="say --overwrite"):
        check_free(path)


def test_a_folder_with_events_is_refused(tmp_path: Path) -> None:
    check_unused(tmp_path / "new")
    (tmp_path / "plays.jsonl").touch()
    check_unused(tmp_path)
    (tmp_path / "plays.jsonl").write_text("{}\n")
    with pytest.raises(ConfigurationError, match=r"an earlier run \(plays\.jsonl\)"):
        check_unused(tmp_path)


def test_folders_above_a_file_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.html"
    write_output(path, "text")
    assert path.read_text() == "text"


def test_a_replaced_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "accounts"
    path.write_text("old")
    path.chmod(0o644)
    replace_file(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "a folder has the name"
    folder.mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - the system words it
        replace_file(folder, "new")
    assert list(tmp_path.iterdir()) == [folder]
