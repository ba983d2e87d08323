"""The map of faces: what is near for the embedding is near here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import altair as alt
import numpy as np
import streamlit as st

from vitrine.errors import Invalid
from vitrine.lab.app.choosing import PICTURE_TYPES, detector_of, net_of
from vitrine.lab.app.embedding_map import (
    LEAST_FACES,
    METHODS,
    MappedFace,
    Method,
    Seeing,
    drawn_faces,
    neighbours_alike,
    placed,
)
from vitrine.lab.app.nets import OUR_NET
from vitrine.lab.app.pictures import photograph
from vitrine.lab.app.places import Places
from vitrine.vision.embedding import Embedder
from vitrine.vision.models import embedding_model
from vitrine.vision.networks import load_network
from vitrine.vision.shape import Points

FACES: Final = "mapped-faces"
"""Where a browser's session keeps them, in memory."""
DRAWN: Final = "Drawn people"
PICTURES: Final = "Pictures"
BY_EMBEDDING: Final = "Alike, by the embedding"
ON_MAP: Final = "Alike, on the map"
CHART_HEIGHT: Final = 560


def show_map(places: Places) -> None:
    """Show a map of drawn people, or of one's own pictures."""
    st.title("Map of faces")
    st.caption(
        "Each point is a face; near ones resemble each other. Point at one to see it: "
        "thumbnails are in memory, and gone with the page."
    )
    stage, controls = st.columns([2, 1], gap="large")
    with controls:
        kind = st.segmented_control(
            "Faces of", (DRAWN, PICTURES), default=DRAWN, required=True
        )
        if kind == DRAWN:
            _from_the_mall(places)
        else:
            _from_pictures(places)
        method: Method = st.radio("Method", METHODS, horizontal=True)
        if FACES in st.session_state and st.button("Forget these faces"):
            del st.session_state[FACES]
    faces: list[MappedFace] = st.session_state.get(FACES, [])
    with stage:
        if len(faces) < LEAST_FACES:
            st.info(f"A map needs at least {LEAST_FACES} faces.")
            return
        _show(faces, method)


def _from_the_mall(places: Places) -> None:
    people = st.slider("People", 2, 12, 6)
    looks = st.slider("Looks", 5, 60, 20, help="One every four seconds.")
    seed = st.slider("Mall", 1, 50, 2)
    if not st.button("Draw the map", type="primary"):
        return
    seeing = _seeing(places)
    bar = st.progress(0.0, "Looking at the drawn mall …")
    faces: list[MappedFace] = []
    for look in range(looks):
        faces += drawn_faces(seeing, people, seed, look)
        bar.progress((look + 1) / looks, f"{len(faces)} faces in {look + 1} looks")
    bar.empty()
    st.session_state[FACES] = faces


def _from_pictures(places: Places) -> None:
    given = st.file_uploader("Pictures", PICTURE_TYPES, accept_multiple_files=True)
    st.caption(
        "The name of a person is the file's name up to its first number or dash: "
        "`anna-1.jpg` and `anna-2.jpg` are of anna."
    )
    if not given or not st.button("Draw the map", type="primary"):
        return
    seeing = _seeing(places)
    bar = st.progress(0.0, "Looking at the pictures …")
    faces: list[MappedFace] = []
    for number, file in enumerate(given, start=1):
        bar.progress(number / len(given), file.name)
        name = person_of(file.name)
        try:
            found = seeing.faces(photograph(file.getvalue()), _named(name))
        except Invalid as error:
            st.warning(f"{file.name} is left out: {error}.")
            continue
        if not found:
            st.warning(f"{file.name} is left out: no face was found.")
        faces += found
    bar.empty()
    st.session_state[FACES] = faces


def _named(name: str) -> Callable[[Points], str]:
    """Return what gives every face this name."""
    return lambda _: name


def person_of(file: str) -> str:
    """Return the name of a person of a file's name: what stands before a number or a dash."""
    stem = Path(file).stem
    for place, letter in enumerate(stem):
        if place and (letter.isdigit() or letter in "-_ "):
            return stem[:place]
    return stem


def _seeing(places: Places) -> Seeing:
    return Seeing(
        detector_of("Vitrine", places.models),
        net_of(OUR_NET, places.models, places.runs),
        _embedder(places.models),
    )


@st.cache_resource(show_spinner="Loading the embedding …")
def _embedder(models: Path | None) -> Embedder:
    path = embedding_model(models)
    return Embedder(load_network(path), path.stem)


def _show(faces: Sequence[MappedFace], method: Method) -> None:
    vectors = np.stack([face.vector for face in faces])
    labels = [face.label for face in faces]
    at = placed(vectors, method)
    rows = []
    for face, (x, y) in zip(faces, at.tolist(), strict=True):
        rows.append({"x": x, "y": y, "person": face.label, "image": face.picture})
    st.altair_chart(_chart(rows))
    people, before, after = st.columns(3)
    people.metric("Faces, people", f"{len(faces)}, {len(set(labels))}")
    before.metric(BY_EMBEDDING, _percent(neighbours_alike(vectors, labels)))
    after.metric(ON_MAP, _percent(neighbours_alike(at, labels)))
    st.caption(
        "Alike: the nearest other face is of the same person. The embedding has 128 numbers, the "
        "map two: what it shows near need not be near, and with t-SNE the distance of two groups "
        "means nothing."
    )


def _percent(share: float) -> str:
    return "not known" if np.isnan(share) else f"{share:.0%}"


def _chart(rows: list[dict[str, str | float]]) -> alt.Chart:
    """Return the map; Vega shows a field called `image` as a picture."""
    nothing = alt.Axis(labels=False, ticks=False, grid=False, title=None, domain=False)
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_circle(size=110, opacity=0.85)
        .encode(
            x=alt.X("x:Q", axis=nothing, scale=alt.Scale(zero=False)),
            y=alt.Y("y:Q", axis=nothing, scale=alt.Scale(zero=False)),
            color=alt.Color("person:N", legend=alt.Legend(orient="bottom", title=None)),
            tooltip=["image:N", "person:N"],
            # Read aloud; else the picture would be, letter by letter.
            description="person:N",
        )
        .properties(height=CHART_HEIGHT)
        .interactive()
    )
    return chart
