"""A wrong configuration says where, and a bad change leaves the last good one active."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from pydantic import field_validator

from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.mall import Address, Camera, checking
from vitrine.mall import folder as mall_folder
from vitrine.mall.folder import MallFolder, load_mall
from vitrine.mall.problems import MOST_PROBLEMS, Refused

EXAMPLES = Path(__file__).parents[3] / "config"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the examples; a change there is seen at once."""
    monkeypatch.setattr(mall_folder, "CHECK_EVERY_S", 0.0)
    for name in checking.FILES:
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
            "fsp: there is no such setting; did you mean 'fps'?",
        ),
        (
            "cameras",
            "fps: 10",
            "fps: ten",
            "fps: found 'ten', expected a number at least 0.01, at most 120",
        ),
        ("cameras", "fps: 10", "fps: '0,5'", "did you mean 0.5?"),
        (
            "cameras",
            "fps: 10",
            "mask: [[0, 0], [1]]",
            "mask[#2][#2]: is missing, expected a number",
        ),
        (
            "cameras",
            "fps: 10",
            "mask: [[0, 0], [0, 1, 0]]",
            "mask[#2]: found a list, expected a list of 2",
        ),
        ("cameras", "fps: 10", "fps: 1e-300", "expected a number at least 0.01"),
        (
            "campaigns",
            "share: 0.6",
            "share: 5e-324",
            "expected a number at least 0.001",
        ),
        (
            "campaigns",
            "budget: 500",
            "budget: 1e400",
            "found '1e400', expected a whole number",
        ),
        ("stands", "width_m: 1.2", "width_m: 1e-9", "expected a number at least 0.05"),
        ("cameras", "fps: 10", "rotate: 45", "found '45', expected 90, 180 or 270"),
        ("cameras", "fps: 10", "aspect: wide", "expected a ratio like"),
        (
            "cameras",
            "fps: 10",
            "aspect: 9",
            "expected a ratio such as 16:9, or a number",
        ),
        (
            "cameras",
            "fps: 10",
            "cone: {yaw: 5}, mount: left",
            "mount and cone both say",
        ),
        (
            "cameras",
            "stand: north",
            "stand: nroth",
            "there is no stand 'nroth'; did you mean 'north'?",
        ),
        (
            "cameras",
            "stand: north,",
            "",
            "cameras[north-1].stand: is missing, expected an id",
        ),
        ("cameras", "id: north-1", "id: floor 1/ä", "did you mean 'floor-1-a'?"),
        (
            "cameras",
            "cameras:",
            "camras:",
            "'camras' is no part of this file; did you mean 'cameras'?",
        ),
        ("cameras", "{id: north-1", "{id: [north-1", "a bracket { or [ is not closed"),
        ("stands", "Europe/Berlin", "europe/berln", "did you mean 'Europe/Berlin'?"),
        ("stands", "min_face: 0.05", "min_face: 0.7", "min_face must be smaller"),
        (
            "stands",
            "recognition: none",
            "recognition: all",
            "found 'all', expected none, enrolled or key-in-hand",
        ),
        (
            "stands",
            "name: North entrance",
            'name: "a\\u202eb"',
            "U+202E, which cannot be seen",
        ),
        ("campaigns", "2027-12-31", "2027-02-29", "to: there is no day 2027-02-29"),
        ("campaigns", "2027-12-31", "2025-12-31", "ends before it starts"),
        ("campaigns", "2027-12-31", "31.12.2027", "expected a day such as 2027-03-31"),
        ("campaigns", "2027-12-31", "20271231", "expected a day such as 2027-03-31"),
        ("campaigns", "2027-12-31", "2027-12-31 23:59:59", "without a time"),
        ("campaigns", "id: coffee", "id: spring", "the id 'spring' is there twice"),
        ("campaigns", "id: coffee", "id: house", "shown when no campaign runs"),
        (
            "campaigns",
            "stands: [north]",
            "stands: [roof]",
            "there is no stand 'roof'; stands.yaml has: north",
        ),
        (
            "campaigns",
            "stands: [north]",
            "stands: north",
            "found 'north', expected a list with at least 1, each item an id",
        ),
        (
            "campaigns",
            "stands: [north]",
            "stands: []",
            "found an empty list, expected a list with at least 1",
        ),
        ("campaigns", "share: 0.6", "share: 60%", "did you mean 0.6?"),
        (
            "campaigns",
            "share: 0.6",
            "share: .nan",
            "found '.nan', expected a number at least 0.001, at most 1",
        ),
        (
            "campaigns",
            "share: 0.6",
            "share: .inf",
            "expected a number at least 0.001, at most 1",
        ),
        (
            "campaigns",
            "budget: 500",
            "budget: 1.5",
            "found '1.5', expected a whole number above 0",
        ),
        ("campaigns", "id: espresso,", "id: market,", "the id 'market' is there twice"),
        (
            "campaigns",
            "engagement: 60",
            "known: maybe",
            "found 'maybe', expected true or false",
        ),
        (
            "campaigns",
            "when: {engagement: 60, for_seconds: 2}",
            "when: often",
            "expected a mapping of engagement",
        ),
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
    with pytest.raises(ConfigurationError) as error:
        load_mall(folder)
    first = str(error.value).splitlines()[0]
    assert re.match(rf".*/{file}\.yaml:\d+: ", first)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("fps: 10", "fsp: 10", 7),
        ("stand: north", "stand: nroth", 6),
        ("width: 640", "", 3),
    ],
)
def test_the_line_is_that_of_the_field(
    folder: Path, old: str, new: str, line: int
) -> None:
    text = "cameras:\n\n  - id: a\n    uri:\n      synthetic\n    stand: north\n    fps: 10\n"
    if not new:
        text = text.replace("    stand: north\n", "")
    (folder / "cameras.yaml").write_text(text.replace(old, new))
    with pytest.raises(ConfigurationError, match=f"cameras.yaml:{line}: "):
        load_mall(folder)


