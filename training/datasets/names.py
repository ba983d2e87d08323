"""Person and video of a picture, from its path: spelled alike in every set, so splits agree."""

import re
import unicodedata
from collections.abc import Container, Iterable
from pathlib import PurePosixPath
from typing import Final

from training.datasets.faces import DatasetError

PLAIN_FOLDERS: Final = frozenset({"", "training", "train", "test", "validation"})
"""Folders that hold pictures of many people, who are then known by the picture's name."""
NUMBERED_FRAME: Final = re.compile(r"(.+?)[._-]+[A-Za-z]*\d+", re.ASCII)
"""A video's name, a separator, and the number of a frame, letters before it or not."""
VIDEO_AND_FRAME: Final = re.compile(r"\d\d", re.ASCII)


def person_name(text: str) -> str:
    """Return `First_Last`: one Unicode form, and no spaces.

    Hyphens, apostrophes and capitals stay.
    """
    # Some archives store ü as one character, some as u and two dots.
    composed = unicodedata.normalize("NFC", text)
    return "_".join(composed.split())


def person_of(file_name: str) -> str:
    """Return the person in a picture: `First_Last` of `First_Last_VF.jpg`.

    V is the video, F its frame. Likewise of `First_Last_0001.jpg`.
    """
    stem = PurePosixPath(file_name).stem
    person, _, _ = stem.rpartition("_")
    return person_name(person or stem)


def numbered_videos(paths: Iterable[str]) -> frozenset[str]:
    """Return the folders, named with a bare number, that are videos of the person above them.

    They are where more than one person has such folders: `Ann_Lee/0`, `Bo_Ek/0`, but not
    `faces/0000045`.
    """
    folders = {PurePosixPath(path).parent for path in paths}
    videos = set()
    people = set()
    for folder in folders:
        person = folder.parent
        if not folder.name.isdecimal():
            continue
        if _is_plain(person):
            continue
        videos.add(str(folder))
        people.add(person)
    # One folder with numbered folders is rather a set of its own than a person.
    if len(people) > 1:
        return frozenset(videos)
    return frozenset()


def person_and_video(path: str, videos: Container[str] = ()) -> tuple[str, str]:
    """Return the person in a picture, and `person/video`.

    The person is the folder; in PLAIN_FOLDERS it is the name up to the last underscore, which a
    number must follow. A folder in `videos` is a video of the person above it, whatever the
    picture's name. Otherwise the video is in the picture's name, after the person's:

    - two digits are video and frame: `Ann_Lee_31` → 3;
    - what ends in a separator (`_`, `.` or `-`) and a number, letters before it or not, is the
      video and its frame: `0.123` → 0, `Ann_Lee_2_0007` → 2, `clip_a_frame12` → clip_a;
    - anything else is a picture by itself, as in LFW: `Ann_Lee_0001` → 0001.

    Raises DatasetError where no person can be told.
    """
    folder = PurePosixPath(path).parent
    stem = person_name(PurePosixPath(path).stem)
    if str(folder) in videos:
        person = folder.parent.name
        return _named(path, person, folder.name)
    if _is_plain(folder):
        person, _, rest = stem.rpartition("_")
        # A name without a number, such as `Ann_Lee`, would become the person `Ann`.
        if not rest.isdecimal():
            raise _nameless(path)
        video = _video_of(rest)
        return _named(path, person, video)
    rest = _without_person(stem, folder.name)
    video = _video_of(rest)
    return _named(path, folder.name, video)


def _without_person(stem: str, person: str) -> str:
    """Return a picture's name less the person's, which it repeats in LFW."""
    prefix = person_name(person) + "_"
    start = len(prefix)
    if stem[:start].lower() == prefix.lower():
        return stem[start:]
    return stem


def _is_plain(folder: PurePosixPath) -> bool:
    return folder.name.lower() in PLAIN_FOLDERS


def _named(
    path: str,
    person: str,
    video: str,
) -> tuple[str, str]:
    name = person_name(person)
    if not name or not video:
        raise _nameless(path)
    return name, f"{name}/{video}"


def _nameless(path: str) -> DatasetError:
    reason = "neither in a person's folder nor named Person_number"
    return DatasetError(path, None, reason)


def _video_of(rest: str) -> str:
    if VIDEO_AND_FRAME.fullmatch(rest):
        return rest[0]
    frame = NUMBERED_FRAME.fullmatch(rest)
    if frame:
        return frame[1]
    return rest
