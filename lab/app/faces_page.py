"""Faces: found, drawn, listed and written to files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from vitrine.lab.app.choosing import (
    Chosen,
    choose_detector,
    choose_kind,
    choose_net,
    choose_picture,
)
from vitrine.lab.app.coordinates import as_csv, as_json, as_pts
from vitrine.lab.app.drawing import draw_found
from vitrine.lab.app.finding import FoundFace, find_faces, mean_error, nearest
from vitrine.lab.app.places import Places
from vitrine.lab.app.shapes_shown import show_shapes
from vitrine.vision.shape import POINT_COUNT

NO_FACE = (
    "No face was found. Lower the least confidence, choose another detector, or come closer: "
    "a face needs some 12 pixels, and has to be seen from the front or half from the side."
)


def show_faces(places: Places) -> None:
    """Show a picture with its faces, and the numbers to download."""
    st.title("Faces")
    st.caption("A detector finds faces, a net finds their points.")
    kind = choose_kind()
    stage, controls = st.columns([2, 1], gap="large")
    with controls:
        chosen = choose_picture(kind)
        by = choose_detector(places)
        net = choose_net("Net", places)
    if chosen is None or by is None or net is None:
        stage.info("Choose a picture on this page; nothing of it is stored.")
        return
    detector, least = by
    _, points_of = net
    faces = find_faces(chosen.image, detector, points_of, least)
    with stage:
        st.image(draw_found(chosen.image, faces), channels="BGR", width="stretch")
        if not faces:
            st.warning(NO_FACE)
            return
        st.dataframe(rows(faces, chosen), hide_index=True)
        _downloads(faces, chosen)
        show_shapes(faces)


def rows(faces: Sequence[FoundFace], chosen: Chosen) -> list[dict[str, Any]]:
    """Return a row of the table for each face."""
    truth = [person.points for person in chosen.people]
    listed = []
    for number, face in enumerate(faces):
        row: dict[str, Any] = {
            "face": number,
            "confidence": round(face.score, 3),
            "width px": round(float(face.box[2])),
            "height px": round(float(face.box[3])),
        }
        if face.pose is not None:
            row["yaw °"] = round(face.pose.yaw)
            row["pitch °"] = round(face.pose.pitch)
            row["roll °"] = round(face.pose.roll)
        if truth and len(face.points) == POINT_COUNT:
            place = nearest(face.points, truth)
            if place is not None:
                error = mean_error(face.points, truth[place])
                row["error % of eyes"] = round(100 * error, 1)
        listed.append(row)
    return listed


def _downloads(faces: Sequence[FoundFace], chosen: Chosen) -> None:
    height, width = chosen.image.shape[:2]
    name = chosen.name
    number = 0
    if len(faces) > 1:
        number = st.selectbox("Face for the .pts file", range(len(faces)))
    table, whole, points = st.columns(3)
    table.download_button(
        "CSV, all faces", as_csv(faces), f"{name}.csv", "text/csv", width="stretch"
    )
    whole.download_button(
        "JSON, all faces",
        as_json(faces, width, height),
        f"{name}.json",
        "application/json",
        width="stretch",
    )
    points.download_button(
        f".pts, face {number}",
        as_pts(faces[number].points),
        f"{name}-{number}.pts",
        "text/plain",
        width="stretch",
    )
