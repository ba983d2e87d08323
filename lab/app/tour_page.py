"""The studies as a guided tour: what each showed, what one can run, and what came out here."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

import streamlit as st

from vitrine.lab.app.accuracy_page import show_section
from vitrine.lab.app.documents import sections
from vitrine.lab.app.places import Places

REPORT_HEIGHT: Final = 900
PAGES: Final = ("studies", "lab")
"""Of the documentation, that hold what was measured."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Hold one stop of the tour."""

    title: str
    question: str
    finding: str
    """Markdown: what to look for."""
    commands: str
    """What to run, in a checkout."""
    words: tuple[str, ...]
    """Sections of PAGES that belong here have one of them in their title."""
    files: str
    """What the commands leave in the folder, HTML or PNG, as a pattern."""


STOPS: Final = (
    Stop(
        "1 · Points by nets of the studies",
        "Which net finds 68 points best, and what does a score tell?",
        "A custom CNN, LeNet, ResNet18, EfficientNet-b0, MobileNetV2, Xception and the product's "
        "heat-map net learn under one protocol. Frames of one video resemble each other: a split "
        "at random puts nearly the same frame on both sides, and its error tells how well the net "
        "remembers. With **people apart** it tells how well the net sees. Compare the two "
        "columns before you compare nets.\n\n"
        "Try *Two nets* with the mean face as the second: it is what a net has to beat.",
        "python -m training studies train mobilenetv2 --split published --epochs 20\n"
        "python -m training studies measure runs/studies/mobilenetv2-published-68-96\n"
        "python -m training studies table\n"
        "python -m training studies transforms transforms.png",
        ("landmark",),
        "transforms*.png",
    ),
    Stop(
        "2 · Who is it, by the points alone?",
        "Can 68 points tell people apart?",
        "The study centred and scaled shapes, grouped them, and trained seven classifiers. With "
        "frames split at random they seem to recognise people (F1 up to .928). Look how far the "
        "figure falls with **whole videos left out**: the difference is what was learned of the "
        "video, its camera and its pose, and not of the person.\n\n"
        "The product recognises by pixels, with a trained embedding: see *Map of faces*.",
        "vitrine lab generate faces\nvitrine lab identity faces",
        ("identit", "tell people"),
        "identity*.html",
    ),
    Stop(
        "3 · What is in the data?",
        "How many videos a person, how long, how large are the faces?",
        "Before a net is trained somebody has to look. People with many videos weigh more; small "
        "faces carry less; a mean shape says which pose the set has. The table has a row a video.",
        "vitrine lab generate faces\nvitrine lab table faces --to videos.csv\n"
        "vitrine lab explore faces",
        ("explor", "videos"),
        "explore*.html",
    ),
    Stop(
        "4 · The 15-keypoint competition",
        "What is worth more: a net, or the missing labels?",
        "Of 7,049 pictures 2,140 have all 15 points; the others came from a source that marked "
        "four. Leaving them out loses two thirds of the pictures, and filling in the mean teaches "
        "the mean. The best solutions of the competition learned from both sources.",
        "python -m training kaggle15 derive files\n"
        "python -m training kaggle15 explore files pictures\n"
        "python -m training kaggle15 train files --epochs 30\n"
        "python -m training kaggle15 submit files submission.csv",
        ("15-keypoint",),
        "pictures/*.png",
    ),
)


def show_tour(places: Places) -> None:
    """Show one stop of the tour at a time."""
    st.title("The studies, a tour")
    st.caption("Four questions from studies of faces, asked again with our own code.")
    titles = [stop.title for stop in STOPS]
    number = st.radio("Stop", range(len(STOPS)), format_func=titles.__getitem__)
    stop = STOPS[number]
    st.subheader(stop.question)
    st.markdown(stop.finding)
    st.markdown("**Run it**")
    st.code(stop.commands, language="sh")
    _show_studies(stop, places)
    _show_reports(stop, places)


def _show_studies(stop: Stop, places: Places) -> None:
    for name in PAGES:
        page = places.page(name)
        if not page.is_file():
            continue
        for section in sections(page):
            title = section.title.lower()
            if any(word in title for word in stop.words):
                with st.expander(f"Measured: {section.title}", expanded=True):
                    show_section(section)


def _show_reports(stop: Stop, places: Places) -> None:
    found = {path.name: path for path in places.reports(stop.files)}
    if not found:
        st.info(
            f"No `{stop.files}` lies in `{places.folder}` yet: run the commands above there, and "
            "it appears here."
        )
        return
    name = next(iter(found))
    if len(found) > 1:
        name = st.selectbox("What the commands left", list(found))
    st.caption(f"`{name}`, as the command wrote it")
    if found[name].suffix == ".png":
        st.image(found[name], width="stretch", alt=name)
        return
    content = base64.b64encode(found[name].read_bytes()).decode()
    # An address of its own: scripts of a report cannot reach into the app.
    st.iframe(f"data:text/html;base64,{content}", height=REPORT_HEIGHT, alt=name)
