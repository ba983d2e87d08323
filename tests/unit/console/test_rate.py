"""Frames a second are those of the last three seconds."""

from __future__ import annotations

import pytest

from vitrine.services.console.rate import Rate


@pytest.mark.parametrize("fps", [0.5, 10, 60])
def test_a_steady_camera_has_its_rate(fps: float) -> None:
    rate = Rate()
    for number in range(round(10 * fps)):
        measured = rate.count(number / fps)
    assert measured == pytest.approx(fps)


def test_the_first_frame_has_no_rate() -> None:
    assert Rate().count(5.0) == 0


def test_a_rate_forgets_what_is_longer_ago() -> None:
    rate = Rate()
    for tenth in range(100):
        rate.count(tenth / 10)
    for second in range(10, 16):
        measured = rate.count(float(second))
    assert measured == pytest.approx(1)
