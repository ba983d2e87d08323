"""YAML is read strictly, and every failure is a problem of the file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from vitrine.mall import reader
from vitrine.mall.problems import Refused
from vitrine.mall.reader import read_yaml

FILE = Path("cameras.yaml")


def read(text: str) -> Any:
    return read_yaml(FILE, text).plain()


def refused(text: str) -> str:
    with pytest.raises(Refused) as error:
        read_yaml(FILE, text)
    return str(error.value)


@pytest.mark.parametrize(
    "scalar",
    [
        "no",
        "012",
        "2027",
        "1:30",
        "0x_",
        "2027-02-29",
        "1e3",
        ".nan",
        "true",
        "=",
        "a b",
    ],
)
def test_a_plain_scalar_stays_text(scalar: str) -> None:
    assert read(f"a: {scalar}") == {"a": scalar}


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_none_and_quoted_it_is_text(nothing: str) -> None:
    assert read(f"a: {nothing}") == {"a": None}
    assert read(f"a: '{nothing}'") == {"a": nothing}


def test_an_empty_file_is_nothing() -> None:
    assert read("# all of it is a comment\n") is None


def test_the_lines_are_those_of_the_keys() -> None:
    node = read_yaml(FILE, "a:\n\n  b:\n    - 1\n    - 2\n")
    inner = node.below("a")
    assert inner is not None
    listed = inner.below("b")
    assert listed is not None
    second = listed.below(1)
    assert second is not None
    assert (inner.line, listed.line, second.line) == (1, 3, 5)


def test_a_merge_brings_in_what_is_not_given() -> None:
    text = "- &all {fps: 5, stand: north}\n- {<<: *all, fps: 10}\n"
    assert read(text)[1] == {"fps": "10", "stand": "north"}


def test_of_several_merges_the_first_wins() -> None:
    text = "- &a {x: 1}\n- &b {x: 2, y: 2}\n- {<<: [*a, *b]}\n"
    assert read(text)[2] == {"x": "1", "y": "2"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "cameras.yaml:3: 'a' is there twice, first in line 1"),
        ("a: !!int 1", "cameras.yaml:1: the tag"),
        ("a: !!python/object:os.system x", "the tag"),
        ("a: *b", "an alias"),
        ("a: 1\n---\na: 2\n", "cameras.yaml:2: a second document"),
        ("? [1, 2]\n: 3\n", "found a list as a name"),
        ("a: {<<: 3}", "takes an alias of a mapping"),
        ("a:\n\tb: 1", "cameras.yaml:2: a tab"),
        ("a: {b: 1", r"a bracket \{ or \[ is not closed"),
        ("x: 1\na: 'b", "cameras.yaml:2: a quote is opened here and never closed"),
        ("a: b: c", "a second ':'"),
        ("- id:a\n  uri: b", "cameras.yaml:2: .*no space after the ':'"),
        ("a: @b", "in quotes"),
        ('a: "C:\\shop"', "single quotes"),
        ("a: 1\n  b: 2", ":2: "),
        ("a: \x00", "holds a control character"),
        ("a: " + "[" * 3000, "nested more than 12 deep"),
        ("a:\n" + "".join(f"{' ' * n}b:\n" for n in range(1, 900)), "nested more than"),
    ],
)
def test_what_is_wrong_is_said_in_words(text: str, expected: str) -> None:
    assert re.search(expected, refused(text))


def test_all_doubled_keys_are_named_at_once() -> None:
    assert len(refused("a: 1\na: 2\nb: {c: 1, c: 2}\n").splitlines()) == 2


def test_aliases_cannot_multiply_without_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 9):
        before = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} [{before}]")
    assert "more than 200,000 values" in refused("\n".join(lines))


def test_no_syntax_error_shows_the_text_around_it() -> None:
    message = refused('cameras:\n  - uri: "rtsp://admin:geheim@10.0.0.5/1\n')
    assert "geheim" not in message


def test_the_parser_in_python_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)
    assert read("a: [1, ~, 'x']") == {"a": ["1", None, "x"]}
    assert "never closed" in refused("a: 'b")
    assert "a second ':'" in refused("a: b: c")
