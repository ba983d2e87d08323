"""A wrong configuration says where, and a bad change leaves the last good one active."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.mall import folder as mall_folder
from vitrine.mall.folder import MallFolder, load_mall

EXAMPLES = Path(__file__).parents[3] / "config"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the examples; a change there is seen at once."""
    monkeypatch.setattr(mall_folder, "CHECK_EVERY_S", 0.0)
    for name in mall_folder.FILES:
        example = EXAMPLES / f"{name}.yaml"
        shutil.copy(example, tmp_path)
    return tmp_path


def change(
    path: Path,
    old: str,
    new: str,
) -> None:
    """Replace a text in a file, and date the file a second later."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    later_ns = path.stat().st_mtime_ns + SECOND_NS
    os.utime(path, ns=(later_ns, later_ns))


def test_the_examples_are_good() -> None:
    mall = load_mall(EXAMPLES)
    assert mall.stand("north") is not None
    assert mall.stands[0].recognition == "none"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "cameras",
            "fps: 10",
            "fsp: 10",
            r"cameras.yaml:6: cameras.0.fsp: Extra inputs are not permitted",
        ),
        (
            "cameras",
            "fps: 10",
            "fps: ten",
            r"cameras.yaml:6: cameras.0.fps: Input should be a valid number",
        ),
        (
            "cameras",
            "stand: north",
            "stand: nroth",
            "camera 'north-1' names an unknown stand 'nroth'",
        ),
        (
            "cameras",
            "cameras:",
            "camras:",
            r"cameras.yaml:1: expected the one key `cameras:`",
        ),
        ("cameras", "{id: north-1", "{id: [north-1", r"cameras.yaml: while parsing"),
        (
            "stands",
            "Europe/Berlin",
            "Europe/Berln",
            r"stands.yaml:4: .*unknown time zone 'Europe/Berln'",
        ),
        (
            "stands",
            "min_face: 0.05",
            "min_face: 0.7",
            r"stands.yaml:7: .*min_face must be smaller",
        ),
        (
            "campaigns",
            "2027-12-31",
            "2025-12-31",
            r"campaigns.yaml:3: .*ends before it starts",
        ),
        ("campaigns", "id: coffee", "id: spring", "campaign 'spring' is there twice"),
        ("campaigns", "stands: [north]", "stands: [south]", "unknown stand 'south'"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_field(
    folder: Path,
    file: str,
    old: str,
    new: str,
    expected: str,
) -> None:
    change(folder / f"{file}.yaml", old, new)
    with pytest.raises(ConfigurationError, match=expected):
        load_mall(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "stands.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"stands\.yaml: no such file"):
        load_mall(folder)


def test_a_change_becomes_active_without_a_restart(folder: Path) -> None:
    source = MallFolder(folder)
    before = source.current()
    change(folder / "cameras.yaml", "fps: 10", "fps: 12")
    assert source.current().cameras[0].fps == 12
    assert source.current().version != before.version


def test_a_bad_change_leaves_the_last_good_configuration_active(folder: Path) -> None:
    source = MallFolder(folder)
    before = source.current()
    change(folder / "cameras.yaml", "fps: 10", "fps: -1")
    assert source.current() == before
    change(folder / "cameras.yaml", "fps: -1", "fps: 11")
    assert source.current().cameras[0].fps == 11
