"""A decision in words, for the operator."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stand_builders import make_command
from vitrine.mall.names import Names
from vitrine.services.stand.sentences import decision_in_words

NAMES = Names({"creative:spring:boot": "The boot"})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"probability": 0.474, "alternatives": {"spring/boot": 0.526}},
            "Shown because it was its turn in the rotation, by a chance of 47 %. "
            "Otherwise: The boot (53 %). Configuration v1.",
        ),
        (
            {"probability": 1.0, "reason": "somebody is engaged: shoe-more"},
            "Shown because somebody is engaged: shoe-more, "
            "and nothing else came into question. Configuration v1.",
        ),
        (
            {"probability": 0.999, "alternatives": {"a/b": 0.001}, "arm": "plain"},
            "Shown because it was its turn in the rotation, by a chance of 99 %. "
            "Otherwise: b (less than 1 %). The slot is plain: nothing answers. "
            "Configuration v1.",
        ),
        (
            {
                "probability": 0.2,
                "alternatives": {f"x/{name}": 0.2 for name in "abcd"},
            },
            "Shown because it was its turn in the rotation, by a chance of 20 %. "
            "Otherwise: a (20 %), b (20 %), c (20 %) and 1 more. Configuration v1.",
        ),
    ],
)
def test_a_decision_in_words(fields: dict[str, Any], words: str) -> None:
    assert decision_in_words(make_command(**fields), NAMES) == words
