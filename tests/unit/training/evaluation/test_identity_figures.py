from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders import face_points
from tests.unit.training.evaluation.builders import (
    HELD_OUT,
    TRAINED,
    Finding,
    MeanFace,
    detections,
)
from training.datasets.faces import DatasetError
from training.datasets.people import PersonFace
from training.evaluation.faces_of_people import Embedded, embed_aligned, embed_detected
from training.evaluation.identity import measure
from training.evaluation.models import Landmarker
from training.evaluation.subgroups import Look
from vitrine.vision.embedding import Embedder

Array = NDArray[np.float32]
LANDMARKER = Landmarker(MeanFace(), 112)


class MeanColour:
    """Embeds a face as the mean of its channels, red first."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch: Array) -> Sequence[Array]:
        self.shapes.append(batch.shape)
        return [batch.mean(axis=(2, 3)) + 3]


def photo(
    person: str,
    number: int,
    side: int = 144,
    colour: tuple[int, int, int] = (9, 9, 9),
) -> PersonFace:
    encoded = cv2.imencode(".png", np.full((side, side, 3), colour, np.uint8))[
        1
    ].tobytes()
    return PersonFace(
        f"{person}/{number}.png", person, f"{person}/{number // 10}", encoded
    )


def embedded(degrees: Sequence[float]) -> Embedded:
    angles = np.radians(degrees)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return Embedded(vectors, np.ones(len(degrees), np.bool_), [Look()] * len(degrees))


def crowd(people: int) -> tuple[list[PersonFace], Embedded]:
    """Two alike pictures of each person, who are nothing alike."""
    faces = [photo(f"{HELD_OUT} {p}", 10 * k) for p in range(people) for k in (1, 2)]
    vectors = np.eye(people, dtype=np.float32).repeat(2, axis=0)
    return faces, Embedded(
        vectors, np.ones(2 * people, np.bool_), [Look()] * (2 * people)
    )


def test_people_far_apart_are_told_apart() -> None:
    faces, vectors = crowd(40)
    figures = measure(
        faces,
        vectors,
        "pairs",
        aligned=True,
        parts=False,
    )
    assert (
        figures["n"],
        figures["people"],
        figures["queries"],
        figures["same_pairs"],
    ) == (80, 40, 80, 40)
    assert (figures["detected"], figures["accuracy"], figures["rank1"]) == (1, 1, 1)
    assert figures["impostor_pairs"] == 80 * 79 // 2 - 40
    assert figures["tar_at_far"] == {
        "1e-2": 1,
        "1e-3": None,
        "1e-4": None,
    }
    assert figures["sets"] == {}


def test_missed_faces_are_errors() -> None:
    faces, vectors = crowd(40)
    vectors.found[0] = False
    figures = measure(
        faces,
        vectors,
        "pairs",
        aligned=False,
        parts=False,
    )
    assert figures["detected"] == pytest.approx(79 / 80)
    assert figures["rank1"] == pytest.approx(
        78 / 80
    )  # neither the missed picture nor the other one
    assert figures["accuracy"] == pytest.approx(79 / 80)
    assert figures["tar_at_far"]["1e-2"] == pytest.approx(39 / 40)


def test_frames_of_one_video_are_not_compared() -> None:
    faces = [
        photo(TRAINED, 10),
        photo(TRAINED, 11),
        photo(TRAINED, 20),
        photo("Bob", 10),
    ]
    figures = measure(
        faces,
        embedded([0, 1, 30, 29]),
        "leave-one-video-out",
        aligned=True,
        parts=False,
    )
    assert (figures["queries"], figures["rank1"], figures["same_pairs"]) == (3, 0, 2)
    figures = measure(
        faces,
        embedded([0, 1, 30, 29]),
        "pairs",
        aligned=True,
        parts=False,
    )
    assert (figures["queries"], figures["rank1"], figures["same_pairs"]) == (
        3,
        pytest.approx(2 / 3),
        3,
    )


def test_too_few_people_for_a_threshold_have_no_accuracy() -> None:
    faces, vectors = crowd(3)
    figures = measure(
        faces,
        vectors,
        "pairs",
        aligned=True,
        parts=False,
    )
    assert np.isnan(figures["accuracy"])
    assert figures["interval"]["accuracy"] is None


def test_a_pair_belongs_to_the_subgroup_of_its_worse_face() -> None:
    faces, vectors = crowd(40)
    looks = [Look(yaw=0.0 if k < 40 else 20.0 * (k % 2)) for k in range(80)]
    figures = measure(
        faces,
        Embedded(vectors.vectors, vectors.found, looks),
        "pairs",
        aligned=True,
        parts=False,
    )
    frontal, turned = figures["subgroups"]["yaw"].values()
    assert (frontal["n"], turned["n"]) == (60, 20)
    assert (frontal["same_pairs"], turned["same_pairs"]) == (20, 20)
    assert frontal["rest"]["n"] == turned["n"]
    assert (
        frontal["impostor_pairs"] + turned["impostor_pairs"]
        == figures["impostor_pairs"]
    )
    assert frontal["far"]["1e-2"] <= 0.02
    assert figures["subgroups"]["face_size"] is None


def test_the_people_held_out_are_a_set_of_their_own() -> None:
    faces = [photo(name, k) for name in (HELD_OUT, TRAINED) for k in (10, 20)]
    figures = measure(
        faces,
        embedded([0, 1, 80, 81]),
        "pairs",
        aligned=True,
        parts=True,
    )
    assert figures["sets"]["held-out"]["n"] == 2
    assert figures["sets"]["held-out"]["impostor_pairs"] == 0


def test_the_middle_of_an_aligned_picture_is_embedded() -> None:
    network = MeanColour()
    faces = [photo("Ann", 1, colour=(200, 0, 0)), photo("Ann", 2, colour=(0, 0, 200))]
    result = embed_aligned(faces, Embedder(network, "colours"), LANDMARKER)
    assert network.shapes == [(2, 3, 112, 112)]
    assert result.found.all()
    blue, red = result.vectors
    assert blue.argmax() == 2
    assert red.argmax() == 0
    assert np.isnan(result.looks[0].face_size)


def test_a_picture_of_another_size_is_not_aligned() -> None:
    with pytest.raises(
        DatasetError, match=r"Ann/1\.png: is 112×112 pixels, expected 144×144"
    ):
        embed_aligned(
            [photo("Ann", 1, side=112)], Embedder(MeanColour(), "colours"), LANDMARKER
        )


def test_the_largest_detected_face_is_embedded() -> None:
    small = face_points(
        x=30,
        y=60,
        eyes=15,
    )
    large = face_points(
        x=120,
        y=120,
        eyes=60,
    )
    finding = Finding(detections((small, 0.9), (large, 0.8)))
    result = embed_detected(
        [photo("Ann", 1, side=240)],
        Embedder(MeanColour(), "colours"),
        LANDMARKER,
        finding,
    )
    assert result.found.all()
    assert result.looks[0].face_size > 80
    assert np.linalg.norm(result.vectors[0]) == pytest.approx(1)


def test_a_picture_without_a_face_is_missed() -> None:
    faces = [photo("Ann", 1), photo("Ann", 2)]
    result = embed_detected(
        faces, Embedder(MeanColour(), "colours"), LANDMARKER, Finding(detections())
    )
    assert not result.found.any()
    figures = measure(
        faces,
        result,
        "pairs",
        aligned=False,
        parts=False,
    )
    assert (figures["detected"], figures["rank1"]) == (0, 0)
