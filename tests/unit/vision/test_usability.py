"""Usable pictures: what is wrong with a camera's, and from when on."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from vitrine.clock import SECOND_NS
from vitrine.vision.crop import Image
from vitrine.vision.usability import Problem, UsabilityJudge

HEIGHT = 360
WIDTH = 640


def shop(seed: int = 0) -> Image:
    """Return a place with shelves and goods, each in one colour, with sharp edges."""
    random = np.random.default_rng(seed)
    colours = random.integers(30, 226, (18, 32, 3), np.uint8)
    size = (WIDTH, HEIGHT)
    return np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_NEAREST))


def seen(picture: Image, second: float, light: float = 1.0) -> Image:
    """Return a picture as a sensor sees it: new noise in each frame."""
    random = np.random.default_rng(round(second * 1000))
    noise = random.normal(0, 2, picture.shape)
    return np.clip(picture * light + noise, 0, 255).astype(np.uint8)


def lively(second: float) -> Image:
    """Return the shop, with light that drifts as clouds and exposure do."""
    drift = 1 + 0.03 * np.sin(second / 5)
    return seen(shop(), second, float(drift))


def watch(
    scene: Callable[[float], Image],
    until: float,
    judge: UsabilityJudge | None = None,
    start: float = 0.0,
) -> list[tuple[float, Problem | None]]:
    """Return the seconds at which something else is said of a camera, and what."""
    judge = judge or UsabilityJudge(fixed=True)
    changes: list[tuple[float, Problem | None]] = []
    for step in range(round(2 * (until - start))):
        second = start + step / 2
        problem = judge.observe(round(second * SECOND_NS), scene(second))
        if not changes or changes[-1][1] != problem:
            changes.append((second, problem))
    return changes


def test_an_empty_shop_whose_light_drifts_is_usable() -> None:
    assert watch(lively, 90) == [(0, None)]


def test_a_picture_that_is_held_is_frozen_after_twenty_seconds() -> None:
    still = lively(0)
    assert watch(lambda second: still, 25) == [(0, None), (20, "frozen")]


def test_noise_does_not_make_a_held_picture_new() -> None:
    assert watch(lambda second: seen(shop(), second), 25) == [
        (0, None),
        (20, "frozen"),
    ]


def test_a_frozen_camera_is_usable_again_with_its_first_new_picture() -> None:
    def scene(second: float) -> Image:
        if 30 <= second < 60:
            return lively(30.0)
        return lively(second)

    assert watch(scene, 65) == [(0, None), (50, "frozen"), (60, None)]


def test_somebody_who_moves_in_one_corner_is_something_new() -> None:
    def scene(second: float) -> Image:
        picture = shop().copy()
        side = 40 + 20 * (round(second) % 2)
        picture[-side:, :side] = 60
        return seen(picture, second)

    assert watch(scene, 60) == [(0, None)]


def dark(second: float) -> Image:
    return seen(shop(), second, 0.05)


def tape(second: float) -> Image:
    return seen(np.full_like(shop(), 128), second)


def hand(second: float) -> Image:
    light = np.linspace(20, 110, WIDTH)[None, :, None]
    return seen(np.broadcast_to(light, (HEIGHT, WIDTH, 3)).astype(np.uint8), second)


def blurred(second: float) -> Image:
    blur = cv2.GaussianBlur(shop(), (0, 0), 8)
    return seen(np.asarray(blur, np.uint8), second)


def no_signal(second: float) -> Image:
    slate = np.full_like(shop(), (160, 40, 0))
    place = (40 + round(10 * second), 160)
    cv2.putText(slate, "NO SIGNAL", place, 0, 1.5, (255, 255, 255), 3)
    return slate


@pytest.mark.parametrize(
    ("scene", "problem"),
    [
        (dark, "dark"),
        (tape, "covered"),
        (hand, "defocused"),
        (blurred, "defocused"),
        (no_signal, "slate"),
    ],
)
def test_a_spoilt_picture_is_not_usable_from_the_first_one_on(
    scene: Callable[[float], Image], problem: Problem
) -> None:
    assert watch(scene, 3) == [(0, problem)]


def elsewhere(second: float) -> Image:
    """Return another place from the 30th second on."""
    if second < 30:
        return lively(second)
    return seen(shop(seed=7), second, 1 + 0.03 * float(np.sin(second / 5)))


def test_another_place_is_a_camera_that_was_turned() -> None:
    assert watch(elsewhere, 45) == [(0, None), (40, "turned-away")]


def test_a_camera_that_is_turned_back_is_usable_at_once() -> None:
    judge = UsabilityJudge(fixed=True)
    watch(elsewhere, 45, judge)
    assert watch(lively, 50, judge, start=45) == [(45, None)]


def test_a_recording_may_show_another_place() -> None:
    judge = UsabilityJudge(fixed=False)
    assert watch(elsewhere, 60, judge) == [(0, None)]


def test_a_crowd_before_half_of_the_view_turns_no_camera() -> None:
    def scene(second: float) -> Image:
        picture = lively(second)
        if second >= 30:
            picture[:, : WIDTH // 2] = seen(shop(seed=7), second)[:, : WIDTH // 2]
        return picture

    assert watch(scene, 60) == [(0, None)]


def test_what_lies_behind_the_mask_says_nothing() -> None:
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
    mask[:, : WIDTH // 2] = 0
    picture = np.full_like(shop(), 128)
    picture[:, : WIDTH // 2] = 0
    judge = UsabilityJudge(mask, fixed=True)
    assert watch(lambda second: seen(picture, second), 2, judge) == [(0, "covered")]


def test_a_mask_over_everything_leaves_nothing_to_see() -> None:
    judge = UsabilityJudge(np.zeros((HEIGHT, WIDTH), np.uint8), fixed=True)
    assert judge.observe(0, lively(0)) == "covered"


@pytest.mark.parametrize("size", [(64, 48), (1920, 1080), (360, 640), (2, 2)])
def test_pictures_of_any_size_are_judged(size: tuple[int, int]) -> None:
    judge = UsabilityJudge(fixed=True)
    picture = cv2.resize(shop(), size, interpolation=cv2.INTER_AREA)
    judge.observe(0, np.asarray(picture, np.uint8))
