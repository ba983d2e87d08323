"""Pools of codes as people write them."""

from __future__ import annotations

import pytest

from vitrine.offers.codes import Pool, canonical, read_pool


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ()),
        ("A\nB\n", ("A", "B")),
        ("A\r\nB", ("A", "B")),
        ("A\rB\r", ("A", "B")),
        ("  A \n\n \t\nB\n", ("A", "B")),
        ("# a comment\nA\n#B\n  # withdrawn: C\n", ("A",)),
        ("A # for the press\nB\t#second\n", ("A", "B")),
        ("A#1\n", ("A#1",)),
        ("\ufeff# codes of the agency\r\nA\r\n", ("A",)),
        ("\ufeffA\n", ("A",)),
        ("10 PERCENT\n", ("10 PERCENT",)),
    ],
)
def test_a_pool_has_one_code_a_line(text: str, codes: tuple[str, ...]) -> None:
    assert read_pool(text).codes == codes


def test_a_doubled_code_counts_once() -> None:
    assert read_pool("A\nB\nA\nA # again\n") == Pool(("A", "B"), doubled=2)


def test_lines_that_no_till_can_send_are_left_out() -> None:
    longest = "A" * 100
    text = f"{longest}\n{longest}A\nB\x00\nC\u200b\nD\n"
    assert read_pool(text) == Pool((longest, "D"), unusable=(2, 3, 4))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("A\nB", ("A",)),
        ("A\nB\n", ("A", "B")),
        ("A\r\nB\r", ("A", "B")),
        ("A", ()),
    ],
)
def test_a_last_line_that_is_being_written_waits_for_its_end(
    text: str, codes: tuple[str, ...]
) -> None:
    assert read_pool(text, complete=False).codes == codes


@pytest.mark.parametrize(
    "typed",
    [
        "SPRING-A1B2",
        "spring-a1b2",
        " Spring a1b2 ",
        "SPRINGA1B2\r\n",
        "\x02SPRING-A1B2\t",
    ],
)
def test_a_typed_code_forgives_case_spaces_hyphens_and_line_ends(typed: str) -> None:
    assert canonical(typed) == "SPRINGA1B2"


def test_letters_beyond_ascii_stay_as_they_are() -> None:
    assert canonical("frühling-10") == "FRüHLING10"


def test_codes_that_a_till_cannot_tell_apart_count_once() -> None:
    assert read_pool("AB-1\nab1\nA-B1\n--\n") == Pool(
        ("AB-1",), doubled=2, unusable=(4,)
    )
