"""What is drawn becomes a difference of the files, and is written when nothing else changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from vitrine.calibrate.change import Conflict, Draft, propose, write
from vitrine.errors import ConfigurationError
from vitrine.mall import ConeSetting, Zone
from vitrine.mall.editing import NotEditable
from vitrine.mall.folder import load_mall
from vitrine.mall.problems import Refused

CAMERAS = """\
# Cameras of the north entrance.
cameras:
  - id: north-1          # above the screen
    uri: "rtsp://viewer:s3cret@10.0.0.5/ch1?pass=hunter2"
    # old: rtsp://viewer:older@10.0.0.4/
    stand: north
    mount: left          # until it was measured
  - {id: north-2, uri: "1", stand: north}
"""
STANDS = """\
stands:
  - id: north
    name: Nordeingang, Erdgeschoß
    zone: {min_face: 0.05, max_face: 0.6}   # by eye
"""
MASK = ((0.0, 0.0), (0.25, 0.0), (0.25, 1.0))
DRAFT = Draft(
    mask=MASK,
    zone=Zone(min_face=0.08, max_face=0.5),
    cone=ConeSetting(yaw=4, pitch=-9, half_yaw=21, half_pitch=17),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cameras.yaml").write_text(CAMERAS)
    (tmp_path / "stands.yaml").write_text(STANDS)
    (tmp_path / "campaigns.yaml").write_text("campaigns: []\n")
    return tmp_path


def test_the_files_say_what_was_drawn_and_keep_the_rest(folder: Path) -> None:
    proposal = propose(folder, "north-1", DRAFT)
    write(proposal, proposal.stamp)
    mall = load_mall(folder)
    camera = mall.cameras[0]
    assert camera.mask == MASK
    assert camera.cone == DRAFT.cone
    assert camera.mount is None
    assert mall.stands[0].zone == DRAFT.zone
    assert (folder / "cameras.yaml").read_text() == (
        CAMERAS.replace(
            "    mount: left          # until it was measured\n",
            "    mask: [[0, 0], [0.25, 0], [0.25, 1]]\n"
            "    cone: {yaw: 4, pitch: -9, half_yaw: 21, half_pitch: 17}\n",
        )
    )
    assert (folder / "stands.yaml").read_text() == (
        STANDS.replace("0.05, max_face: 0.6", "0.08, max_face: 0.5")
    )


def test_the_difference_is_unified_and_shows_no_address(folder: Path) -> None:
    shown = propose(folder, "north-1", DRAFT).difference()
    assert "--- cameras.yaml\n+++ cameras.yaml (new)\n@@" in shown
    assert "-    mount: left          # until it was measured" in shown
    assert "+    mask: [[0, 0], [0.25, 0], [0.25, 1]]" in shown
    for secret in ("s3cret", "hunter2", "older", "10.0.0.5"):
        assert secret not in shown


def test_what_is_the_same_already_changes_nothing(folder: Path) -> None:
    draft = Draft(mask=(), zone=Zone(min_face=0.05, max_face=0.6))
    proposal = propose(folder, "north-1", draft)
    assert proposal.changed == []
    assert proposal.difference() == ""


def test_a_file_that_changed_meanwhile_is_not_overwritten(folder: Path) -> None:
    seen = propose(folder, "north-1", DRAFT).stamp
    other = CAMERAS.replace("north-2", "north-3")
    (folder / "cameras.yaml").write_text(other)
    now = propose(folder, "north-1", DRAFT)
    with pytest.raises(Conflict):
        write(now, seen)
    assert (folder / "cameras.yaml").read_text() == other


def test_a_change_in_the_last_moment_is_not_overwritten_either(folder: Path) -> None:
    proposal = propose(folder, "north-1", DRAFT)
    (folder / "cameras.yaml").write_text(CAMERAS + "# new\n")
    with pytest.raises(Conflict, match="changed meanwhile"):
        write(proposal, proposal.stamp)


def test_files_with_mistakes_are_refused_with_their_lines(folder: Path) -> None:
    (folder / "stands.yaml").write_text(STANDS.replace("0.6", "six"))
    with pytest.raises(Refused, match=r"stands\.yaml:4"):
        propose(folder, "north-1", DRAFT)


def test_a_value_that_several_share_is_not_changed(folder: Path) -> None:
    shared = """\
cameras:
  - {id: north-1, uri: "0", stand: north, mask: &till [[0, 0], [1, 0], [1, 1]]}
  - {id: north-2, uri: "1", stand: north, mask: *till}
"""
    (folder / "cameras.yaml").write_text(shared)
    with pytest.raises(NotEditable, match="by hand"):
        propose(folder, "north-2", Draft(mask=MASK))


def test_a_change_that_would_reach_another_stand_is_not_made(folder: Path) -> None:
    merged = "stands:\n  - &north {id: north, zone: {max_face: 0.6}}\n  - {<<: *north, id: south}\n"
    (folder / "stands.yaml").write_text(merged)
    with pytest.raises(NotEditable, match="by hand"):
        propose(folder, "north-2", Draft(zone=Zone(max_face=0.5)))


def test_a_fraction_is_written_as_it_is(folder: Path) -> None:
    mask = ((0.0, 0.0), (1 / 3, 0.0), (0.00001, 1.0))
    proposal = propose(folder, "north-2", Draft(mask=mask))
    write(proposal, proposal.stamp)
    assert load_mall(folder).cameras[1].mask == mask


def test_a_folder_that_cannot_be_written_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    proposal = propose(folder, "north-1", DRAFT)
    monkeypatch.setattr("vitrine.calibrate.change.replace_file", refused)
    with pytest.raises(ConfigurationError, match="by hand"):
        write(proposal, proposal.stamp)
    assert (folder / "cameras.yaml").read_text() == CAMERAS


def test_who_may_read_the_file_stays(folder: Path) -> None:
    path = folder / "cameras.yaml"
    path.chmod(0o644)
    proposal = propose(folder, "north-1", DRAFT)
    write(proposal, proposal.stamp)
    assert path.stat().st_mode & 0o777 == 0o644
    assert sorted(each.name for each in folder.iterdir()) == [
        "cameras.yaml",
        "campaigns.yaml",
        "stands.yaml",
    ]


def test_a_link_stays_a_link(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    real = tmp_path_factory.mktemp("real") / "cameras.yaml"
    (folder / "cameras.yaml").replace(real)
    (folder / "cameras.yaml").symlink_to(real)
    proposal = propose(folder, "north-1", DRAFT)
    write(proposal, proposal.stamp)
    assert (folder / "cameras.yaml").is_symlink()
    assert "half_yaw: 21" in real.read_text()


def test_an_unknown_camera_names_those_that_there_are(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="there are: north-1, north-2"):
        propose(folder, "south", DRAFT)


def test_two_corners_are_no_mask() -> None:
    with pytest.raises(ValidationError, match="three corners or more"):
        Draft(mask=((0, 0), (1, 1)))


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://viewer:pa,ss}word@10.0.0.5/",
        r'"rtsp://viewer:pa\"ssw@10.0.0.5/"',
        "'rtsp://viewer:pa''ss w@10.0.0.5/'",
    ],
)
def test_no_part_of_a_password_is_in_the_difference(folder: Path, address: str) -> None:
    written = CAMERAS.replace(
        '"rtsp://viewer:s3cret@10.0.0.5/ch1?pass=hunter2"', f"{address}  # kept"
    )
    (folder / "cameras.yaml").write_text(written)
    shown = propose(folder, "north-1", DRAFT).difference()
    assert "ss" not in shown
    assert "10.0.0.5" not in shown
    assert ' uri: "…"  # kept' in shown
