"""The codes of plays, looked for in pictures and videos of a screen."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from vitrine.errors import ConfigurationError
from vitrine.programme.display_probe import probe_code
from vitrine.schemas import Play
from vitrine.vision.display_probe import ProbeReader


def look_for_codes(plays: Path, pictures: Iterable[Path]) -> None:
    """Print which of the plays that show a code were seen; exit 1 without any.

    Raises ConfigurationError for a file that cannot be read.
    """
    shown = plays_with_codes(plays)
    if not shown:
        raise ConfigurationError(
            f"{plays}: no play in it shows a code; one in eight does"
        )
    reader = ProbeReader(list(shown))
    seen: set[int] = set()
    for path in pictures:
        for picture in pictures_of(path):
            seen |= reader.find(picture)
    for code, play in shown.items():
        verdict = "seen" if code in seen else "not seen"
        click.echo(f"{verdict:8}  {play.stand_id}  {play.creative_id}  {play.play_id}")
    click.echo(f"{len(seen)} of {len(shown)} plays with a code were seen")
    if not seen:
        sys.exit(1)


def plays_with_codes(path: Path) -> dict[int, Play]:
    """Return the plays of pages that show a code, by it. Raises ConfigurationError."""
    found = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            play = Play.model_validate_json(line)
        except ValidationError as error:
            raise ConfigurationError(
                f"{path}, line {number}: no record of a play"
            ) from error
        code = probe_code(play.play_id)
        if code is not None and play.player == "page":
            found[code] = play
    return found


def pictures_of(path: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield the picture of a file, or every picture of a video. Raises ConfigurationError."""
    picture = cv2.imread(str(path))
    if picture is not None:
        yield picture.astype(np.uint8, copy=False)
        return
    video = cv2.VideoCapture(str(path))
    try:
        read, frame = video.read()
        if not read:
            raise ConfigurationError(f"{path} is neither a picture nor a video")
        while read:
            yield frame.astype(np.uint8, copy=False)
            read, frame = video.read()
    finally:
        video.release()
