"""Blocks hold their weights, and say what the next draw may be."""

from __future__ import annotations

from random import Random

import pytest

from vitrine.programme.blocks import BLOCK, MOST_OWED, Blocks


def drawn(blocks: Blocks, weights: dict[str, float], random: Random) -> str:
    """Draw a name by its chances, and take it."""
    chances = blocks.chances(weights)
    names = list(chances)
    [name] = random.choices(names, list(chances.values()))
    blocks.take(name)
    return name


def test_chances_are_the_tickets_that_are_left() -> None:
    blocks = Blocks(length=4)
    weights = {"x": 0.5, "y": 0.5}
    seen = []
    for name in ("x", "y", "y", "x"):
        seen.append(blocks.chances(weights)["x"])
        blocks.take(name)
    assert seen == [1 / 2, 1 / 3, 1 / 2, 1.0]


def test_asking_twice_changes_nothing() -> None:
    blocks = Blocks()
    weights = {"x": 3.0, "y": 1.0}
    blocks.chances(weights)
    blocks.take("y")
    assert blocks.chances(weights) == blocks.chances(weights)
    assert blocks.chances(weights) == {"x": 15 / 19, "y": 4 / 19}


@pytest.mark.parametrize("seed", range(5))
def test_each_name_comes_as_often_as_its_weight_asks_for(seed: int) -> None:
    weights = {"x": 0.47, "y": 0.31, "z": 0.2, "rare": 0.02}
    blocks = Blocks()
    random = Random(seed)
    counts = dict.fromkeys(weights, 0)
    for number in range(1, 50 * BLOCK + 1):
        counts[drawn(blocks, weights, random)] += 1
        within = 0 if number % BLOCK == 0 else 1
        for name, weight in weights.items():
            tickets = weight * BLOCK + 1
            assert abs(counts[name] - weight * number) < 1 + within * tickets


def test_the_next_draw_cannot_be_guessed() -> None:
    """Of four alike, the likeliest comes less than twice as often as by chance."""
    weights = dict.fromkeys("abcd", 1.0)
    blocks = Blocks()
    random = Random(1)
    right = 0
    for _ in range(4_000):
        chances = blocks.chances(weights)
        guess = max(chances, key=chances.__getitem__)
        right += drawn(blocks, weights, random) == guess
    assert 0.25 < right / 4_000 < 0.45


def test_what_is_owed_is_made_up_for_when_weights_change() -> None:
    blocks = Blocks(length=4)
    alike = {"x": 1.0, "y": 1.0}
    blocks.chances(alike)
    blocks.take("x")
    blocks.chances(alike)
    blocks.take("x")
    # Two of x, where each was to have one: x gets one less of the next four, and y one more.
    assert blocks.chances({"x": 1.0, "y": 1.0, "z": 2.0}) == {"y": 0.5, "z": 0.5}


def test_who_cannot_be_drawn_for_a_while_loses_its_turns_only() -> None:
    blocks = Blocks(length=4)
    alike = {"x": 1.0, "y": 1.0}
    for _ in range(3):
        blocks.chances({"x": 1.0})
        blocks.take("x")
    assert blocks.chances(alike) == {"x": 0.5, "y": 0.5}


def test_names_apart_are_not_drawn_and_keep_their_tickets() -> None:
    blocks = Blocks(length=4)
    weights = {"x": 1.0, "y": 1.0, "z": 2.0}
    assert blocks.chances(weights, {"x"}) == {"y": 1 / 3, "z": 2 / 3}
    assert blocks.chances(weights) == {"x": 0.25, "y": 0.25, "z": 0.5}


def test_when_only_names_apart_are_left_another_stands_between() -> None:
    blocks = Blocks(length=4)
    weights = {"x": 1.0, "y": 2.0, "z": 1.0}
    blocks.chances(weights)
    for name in ("x", "z"):
        blocks.take(name)
    assert blocks.chances(weights, {"y"}, last="x") == {"z": 1.0}
    assert blocks.chances(weights, {"y"}, last="z") == {"x": 1.0}
    assert blocks.chances(weights, {"y", "z"}, last="x") == {}
    blocks.take("z")
    assert blocks.chances(weights) == {"y": 1.0}


def test_memory_is_bounded() -> None:
    blocks = Blocks()
    for number in range(2 * MOST_OWED):
        weights = {f"c{number}": 1.0, "always": 1.0}
        blocks.chances(weights)
        blocks.take("always")
    assert len(blocks._owed) <= MOST_OWED + 2
