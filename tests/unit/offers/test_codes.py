"""Pools of codes as people write them."""

from __future__ import annotations

import pytest

from vitrine.offers.codes import codes_in


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", []),
        ("A\nB\n", ["A", "B"]),
        ("A\r\nB", ["A", "B"]),
        ("  A \n\n \t\nB\n", ["A", "B"]),
        ("# a comment\nA\n#B\n", ["A"]),
        ("A#1\n", ["A#1"]),
    ],
)
def test_a_pool_has_one_code_a_line(text: str, codes: list[str]) -> None:
    assert codes_in(text) == codes
