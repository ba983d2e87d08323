"""Files of an earlier run are never replaced in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.errors import ConfigurationError
from vitrine.output import check_free, check_unused, free_name, write_output


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