def test_a_key_that_is_no_list_hides_no_mistake_of_the_lists(folder: Path) -> None:
    change(folder / "campaigns.yaml", "share: 0.6", "share: 6")
    change(folder / "campaigns.yaml", "advertisers:", "advertizers:")
    with pytest.raises(Refused) as error:
        load_mall(folder)
    problems = error.value.problems
    assert [problem.field for problem in problems] == ["campaigns[spring].share", ""]
    assert "did you mean 'advertisers'?" in problems[1].text


def test_a_list_of_stands_that_is_none_is_one_mistake(folder: Path) -> None:
    (folder / "stands.yaml").write_text("stands: north\n")
    with pytest.raises(Refused) as error:
        load_mall(folder)
    assert len(error.value.problems) == 1


def test_all_mistakes_of_all_files_are_named_at_once(folder: Path) -> None:
    change(folder / "cameras.yaml", "fps: 10", "fps: 0, widht: 10")
    change(folder / "stands.yaml", "id: north", "id: n/")
    change(folder / "campaigns.yaml", "to: 2027-12-31", "to: 2027-13-01")
    with pytest.raises(Refused) as error:
        load_mall(folder)
    fields = {problem.field for problem in error.value.problems}
    assert fields >= {
        "cameras[north-1].fps",
        "cameras[north-1].widht",
        "stands[n/].id",
        "campaigns[spring].to",
        "campaigns[coffee].to",
    }


