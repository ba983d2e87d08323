"""Which frames the detector sees, of grey pictures in which bright squares come and go."""

import numpy as np
import pytest

from tests.builders import at
from vitrine.faces.schedule import Schedule
from vitrine.vision.crop import Image

KNOWN = np.array([300, 100, 60, 80], np.float32)
"""x, y, width, height of a face that is followed."""
EMPTY: list[tuple[int, int]] = []
FAR = (40, 200)
ON_THE_BODY = (320, 260)


def picture(corners: list[tuple[int, int]], level: int = 90, noise: int = 0) -> Image:
    """Return 640×360 pixels, a face of 24 pixels at each corner (x, y)."""
    image = np.full((360, 640, 3), level, np.uint8)
    for x, y in corners:
        image[y : y + 24, x : x + 24] = level + 25
    if noise:
        grains = np.random.default_rng(noise).normal(0, 5, image.shape)
        image = np.clip(image + grains, 0, 255).astype(np.uint8)
    return image


def wanted(
    pictures: list[Image],
    every: int = 3,
    fps: float = 30,
    known: list[np.ndarray] | None = None,
) -> list[int]:
    """Return the numbers of the pictures that the detector is to see."""
    schedule = Schedule(every)
    chosen = []
    for number, image in enumerate(pictures):
        if schedule.wants(image, at(number / fps), known or []):
            chosen.append(number)
    return chosen


def test_where_nothing_changes_the_detector_looks_twice_a_second() -> None:
    still = [picture([FAR], noise=number + 1) for number in range(31)]
    assert wanted(still) == [0, 15, 30]


@pytest.mark.parametrize("fps", [5, 10, 15, 30, 60])
def test_what_enters_is_looked_at_within_a_tenth_of_a_second(fps: int) -> None:
    for empty in range(1, fps):
        entered = [picture(EMPTY)] * empty + [picture([FAR])] * fps
        first = next(n for n in wanted(entered, fps=fps) if n >= empty)
        assert (first - empty) / fps <= 0.1


def test_a_face_that_fades_in_slowly_is_noticed_before_the_next_look() -> None:
    fading = []
    for number in range(15):
        image = picture(EMPTY)
        image[200:240, 40:80] += np.uint8(2 * number)
        fading.append(image)
    # One look before the half second: at 2 grey values a frame, 8 are passed with the fifth.
    assert wanted(fading) == [0, 5, 10]


def test_what_moves_near_a_known_face_waits_for_the_third_key_frame() -> None:
    moving = [picture([(320, 200 + 4 * number)]) for number in range(19)]
    assert wanted(moving, known=[KNOWN]) == [0, 9, 18]
    assert wanted(moving) == [0, 3, 6, 9, 12, 15, 18]


def test_who_enters_beside_a_known_face_does_not_wait() -> None:
    body = picture([ON_THE_BODY])
    both = picture([ON_THE_BODY, FAR])
    assert wanted([body, body, body, both], known=[KNOWN]) == [0, 3]


def test_with_one_the_detector_sees_each_frame_changed_or_not() -> None:
    assert wanted([picture(EMPTY)] * 4, every=1) == [0, 1, 2, 3]


def test_another_size_and_a_time_before_the_last_are_looked_at() -> None:
    schedule = Schedule(3)
    assert schedule.wants(picture(EMPTY), at(1), [])
    turned = np.ascontiguousarray(picture(EMPTY).transpose(1, 0, 2))
    assert not schedule.wants(picture(EMPTY), at(1.2), [])
    assert schedule.wants(turned, at(1.3), [])
    assert schedule.wants(turned, at(0.5), [])


@pytest.mark.parametrize("box", [(-9e4, -9e4, 1, 1), (9e4, 9e4, 9e4, 9e4)])
def test_a_box_far_outside_hides_nothing(box: tuple[float, ...]) -> None:
    known = [np.array(box, np.float32)]
    assert wanted([picture(EMPTY)] * 3 + [picture([FAR])], known=known) == [0, 3]
