"""The hand labels that ship: docs/labels.md says how they were made."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

import vitrine.fieldtest
from vitrine.fieldtest.labels import read_labels

FOLDER = Path(vitrine.fieldtest.__file__).parent / "labels"
NAMES = ["crowd-1080p", "expressions-a", "expressions-b", "two-people-head-pose"]
HEADER = {
    "video",
    "sha256",
    "fps",
    "width",
    "height",
    "every",
    "tolerance_s",
    "complete",
}
COLUMNS = ["person", "what", "from_s", "to_s", "x", "y", "width", "height"]
SHORTEST_GLANCE_S = 0.25


class Span(NamedTuple):
    """Seconds from the first picture."""

    start: float
    end: float


class Keyframe(NamedTuple):
    """A box in pixels of the video at a moment."""

    at: float
    x: float
    y: float
    width: float
    height: float


class Person:
    """Hold the labels of one person."""

    def __init__(self) -> None:
        self.spans: dict[str, list[Span]] = defaultdict(list)
        self.boxes: list[Keyframe] = []


def read(name: str) -> tuple[dict[str, str], list[str], dict[str, Person]]:
    """Read comments, columns and people."""
    lines = (FOLDER / f"{name}.csv").read_text().splitlines()
    comments = dict(line[2:].split(": ", 1) for line in lines if line.startswith("#"))
    table = csv.DictReader(line for line in lines if not line.startswith("#"))
    people: dict[str, Person] = defaultdict(Person)
    for row in table:
        start = float(row["from_s"])
        end = float(row["to_s"])
        if row["what"] == "box":
            assert start == end, row
            box = [float(row[key]) for key in ("x", "y", "width", "height")]
            keyframe = Keyframe(start, *box)
            people[row["person"]].boxes.append(keyframe)
        else:
            span = Span(start, end)
            people[row["person"]].spans[row["what"]].append(span)
    return comments, list(table.fieldnames or ()), dict(people)


def within_any(span: Span, others: list[Span]) -> bool:
    """Tell if a span lies in one of the others."""
    return any(other.start <= span.start and span.end <= other.end for other in others)


def test_every_video_has_labels_and_nothing_else_lies_there() -> None:
    found = sorted(path.name for path in FOLDER.iterdir())
    assert found == [f"{name}.csv" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_the_comments_say_what_was_labelled(name: str) -> None:
    comments, columns, _ = read(name)
    assert comments.keys() >= HEADER
    assert Path(comments["video"]).stem == name
    assert re.fullmatch(r"[0-9a-f]{64}", comments["sha256"])
    assert comments["complete"] in {"yes", "no"}
    assert columns == COLUMNS


@pytest.mark.parametrize("name", NAMES)
def test_the_reader_finds_what_the_file_says(name: str) -> None:
    _, _, people = read(name)
    labels = read_labels(FOLDER / f"{name}.csv")
    assert {person: list(spans) for person, spans in labels.present.items()} == {
        name: person.spans["present"] for name, person in people.items()
    }
    assert {person: list(spans) for person, spans in labels.attending.items()} == {
        name: person.spans["attending"]
        for name, person in people.items()
        if person.spans["attending"]
    }
    assert {person: len(boxes) for person, boxes in labels.boxes.items()} == {
        name: len(person.boxes) for name, person in people.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_people_are_letters_and_everybody_is_present(name: str) -> None:
    _, _, people = read(name)
    assert sorted(people) == [chr(ord("a") + number) for number in range(len(people))]
    for person in people.values():
        assert person.spans["present"]
        assert person.spans.keys() <= {"present", "attending"}


@pytest.mark.parametrize("name", NAMES)
def test_spans_are_ordered_and_attention_lies_inside_presence(name: str) -> None:
    for person in read(name)[2].values():
        for spans in person.spans.values():
            assert all(span.start < span.end for span in spans)
            assert all(first.end < then.start for first, then in pairwise(spans))
        for glance in person.spans["attending"]:
            assert glance.end - glance.start >= SHORTEST_GLANCE_S
            assert within_any(glance, person.spans["present"])


@pytest.mark.parametrize("name", NAMES)
def test_boxes_cover_each_presence_and_lie_in_the_picture(name: str) -> None:
    comments, _, people = read(name)
    width = float(comments["width"])
    height = float(comments["height"])
    for person in people.values():
        moments = [box.at for box in person.boxes]
        assert moments == sorted(set(moments))
        for span in person.spans["present"]:
            assert set(span) <= set(moments)
        for box in person.boxes:
            assert 0 <= box.x < box.x + box.width <= width
            assert 0 <= box.y < box.y + box.height <= height


@pytest.mark.parametrize("name", NAMES)
def test_doubtful_spans_name_a_person_and_lie_inside_presence(name: str) -> None:
    comments, _, people = read(name)
    doubtful = re.findall(r"(\w+) ([\d.]+)-([\d.]+)", comments.get("unsure", ""))
    assert len(doubtful) == comments.get("unsure", "").count("-")
    for person, start, end in doubtful:
        span = Span(float(start), float(end))
        assert span.start < span.end
        assert within_any(span, people[person].spans["present"])


@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_the_labels_are_of_these_videos(name: str, shared: Path) -> None:
    comments, _, _ = read(name)
    content = (shared / "video" / comments["video"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == comments["sha256"]
