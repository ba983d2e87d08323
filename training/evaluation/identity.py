"""Figures of embeddings that tell people apart."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from training.datasets.people import PersonFace
from training.evaluation.arrays import Names, Numbers
from training.evaluation.faces_of_people import Embedded
from training.evaluation.gallery import ENOUGH, Gallery
from training.evaluation.pairs import FOLDS, MOST_PAIRS
from training.evaluation.results import Json, sets_of
from training.evaluation.subgroups import classes_of
from training.evaluation.verification import Verification

Protocol = Literal["pairs", "leave-one-video-out"]
UNITS: Final[dict[Protocol, str]] = {
    "pairs": "Every picture stands for itself.",
    "leave-one-video-out": (
        "Frames of one video (the file name up to the frame) are never compared."
    ),
}
RULES: Final = (
    f"accuracy: at most {MOST_PAIRS} same-person pairs a person, drawn with a fixed seed, and "
    f"as many pairs of different people; {FOLDS} folds that share nobody; the threshold is the "
    "best on the other folds. "
    "tar_at_far: share of those same-person pairs from the threshold on that the given share of "
    f"all pairs of different people reaches; null where fewer than {ENOUGH} such pairs would "
    "reach it. "
    "rank1: the most similar of all other pictures shows the same person; people with one picture "
    "(or video) only distract. "
    "In a subgroup are the pairs whose worse face (smaller, more turned, darker, more blurred, "
    "darker skin) is in it, at the thresholds of the whole set; accuracy there is the mean over "
    "same and different pairs, far the share of false matches. Intervals draw people."
)
ALIGNED: Final = "Faces aligned by five points at 144 pixels, the middle 112 used."
DETECTED: Final = (
    "The largest face that the product's detector finds, aligned by the product's landmarks; a "
    "picture without one matches nothing."
)


def measure(
    faces: Sequence[PersonFace],
    embedded: Embedded,
    protocol: Protocol,
    *,
    aligned: bool,
    parts: bool,
) -> Json:
    """Return the figures of a result file; `parts` adds the people held out as a set."""
    people = [face.person for face in faces]
    names = np.array(people, dtype=np.str_)
    units = _units(faces, protocol)
    gallery = Gallery(
        embedded.vectors,
        embedded.found,
        person=_numbers(names),
        unit=_numbers(units),
    )
    whole = Verification(gallery, names)
    sets = {}
    for name, mask in sets_of(faces, parts=parts).items():
        part = Verification(gallery[mask], names[mask])
        sets[name] = part.figures()
    how = ALIGNED if aligned else DETECTED
    classes = classes_of(embedded.looks)
    return {
        "protocol": f"{protocol}. {UNITS[protocol]} {how} {RULES}",
        **whole.figures(),
        "curves": whole.curve(),
        "sets": sets,
        "subgroups": whole.subgroups(classes),
    }


def _units(faces: Sequence[PersonFace], protocol: Protocol) -> Names:
    """Return for each picture the name of what is left out together with it, (n,)."""
    if protocol == "leave-one-video-out":
        units = [face.video for face in faces]
    else:
        units = [face.name for face in faces]
    return np.array(units, dtype=np.str_)


def _numbers(names: Names) -> Numbers:
    """Return a number for each name, (n,): the same for equal names."""
    _, numbers = np.unique(names, return_inverse=True)
    return numbers
