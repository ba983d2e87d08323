import numpy as np
import pytest

from vitrine.synthetic.light import DRIFT, LAMP, SPELL, Light
from vitrine.synthetic.noise import Noise
from vitrine.vision.crop import Image

WIDTH = 160
HEIGHT = 90


def make_picture(grey: int = 128) -> Image:
    return np.full((HEIGHT, WIDTH, 3), grey, np.uint8)


def make_light(night: bool = False) -> Light:
    return Light(WIDTH, HEIGHT, np.random.default_rng(5), night)


def test_light_is_a_function_of_time() -> None:
    one = make_light()
    other = make_light()
    later = one.over(make_picture(), 300.0)
    one.over(make_picture(), 10.0)
    assert np.array_equal(one.over(make_picture(), 300.0), later)
    assert np.array_equal(other.over(make_picture(), 300.0), later)


def test_light_drifts_slowly() -> None:
    light = make_light()
    gains = np.array([light.drift(t) for t in np.arange(0, 300, 0.1)])
    assert np.abs(np.diff(gains)).max() < 0.002
    assert 0.5 * DRIFT < np.ptp(gains) <= 2 * DRIFT


def test_a_lamp_switches_now_and_then_and_brightens_its_place() -> None:
    light = make_light()
    states = [light.lamp(spell * SPELL + 1) for spell in range(40)]
    assert {0.0, 1.0} == set(states)
    on, off = (
        light.over(make_picture(), states.index(s) * SPELL + 1).max()
        for s in (1.0, 0.0)
    )
    assert on > off * (1 + LAMP / 2)


def test_a_night_is_dim_and_warm_and_the_shutter_stays_open_longer() -> None:
    day = make_light()
    night = make_light(night=True)
    blue, _, red = night.over(make_picture(), 1.0).reshape(-1, 3).mean(axis=0)
    assert (
        night.over(make_picture(), 1.0).mean()
        < 0.6 * day.over(make_picture(), 1.0).mean()
    )
    assert red > 1.3 * blue
    assert night.exposure > day.exposure
    assert night.gain > day.gain


def spread(grey: int, gain: float = 1.0) -> float:
    noise = Noise(WIDTH, HEIGHT, np.random.default_rng(1), gain)
    return float(noise.over(make_picture(grey), 7).std())


def test_noise_grows_in_the_dark_and_with_the_gain() -> None:
    assert spread(40) > 1.4 * spread(200)
    assert spread(60, gain=2.5) == pytest.approx(2.5 * spread(60), rel=0.1)


def test_noise_is_another_in_each_frame_and_the_same_for_the_same() -> None:
    noise = Noise(WIDTH, HEIGHT, np.random.default_rng(1))
    first, again, second = (noise.over(make_picture(), n) for n in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first.astype(int) - second).mean() > 1
    assert first.mean() == pytest.approx(128, abs=0.5)
