"""Settings are changed in their place; comments, order and line ends stay."""

from __future__ import annotations

import pytest

from vitrine.mall.editing import NotEditable, with_setting, without_setting

FLOW = """\
# Käfer 🐞
cameras:
  - {id: north-1, uri: "0", stand: north}   # at the door
  - {id: north-2, uri: "1", stand: north, cone: {yaw: 3}, fps: 5}
"""
BLOCK = """\
cameras:
  - id: north-1   # at the door
    mount: left   # of the screen
    mask:
      # the till
      - [0, 0]
      - [1, 0]
    stand: north

  # spare
  - id: north-2
    stand: north
    cone:
      yaw: 3      # measured
"""


@pytest.mark.parametrize(
    ("text", "item", "name", "value", "line"),
    [
        (
            FLOW,
            "north-1",
            "mask",
            "[[0, 0]]",
            '  - {id: north-1, uri: "0", stand: north, mask: [[0, 0]]}   # at the door',
        ),
        (
            FLOW,
            "north-2",
            "cone",
            {"yaw": "7", "half_yaw": "9"},
            '  - {id: north-2, uri: "1", stand: north, cone: {yaw: 7, half_yaw: 9}, fps: 5}',
        ),
        (BLOCK, "north-1", "fps", "5", "    fps: 5"),
        (BLOCK, "north-2", "cone", {"yaw": "7"}, "      yaw: 7      # measured"),
        (BLOCK, "north-2", "cone", {"pitch": "1"}, "      pitch: 1"),
    ],
)
def test_a_setting_is_put_in_its_place(
    text: str, item: str, name: str, value: object, line: str
) -> None:
    changed = with_setting(text, "cameras", item, name, value)  # type: ignore[arg-type]
    new = set(changed.splitlines()) - set(text.splitlines())
    assert new == {line}


def test_a_list_in_lines_becomes_one_line() -> None:
    changed = with_setting(BLOCK, "cameras", "north-1", "mask", "[[0, 1]]")
    assert "    mask:\n      # the till\n      [[0, 1]]\n    stand: north\n" in changed


def test_what_follows_an_item_stays_behind_a_new_line() -> None:
    changed = with_setting(BLOCK, "cameras", "north-1", "fps", "5")
    assert "    stand: north\n    fps: 5\n\n  # spare\n" in changed


def test_a_setting_is_taken_out_with_its_line() -> None:
    changed = without_setting(BLOCK, "cameras", "north-1", "mount")
    assert changed == BLOCK.replace("    mount: left   # of the screen\n", "")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("uri", "  - {id: north-1, stand: north}   # at the door"),
        ("stand", '  - {id: north-1, uri: "0"}   # at the door'),
        ("fps", '  - {id: north-1, uri: "0", stand: north}   # at the door'),
    ],
)
def test_a_setting_is_taken_out_of_a_line(name: str, line: str) -> None:
    changed = without_setting(FLOW, "cameras", "north-1", name)
    assert changed.splitlines()[2] == line


def test_line_ends_of_windows_stay() -> None:
    text = BLOCK.replace("\n", "\r\n")
    changed = with_setting(text, "cameras", "north-1", "fps", "5")
    changed = without_setting(changed, "cameras", "north-1", "mount")
    assert "\n" not in changed.replace("\r\n", "")
    assert "    fps: 5\r\n" in changed


def test_who_is_not_there_is_named() -> None:
    with pytest.raises(NotEditable, match="there is no south under `cameras:`"):
        with_setting(FLOW, "cameras", "south", "fps", "5")