def test_a_file_that_cannot_be_read_hides_no_mistake_of_another(folder: Path) -> None:
    (folder / "stands.yaml").write_bytes(b"stands:\n  - name: M\xfcller\n")
    change(folder / "cameras.yaml", "fps: 10", "fps: 0")
    with pytest.raises(Refused) as error:
        load_mall(folder)
    # No "unknown stand": which stands there are is not known.
    assert [problem.line for problem in error.value.problems] == [15, 2]
    assert "save the file as UTF-8" in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_of_windows_editors_are_read(folder: Path, encoding: str) -> None:
    for name in checking.FILES:
        path = folder / f"{name}.yaml"
        text = path.read_text().replace("\n", "\r\n")
        path.write_bytes(text.encode(encoding))
    assert load_mall(folder) == load_mall(EXAMPLES)


def test_settings_of_a_picture_are_read_as_people_write_them(folder: Path) -> None:
    settings = "rotate: 90, aspect: 16:9, flip: horizontal, loop: yes"
    change(folder / "cameras.yaml", "fps: 10", settings)
    (camera,) = load_mall(folder).cameras
    assert (camera.rotate, camera.flip, camera.loop) == (90, "horizontal", True)
    assert camera.aspect == pytest.approx(16 / 9)


def test_an_address_is_refused_with_its_advice(folder: Path) -> None:
    uri = "rtsp://admin:ge#heim@10.0.0.5/1"
    change(folder / "cameras.yaml", "synthetic:?people=4&seed=1", uri)
    with pytest.raises(Refused, match=r"cameras\[north-1\].uri: has .*%23") as error:
        load_mall(folder)
    assert "heim" not in str(error.value)


def test_a_relative_path_begins_at_the_folder_of_the_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(folder / "cameras.yaml", "synthetic:?people=4&seed=1", "videos/shop.mp4")
    monkeypatch.chdir(folder.parent)
    mall = load_mall(Path(folder.name))
    (camera,) = mall.cameras
    assert camera.uri.target == str(folder / "videos" / "shop.mp4")
    # The same on every machine, wherever the folder is.
    assert camera.uri.text == "videos/shop.mp4"
    assert mall.version == load_mall(folder).version


@pytest.mark.parametrize(
    "uri", ["0", "/srv/shop.mp4", "rtsp://10.0.0.5/1", "synthetic:"]
)
def test_other_addresses_stay(folder: Path, uri: str) -> None:
    change(folder / "cameras.yaml", "synthetic:?people=4&seed=1", uri)
    (camera,) = load_mall(folder).cameras
    assert camera.uri == Address.parse(uri)


@pytest.mark.parametrize("name", ['"a\\nb"', '"\\u0007"', '"\\ud800"', "x" * 100])
def test_a_name_that_cannot_be_shown_keeps_the_message_on_one_line(
    folder: Path, name: str
) -> None:
    change(folder / "cameras.yaml", "fps: 10", f"{name}: 10")
    with pytest.raises(Refused) as error:
        load_mall(folder)
    message = str(error.value)
    assert len(message.splitlines()) == len(error.value.problems) == 1
    message.encode()


@pytest.mark.parametrize(
    "text",
    [
        "cameras:\n" + "  - {id: a, uri: '0', stand: nowhere}\n" * 3_000,
        "cameras:\n" + "  - {}\n" * 20_000,
        "cameras:\n" + "a: 1\n" * 20_000,
        "cameras: [" + "1, " * 20_000 + "]\n",
    ],
    ids=["references", "items", "keys", "values"],
)
def test_very_many_mistakes_are_told_in_part(folder: Path, text: str) -> None:
    (folder / "cameras.yaml").write_text(text)
    with pytest.raises(Refused) as error:
        load_mall(folder)
    assert len(error.value.problems) == MOST_PROBLEMS + 1
    assert "there may be more" in str(error.value)
    assert len(str(error.value)) < 100_000


def test_a_list_that_is_none_is_refused(folder: Path) -> None:
    (folder / "campaigns.yaml").write_text("campaigns: 3\n")
    with pytest.raises(Refused, match=r":1: campaigns: found '3', expected a list"):
        load_mall(folder)


def test_a_list_whose_items_are_all_comments_is_empty(folder: Path) -> None:
    (folder / "campaigns.yaml").write_text("campaigns:\n  # - id: spring\n")
    assert load_mall(folder).campaigns == ()


