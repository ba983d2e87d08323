"""Shapes of faces, step by step: in the picture, centred, normalised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import altair as alt
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vitrine.lab.app.finding import FoundFace
from vitrine.lab.faces.face_videos import Floats
from vitrine.lab.faces.shapes import centred, describe, normalised
from vitrine.vision.pose import mean_shape
from vitrine.vision.shape import POINT_COUNT

STEPS: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "original": np.asarray,
    "centred": centred,
    "normalised": normalised,
}
SAID: Final = {
    "original": "Pixels of the picture: where a face stands, and how large it is.",
    "centred": "About its own middle: the place is gone, the size is left.",
    "normalised": (
        "Divided by its size: what is left is the turn of the head, the expression, and a little "
        "of who it is."
    ),
}
CHART_SIDE: Final = 420
ROOM: Final = 0.55
"""Of the longer extent, on either side of the middle."""


def show_shapes(faces: Sequence[FoundFace]) -> None:
    """Show what each step of the study's normalisation does to the shapes of these faces."""
    numbers = [n for n, face in enumerate(faces) if len(face.points) == POINT_COUNT]
    if not numbers:
        return
    with st.expander("Shapes, step by step"):
        step = st.select_slider("Step", list(STEPS))
        st.caption(SAID[step])
        shapes = np.array([faces[number].points for number in numbers], float)
        points = STEPS[step](shapes)
        st.altair_chart(chart_of(points, numbers), width="content")
        usual = normalised(mean_shape()[:, :2])
        for number, shape in zip(numbers, normalised(shapes), strict=True):
            st.markdown(f"Face {number}: {describe(shape, usual).text}")


def chart_of(points: NDArray[np.float64], numbers: Sequence[int]) -> alt.Chart:
    """Return a chart of points (n, 68, 2), on axes of one scale; y goes down as in a picture."""
    low = points.min(axis=(0, 1))
    high = points.max(axis=(0, 1))
    reach = ROOM * float((high - low).max())
    left, top = ((low + high) / 2 - reach).tolist()
    right, bottom = ((low + high) / 2 + reach).tolist()
    rows = []
    for number, shape in zip(numbers, points.tolist(), strict=True):
        rows += [{"face": str(number), "x": x, "y": y} for x, y in shape]
    across = alt.Scale(domain=[left, right], nice=False)
    down = alt.Scale(domain=[bottom, top], nice=False)
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_circle(size=22)
        .encode(
            x=alt.X("x:Q", scale=across, title=None),
            y=alt.Y("y:Q", scale=down, title=None),
            color=alt.Color("face:N", legend=alt.Legend(orient="bottom")),
        )
        # Streamlit would fit axes and legend into the square, and stretch the faces.
        .properties(width=CHART_SIDE, height=CHART_SIDE, autosize="pad")
    )
    return chart
