"""Groups of expressions are opened where the stand asks for them, and nothing else is believed."""

from __future__ import annotations

import numpy as np
import pytest
from prometheus_client import REGISTRY

from tests.builders import make_face, make_frame_faces
from vitrine.mall import Stand
from vitrine.schemas import FrameFaces
from vitrine.sealing import Sealer, view_reference
from vitrine.services.engagement.opening import GroupsOpener

SEALER = Sealer({"r1": bytes(32)}, "r1")
ASKS = Stand(id="north", reactions="expression")
SMILES = (0.75, 0.125, 0.0, 0.125)


def frame_of(
    *groups: float,
    sealer: Sealer = SEALER,
    of_track: str = "a",
) -> FrameFaces:
    """Return a frame with face `a`, whose groups were sealed for a track."""
    vector = np.array(groups, dtype=np.float32)
    about = view_reference(make_frame_faces(), of_track)
    sealed = sealer.seal(vector, "expression-groups-1", about)
    return make_frame_faces(faces=[make_face("a", groups=sealed)])


def unopened() -> float:
    name = "vitrine_expressions_unopened_total"
    return REGISTRY.get_sample_value(name, {"camera": "north-1"}) or 0.0


def test_groups_are_opened_by_track() -> None:
    opener = GroupsOpener(SEALER)
    assert opener.groups_of(frame_of(*SMILES), ASKS) == {"a": SMILES}


def test_a_face_without_groups_has_none() -> None:
    frame = make_frame_faces(faces=[make_face("a")])
    assert GroupsOpener(SEALER).groups_of(frame, ASKS) == {}


def test_nothing_is_opened_for_a_stand_that_does_not_ask() -> None:
    opener = GroupsOpener(SEALER)
    assert opener.groups_of(frame_of(*SMILES), Stand(id="north")) == {}


def test_without_a_key_they_stay_sealed() -> None:
    assert GroupsOpener(None).groups_of(frame_of(*SMILES), ASKS) == {}


@pytest.mark.parametrize(
    "frame",
    [
        frame_of(*SMILES, of_track="b"),
        frame_of(*SMILES, sealer=Sealer({"r1": bytes(range(32))}, "r1")),
        frame_of(*SMILES, sealer=Sealer({"r2": bytes(32)}, "r2")),
        frame_of(0.5, 0.5),
        frame_of(1.0, 1.0, 0.0, 0.0),
        frame_of(2.0, -1.0, 0.0, 0.0),
        frame_of(float("nan"), 0.0, 0.0, 1.0),
    ],
    ids=[
        "another track",
        "another key",
        "an unknown key",
        "two numbers",
        "a sum above 1",
        "a negative number",
        "no number",
    ],
)
def test_what_is_no_groups_of_this_face_is_counted_and_left_out(
    frame: FrameFaces,
) -> None:
    before = unopened()
    assert GroupsOpener(SEALER).groups_of(frame, ASKS) == {}
    assert unopened() == before + 1
