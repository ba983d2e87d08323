"""Two nets on the same face."""

from __future__ import annotations

import numpy as np
import streamlit as st

from vitrine.lab.app.choosing import (
    Chosen,
    choose_detector,
    choose_kind,
    choose_net,
    choose_picture,
)
from vitrine.lab.app.drawing import FIRST, SECOND, draw_one, draw_two
from vitrine.lab.app.finding import FoundFace, find_faces, mean_error, nearest
from vitrine.lab.app.places import Places
from vitrine.vision.shape import POINT_COUNT, outer_eye_distance


def show_nets(places: Places) -> None:
    """Show one face with the points of two nets, and how far they are apart."""
    st.title("Two nets")
    st.caption("The same face, the same detector: only the net differs.")
    kind = choose_kind()
    stage, controls = st.columns([2, 1], gap="large")
    with controls:
        chosen = choose_picture(kind)
        by = choose_detector(places)
        first = choose_net("First net", places, 0)
        second = choose_net("Second net", places, 1)
    if chosen is None or by is None or first is None or second is None:
        stage.info("Choose a picture with a face.")
        return
    detector, least = by
    of_first = find_faces(chosen.image, detector, first[1], least)
    of_second = find_faces(chosen.image, detector, second[1], least)
    with stage:
        if not of_first:
            st.warning(
                "No face was found: lower the least confidence, or choose another."
            )
            return
        number = 0
        if len(of_first) > 1:
            number = st.selectbox("Face", range(len(of_first)))
        _side_by_side(
            chosen,
            (first[0], of_first[number]),
            (second[0], of_second[number]),
        )


def _side_by_side(
    chosen: Chosen,
    first: tuple[str, FoundFace],
    second: tuple[str, FoundFace],
) -> None:
    left, middle, right = st.columns(3)
    box = first[1].box.astype(np.float64)
    image = chosen.image
    for column, (name, face), ink in ((left, first, FIRST), (right, second, SECOND)):
        drawn = draw_one(image, box, face.points, ink)
        column.image(drawn, channels="BGR", caption=name, width="stretch")
    both = draw_two(image, box, first[1].points, second[1].points)
    middle.image(both, channels="BGR", caption="Both", width="stretch")
    one = first[1].points
    other = second[1].points
    if len(one) != len(other):
        st.info(f"One net has {len(one)} points, the other {len(other)}: no distance.")
    else:
        apart = np.linalg.norm(one - other, axis=1)
        measured = f"{apart.mean():.1f} px"
        if len(one) == POINT_COUNT:
            measured = f"{apart.mean() / float(outer_eye_distance(one)):.1%}"
        middle.metric("Distance of the two", measured)
    left.metric("Error of the first", _error(chosen, first[1]))
    right.metric("Error of the second", _error(chosen, second[1]))
    st.caption(
        "Errors are mean distances from the drawn truth. Distances of 68 points are shares of the "
        "distance of the outer eye corners."
    )


def _error(chosen: Chosen, face: FoundFace) -> str:
    """Return the error of a net in words; of a real face nobody knows it."""
    if len(face.points) != POINT_COUNT or not chosen.people:
        return "not known"
    truth = [person.points for person in chosen.people]
    place = nearest(face.points, truth)
    if place is None:
        return "no drawn face there"
    return f"{mean_error(face.points, truth[place]):.1%}"
