"""Who and which video a picture shows, from its path; spelled alike in every set, so that splits agree."""

import re
import unicodedata
from collections.abc import Container, Iterable
from pathlib import PurePosixPath
from typing import Final

from training.datasets.faces import DatasetError

PLAIN_FOLDERS: Final = frozenset({"", "training", "train", "test", "validation"})
"""Folders that hold pictures of many people, who are then known by the picture's name."""


def person_name(text: str) -> str:
    """`First_Last`: one Unicode form, and no spaces. Hyphens, apostrophes and capitals stay."""
    return "_".join(unicodedata.normalize("NFC", text).split())


def person_of(file_name: str) -> str:
    """`First_Last_VF.jpg` → `First_Last` (V is the video, F its frame); also `First_Last_0001.jpg`."""
    stem = PurePosixPath(file_name).stem
    return person_name(stem.rpartition("_")[0] or stem)


def numbered_videos(paths: Iterable[str]) -> frozenset[str]:
    """Which folders with a bare number for a name are videos of the person above them, and not a person.

    They are where more than one person has such folders: `Ann_Lee/0`, `Bo_Ek/0`, but not `faces/0000045`.
    """
    folders = {PurePosixPath(path).parent for path in paths}
    numbered = {
        f
        for f in folders
        if f.name.isdecimal() and f.parent.name.lower() not in PLAIN_FOLDERS
    }
    return frozenset(
        map(str, numbered) if len({f.parent for f in numbered}) > 1 else ()
    )


def person_and_video(path: str, videos: Container[str] = ()) -> tuple[str, str]:
    """Who a picture shows, and `person/video`: its name up to the frame, without the person's name.

    The person is the folder; in PLAIN_FOLDERS it is the name up to the last underscore, which a number
    must follow. A folder in `videos` is a video of the person above it, whatever the picture's name.
    Otherwise, what the picture's name says after the person's:

    - two digits are video and frame: `Ann_Lee_31` → 3;
    - what ends in a separator (`_`, `.` or `-`) and a number, letters before it or not, is the video and
      its frame: `0.123` → 0, `Ann_Lee_2_0007` → 2, `clip_a_frame12` → clip_a;
    - anything else is a picture by itself, as in LFW: `Ann_Lee_0001` → 0001.

    Raises DatasetError where no person can be told.
    """
    place = PurePosixPath(path).parent
    stem = person_name(PurePosixPath(path).stem)
    if str(place) in videos:
        return _named(path, place.parent.name, place.name)
    if place.name.lower() in PLAIN_FOLDERS:
        person, _, rest = stem.rpartition("_")
        if not rest.isdecimal():
            raise DatasetError(
                path, None, "neither in a person's folder nor named Person_number"
            )
        return _named(path, person, _video_of(rest))
    prefix = person_name(place.name) + "_"
    rest = stem[len(prefix) :] if stem.lower().startswith(prefix.lower()) else stem
    return _named(path, place.name, _video_of(rest))


def _named(path: str, person: str, video: str) -> tuple[str, str]:
    name = person_name(person)
    if not name or not video:
        raise DatasetError(
            path, None, "neither in a person's folder nor named Person_number"
        )
    return name, f"{name}/{video}"


def _video_of(rest: str) -> str:
    if re.fullmatch(r"\d\d", rest, re.ASCII):
        return rest[0]
    frame = re.fullmatch(r"(.+?)[._-]+[A-Za-z]*\d+", rest, re.ASCII)
    return frame[1] if frame else rest