def test_no_stand_at_all_is_a_problem_of_whoever_names_one(folder: Path) -> None:
    (folder / "stands.yaml").write_text("stands:\n  # - id: north\n")
    expected = "there is no stand 'north'; stands.yaml has: none"
    with pytest.raises(Refused, match=expected) as error:
        load_mall(folder)
    assert len(error.value.problems) == 3


@pytest.mark.parametrize("value", ["rtsp://admin:geheim@10.0.0.5/", "admin:geheim@cam"])
@pytest.mark.parametrize(
    "line",
    [
        "{{id: '{}', uri: '0', stand: north}}",
        "{{id: a, uri: ['{}'], stand: north}}",
        "{{id: a, uri: '0', stand: '{}'}}",
        "{{id: a, uri: '0', stand: north, fps: '{}'}}",
        "{{id: a, uri: '0', stand: north, url: '{}'}}",
        "{{id: a, uri: '0', stand: north, '{}': 1}}",
        "{{id: a, uri: '0', stand: north, mount: '{}'}}",
        "'{}'",
        "{{id: a, uri: '0', stand: north, '{}': 1, '{}': 2}}",
    ],
)
def test_no_message_shows_an_address(folder: Path, line: str, value: str) -> None:
    entry = line.format(value, value)
    (folder / "cameras.yaml").write_text(f"cameras:\n  - {entry}\n")
    with pytest.raises(Refused) as error:
        load_mall(folder)
    assert "geheim" not in str(error.value)


def test_a_check_that_repeats_a_secret_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Strict(Camera):
        @field_validator("uri")
        @classmethod
        def _refuse(cls, uri: Address) -> Address:
            raise ValueError(f"no good: {uri.text}")

    monkeypatch.setitem(checking.LISTS, "cameras", {"cameras": Strict})
    texts = {
        "cameras": "cameras: [{id: a, uri: 'rtsp://u:geheim@h/x', stand: b}]",
        "stands": "stands: [{id: b}]",
        "campaigns": "campaigns:",
    }
    with pytest.raises(Refused, match="the value of `uri` cannot be used") as error:
        checking.mall_of(Path(), texts)
    assert "geheim" not in str(error.value)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "stands.yaml").unlink()
    with pytest.raises(
        ConfigurationError, match=r"stands\.yaml: there is no such file"
    ):
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


@pytest.mark.parametrize("kind", ["folder", "pipe", "large", "yml"])
def test_a_file_that_is_none_is_refused(folder: Path, kind: str) -> None:
    path = folder / "stands.yaml"
    text = path.read_text()
    path.unlink()
    expected = {
        "folder": "is no file",
        "pipe": "is no file",
        "large": "is larger than 1,000,000 bytes",
        "yml": "rename stands.yml to stands.yaml",
    }
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "large":
            path.write_text("#" * 1_000_001)
        case "yml":
            path.with_suffix(".yml").write_text(text)
    with pytest.raises(ConfigurationError, match=expected[kind]):
        load_mall(folder)


def test_a_change_is_seen_when_size_and_time_stay(folder: Path) -> None:
    source = MallFolder(folder)
    source.current()
    path = folder / "cameras.yaml"
    before = path.stat()
    path.write_text(path.read_text().replace("fps: 10", "fps: 12"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert source.current().cameras[0].fps == 12


def test_a_renamed_file_of_the_same_size_and_time_is_seen(folder: Path) -> None:
    source = MallFolder(folder)
    source.current()
    path = folder / "cameras.yaml"
    before = path.stat()
    copy = folder / "new"
    copy.write_text(path.read_text().replace("fps: 10", "fps: 12"))
    os.utime(copy, ns=(before.st_atime_ns, before.st_mtime_ns))
    copy.replace(path)
    assert source.current().cameras[0].fps == 12
