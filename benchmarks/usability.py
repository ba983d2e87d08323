"""Print which pictures are found usable: real and synthetic ones, as they are and spoilt.

    python -m benchmarks.usability                                the synthetic mall
    python -m benchmarks.usability --videos ../shared/video       real cameras too

Each source is watched for a minute, a picture a second; shorter videos are played forwards
and backwards. A spoilt camera counts by what is said of it at the end. One that is as it should
be counts by all that was said of it: a single wrong look would be missing time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import av
import click
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from vitrine.clock import SECOND_NS
from vitrine.synthetic.mall import SyntheticMall
from vitrine.vision.crop import Image
from vitrine.vision.usability import PROBLEMS, UsabilityJudge

SECONDS: Final = 60
LOOKS: Final = SECONDS
SPOILT_FROM: Final = LOOKS // 2
"""The first half minute shows the place as it is."""
WIDTH: Final = 640
SCENES: Final = ("quiet", "night", "rush", "demo", "posters")
USABLE: Final = "usable"

Pictures: TypeAlias = list[Image]


class Spoilt:
    """Hold a camera's pictures, and the noise of a camera that is spoilt."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self._rng = np.random.default_rng(0)

    def noisy(self, picture: Image, deviation: float) -> Image:
        """Return a picture with new noise of a sensor, as a camera's JPEG."""
        noise = self._rng.normal(0, deviation, picture.shape)
        disturbed = np.clip(picture + noise, 0, 255).astype(np.uint8)
        quality = (cv2.IMWRITE_JPEG_QUALITY, 80)
        _, jpeg = cv2.imencode(".jpg", disturbed, quality)
        return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


Spoil: TypeAlias = Callable[[Spoilt, int], Image]
"""Return picture n of a spoilt camera."""


def frozen(camera: Spoilt, n: int) -> Image:
    """Hold the last picture."""
    return camera.pictures[min(n, SPOILT_FROM)]


def frozen_with_noise(camera: Spoilt, n: int) -> Image:
    """Hold the last picture, with new noise in every frame."""
    return camera.noisy(camera.pictures[min(n, SPOILT_FROM)], 2)


def dark(camera: Spoilt, n: int) -> Image:
    """Turn off the light: a twentieth of it is left, and noise."""
    left = camera.pictures[n] // 20
    return camera.noisy(left, 5)


def covered(camera: Spoilt, n: int) -> Image:
    """Stick tape over the lens."""
    return camera.noisy(np.full_like(camera.pictures[n], 90), 2)


def behind_a_hand(camera: Spoilt, n: int) -> Image:
    """Hold a hand over the lens: light comes through at one side."""
    height, width = camera.pictures[n].shape[:2]
    light = np.linspace(20, 110, width)[None, :, None] * (0.3, 0.4, 1.0)
    whole = np.broadcast_to(light, (height, width, 3))
    return camera.noisy(whole.astype(np.uint8), 2)


def defocused(camera: Spoilt, n: int) -> Image:
    """Turn the lens out of focus: a hundredth of the width."""
    blurred = cv2.GaussianBlur(camera.pictures[n], (0, 0), WIDTH / 100)
    return camera.noisy(np.asarray(blurred, np.uint8), 2)


def turned(camera: Spoilt, n: int) -> Image:
    """Turn the camera to another place: the same one, upside down and mirrored."""
    return np.ascontiguousarray(camera.pictures[n][::-1, ::-1])


def no_signal(camera: Spoilt, n: int) -> Image:
    """Show what a recorder draws without a signal; its words wander."""
    slate = np.full_like(camera.pictures[n], (160, 40, 0))
    place = (40 + 3 * n, 160)
    cv2.putText(slate, "NO SIGNAL", place, 0, 1.5, (255, 255, 255), 3)
    return slate


