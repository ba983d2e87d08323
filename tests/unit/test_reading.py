"""The figures of docs/reading.md, counted in small files."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import reading


def write(folder: Path, text: str, name: str = "module.py") -> Path:
    """Write a file of Python; return it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def figures(*places: Path) -> dict[str, str]:
    """Return the table of some places."""
    return dict(reading.rows(reading.count_all(places)))


def test_comments_docstrings_and_blank_lines_are_no_tokens(tmp_path: Path) -> None:
    path = write(tmp_path, '"""Words."""\n\n# a reason\nx = 1\n')

    table = figures(path)

    assert table["tokens a line of code"] == "3.00"
    assert table["lines of code"] == "1"
    assert table["comments, share of lines"] == "25.0%"


@pytest.mark.parametrize("text", ["", "x = 1\n", '"""Words."""\n'])
def test_a_file_without_functions_has_a_table(tmp_path: Path, text: str) -> None:
    table = figures(write(tmp_path, text))

    assert table["complexity: median / ninth decile / highest"] == reading.NOTHING


def test_a_folder_without_python_has_a_table(tmp_path: Path) -> None:
    assert figures(tmp_path)["files"] == "0"


def test_files_of_two_places_that_overlap_count_once(tmp_path: Path) -> None:
    write(tmp_path, "x = 1\n", "package/inner/module.py")
    (tmp_path / "link").symlink_to(tmp_path / "package")

    table = figures(tmp_path, tmp_path / "package", tmp_path / "link")

    assert table["files"] == "1"


def test_modules_of_each_package_are_counted(tmp_path: Path) -> None:
    for name in ("a/__init__.py", "a/one.py", "a/two.py", "b/one.py"):
        write(tmp_path, "x = 1\n", name)

    table = figures(tmp_path)

    assert table["modules a package: median / ninth decile / largest"] == "1 / 2 / 2"


def test_another_checkout_stands_beside(tmp_path: Path) -> None:
    write(tmp_path, "x = 1\n", "before/benchmarks/reading.py")

    result = CliRunner().invoke(
        reading.main,
        [
            str(reading.ROOT / "benchmarks" / "reading.py"),
            "--against",
            str(tmp_path / "before"),
        ],
    )

    assert result.exit_code == 0
    assert "before" in result.output
    assert "here" in result.output
