"""What one chooses on several pages: a picture, a detector, a net."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from vitrine.errors import ConfigurationError, Invalid
from vitrine.lab.app import nets, pictures
from vitrine.lab.app.places import Places
from vitrine.synthetic.truth import PersonTruth
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector

DRAWN: Final = "Drawn face"
WEBCAM: Final = "Webcam"
PICTURE: Final = "Picture"
VIDEO: Final = "Video"
KINDS: Final = (DRAWN, WEBCAM, PICTURE, VIDEO)
PICTURE_TYPES: Final = (
    "jpg",
    "jpeg",
    "png",
    "webp",
    "bmp",
    "tif",
    "tiff",
    "gif",
    "avif",
    "heic",
    "heif",
)
VIDEO_TYPES: Final = ("mp4", "mov", "m4v", "mkv", "webm", "avi")
FRAMES: Final = 300
"""Of the drawn mall that can be chosen: a minute."""
SEEDS: Final = 50


@dataclass(frozen=True, eq=False)
class Chosen:
    """Hold the picture to look at."""

    image: Image
    name: str
    """For the names of downloads."""
    people: tuple[PersonTruth, ...] = ()
    """The truth about a drawn picture."""


def choose_kind() -> str:
    """Return one of KINDS."""
    return st.segmented_control("Look at", KINDS, default=DRAWN, required=True)


def choose_picture(kind: str) -> Chosen | None:
    """Return what was chosen; None while there is nothing, or nothing that can be read."""
    try:
        if kind == WEBCAM:
            return _webcam()
        if kind == PICTURE:
            return _picture()
        if kind == VIDEO:
            return _video()
        return _drawn()
    except Invalid as error:
        st.error(f"This cannot be shown: {error}.")
        return None


def _drawn() -> Chosen:
    seed = st.slider("Mall", 1, SEEDS, 2, help="Each number draws other people.")
    people = st.slider("People", 1, 6, 3)
    frame = st.slider("Frame", 0, FRAMES - 1, 30)
    drawn = pictures.drawn(people, seed, frame)
    return Chosen(drawn.image, f"drawn-{seed}-{frame}", drawn.people)


def _webcam() -> Chosen | None:
    taken = st.camera_input("Take a picture")
    if taken is None:
        return None
    return Chosen(pictures.photograph(taken.getvalue()), "webcam")


def _picture() -> Chosen | None:
    given = st.file_uploader("A picture", PICTURE_TYPES)
    if given is None:
        return None
    return Chosen(pictures.photograph(given.getvalue()), Path(given.name).stem)


def _video() -> Chosen | None:
    given = st.file_uploader("A video", VIDEO_TYPES)
    if given is None:
        return None
    content = given.getvalue()
    times = pictures.video_times(content)
    number = 0
    if len(times) > 1:
        number = st.slider("Frame", 0, len(times) - 1, 0)
    st.caption(f"{times[number]:.2f} s of {times[-1]:.2f} s")
    image = pictures.video_frame(content, times[number])
    return Chosen(image, f"{Path(given.name).stem}-{number}")


def choose_detector(places: Places) -> tuple[Detector, float] | None:
    """Return the detector and the least confidence; None where its weights are wrong."""
    names = _detectors(places.models)
    name = st.selectbox("Detector", names)
    try:
        detector = detector_of(name, places.models)
    except ConfigurationError as error:
        st.error(str(error))
        return None
    # Each detector has a scale of its own, so the slider begins at its own threshold.
    least = st.slider(
        "Least confidence",
        0.0,
        1.0,
        detector.trust.sure,
        0.005,
        key=f"least-{name}",
    )
    return detector, least


def choose_net(
    label: str, places: Places, place: int = 0
) -> tuple[str, nets.Net] | None:
    """Return the name and the net; `place` is the one chosen first. None where it is wrong."""
    names = list(_nets(places.models, places.runs))
    name = st.selectbox(label, names, index=place)
    try:
        return name, net_of(name, places.models, places.runs)
    except ConfigurationError as error:
        st.error(str(error))
        return None


@st.cache_data(show_spinner="Looking for detectors …")
def _detectors(models: Path | None) -> list[str]:
    return list(nets.detectors(models))


@st.cache_resource(show_spinner="Loading the detector …")
def detector_of(name: str, models: Path | None) -> Detector:
    """Return a detector, loaded once a process. Raises ConfigurationError."""
    return nets.detectors(models)[name]()


@st.cache_data(show_spinner="Looking for nets …", ttl=60)
def _nets(models: Path | None, runs: Path) -> list[str]:
    return list(nets.nets(models, runs))


@st.cache_resource(show_spinner="Loading the net …")
def net_of(name: str, models: Path | None, runs: Path) -> nets.Net:
    """Return a net, loaded once a process. Raises ConfigurationError."""
    return nets.nets(models, runs)[name]()