def colour_bars(camera: Spoilt, n: int) -> Image:
    """Show a test card, and a clock in it that runs."""
    colours = ((192,) * 3, (0, 192, 192), (192, 192, 0), (0, 192, 0), (192, 0, 0))
    card = np.empty_like(camera.pictures[n])
    width = card.shape[1] // len(colours)
    for place, colour in enumerate(colours):
        card[:, place * width :] = colour
    cv2.putText(card, f"{n:05d}", (40, 300), 0, 1, (255, 255, 255), 2)
    return card


SPOILT: Final[dict[str, Spoil]] = {
    "frozen": frozen,
    "frozen, with noise": frozen_with_noise,
    "dark": dark,
    "covered by tape": covered,
    "covered by a hand": behind_a_hand,
    "defocused": defocused,
    "turned away": turned,
    "no signal": no_signal,
    "test card": colour_bars,
}


def scene(name: str, seed: int) -> Pictures:
    """Return pictures of the synthetic mall, one a second."""
    mall = SyntheticMall.from_uri(
        f"synthetic:?scene={name}&seed={seed}", WIDTH, 360, 1.0
    )
    return [mall.frame(n)[0] for n in range(LOOKS)]


def video(path: Path) -> Pictures:
    """Return pictures of a video, one a second, forwards and backwards."""
    pictures = list(_every_second(path))
    there_and_back = pictures + pictures[-2:0:-1]
    return [there_and_back[n % len(there_and_back)] for n in range(LOOKS)]


def _every_second(path: Path) -> Iterator[Image]:
    with av.open(path) as container:
        stream = container.streams.video[0]
        rate = float(stream.guessed_rate or stream.average_rate or 25)
        step = max(1, round(rate))
        for number, frame in enumerate(container.decode(stream)):
            if number % step == 0:
                height = round(frame.height * WIDTH / frame.width / 2) * 2
                pixels = frame.to_ndarray(width=WIDTH, height=height, format="bgr24")
                yield np.asarray(pixels, np.uint8)


def verdicts(pictures: Pictures, spoil: Spoil | None) -> list[str]:
    """Return what is said of each picture."""
    judge = UsabilityJudge(fixed=True)
    camera = Spoilt(pictures)
    said: list[str] = []
    for n, picture in enumerate(pictures):
        shown = picture
        if spoil is not None and n >= SPOILT_FROM:
            shown = spoil(camera, n)
        problem = judge.observe(n * SECOND_NS, shown)
        said.append(problem or USABLE)
    return said


def watch(pictures: Pictures, found: dict[str, Counter[str]]) -> None:
    """Add what is said of one source, as it is and spoilt."""
    found["as it is"].update(verdicts(pictures, None))
    for name, spoil in SPOILT.items():
        last = verdicts(pictures, spoil)[-1]
        found[name][last] += 1


def table(title: str, found: dict[str, Counter[str]]) -> Table:
    """Return the confusion: how a camera is, and what is said of it."""
    said = (USABLE, *PROBLEMS)
    result = Table("the camera is", *said, title=title)
    for name, counts in found.items():
        row = [name]
        row += [str(counts[verdict] or "") for verdict in said]
        result.add_row(*row)
    return result


@click.command()
@click.option(
    "--videos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of recordings by cameras that do not move.",
)
@click.option("--seeds", default=1, show_default=True, help="Malls of each scene.")
def main(videos: Path | None, seeds: int) -> None:
    """Print which pictures are found usable."""
    console = Console()
    synthetic: dict[str, Counter[str]] = defaultdict(Counter)
    malls = [(name, seed) for name in SCENES for seed in range(seeds)]
    for name, seed in track(malls, "synthetic scenes", console=console):
        watch(scene(name, seed), synthetic)
    console.print(table("synthetic; looks as it is, cameras when spoilt", synthetic))
    if videos is None:
        return
    real: dict[str, Counter[str]] = defaultdict(Counter)
    for path in track(sorted(videos.iterdir()), "recordings", console=console):
        watch(video(path), real)
    console.print(table("real; looks as it is, cameras when spoilt", real))


if __name__ == "__main__":
    main()
