"""Who is it, by landmarks alone? The classifiers of the study, under two ways to split frames."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from vitrine.lab.faces.face_videos import Floats
from vitrine.lab.faces.shapes import Shapes

SEED: Final = 0
TESTED: Final = 0.2
"""The share of frames that a random split keeps for the test."""
# Of a net as in the study: one hidden layer. Chosen, not tuned.
HIDDEN: Final = 256
PASSES: Final = 100
TREES: Final = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """Hold a classifier, and what the study reported of it."""

    name: str
    make: Callable[[], Any]
    spatial: bool
    """It sees 3D points."""
    study: float
    """F1 in the study: frames split at random."""


def _net() -> Any:
    return make_pipeline(
        StandardScaler(),
        MLPClassifier(HIDDEN, max_iter=PASSES, random_state=SEED),
    )


def _logistic() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


def _forest() -> Any:
    return RandomForestClassifier(TREES, random_state=SEED)


KINDS: Final = (
    Kind("Gaussian naive Bayes", GaussianNB, False, 0.120),
    Kind("logistic regression", _logistic, False, 0.207),
    Kind(
        "decision tree",
        lambda: DecisionTreeClassifier(random_state=SEED),
        False,
        0.489,
    ),
    Kind("random forest", _forest, False, 0.686),
    Kind("nearest neighbour", lambda: KNeighborsClassifier(1), False, 0.925),
    Kind("feed-forward net, 2D", _net, False, 0.928),
    Kind("feed-forward net, 3D", _net, True, 0.928),
)
NEAREST: Final = "nearest neighbour"


@dataclass(frozen=True, slots=True)
class Score:
    """Hold the F1 of one classifier under both splits: the mean over people."""

    kind: Kind
    random: float
    apart: float
    """With whole videos left out."""


@dataclass(frozen=True, slots=True)
class PersonScore:
    """Hold how one person's left-out frames were named by the nearest neighbour."""

    person: str
    found: float
    """The share of frames that were given the right name."""
    taken_for: str
    """The other name that was given most."""
    taken_share: float
    shape: Floats
    """(68, 2): the mean of the person."""
    other: Floats
    """The mean of the one that they are taken for."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Hold why a random split flatters: where the nearest training frame of a test frame is."""

    same_video: float
    """The share of test frames whose nearest is of the same video, with a random split."""
    frames_away: float
    """The median distance in time of those, in frames."""
    distance_random: float
    """The median distance of shapes to the nearest training frame."""
    distance_apart: float


@dataclass(frozen=True, slots=True)
class Findings:
    """Hold what the classifiers found."""

    scores: list[Score]
    people: list[PersonScore]
    """The best known first."""
    neighbours: Neighbours
    frames: int
    videos: int
    chance: float
    """F1 of somebody who always says the same name, one of so many people: nearly 0; the share of
    right names is 1 / people."""


def random_split(shapes: Shapes) -> NDArray[np.bool_]:
    """Return which frames (n,) are tested: a fifth, drawn at random."""
    draws = np.random.default_rng(SEED).random(len(shapes))
    return np.asarray(draws < TESTED)


def video_split(shapes: Shapes) -> NDArray[np.bool_]:
    """Return which frames (n,) are tested: the last video of each person."""
    tested = np.zeros(len(shapes), np.bool_)
    for person in shapes.people:
        videos = sorted(set(shapes.video[shapes.person == person].tolist()))
        tested |= shapes.video == videos[-1]
    return tested


def find_out(shapes: Shapes, advance: Callable[[str], None]) -> Findings:
    """Train and test every classifier. `advance` is told what comes next, twice for each."""
    at_random = random_split(shapes)
    apart = video_split(shapes)
    scores = []
    named = shapes.person[apart]
    for kind in KINDS:
        advance(f"{kind.name}, random split")
        first = _named(kind, shapes, at_random)
        advance(f"{kind.name}, videos left out")
        second = _named(kind, shapes, apart)
        if kind.name == NEAREST:
            named = second
        scores.append(
            Score(
                kind,
                _f1(shapes.person[at_random], first),
                _f1(shapes.person[apart], second),
            )
        )
    return Findings(
        scores=scores,
        people=_people(shapes, apart, named),
        neighbours=_neighbours(shapes, at_random, apart),
        frames=len(shapes),
        videos=len(set(shapes.video.tolist())),
        chance=1 / len(shapes.people),
    )


def _named(kind: Kind, shapes: Shapes, tested: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Return the names that a classifier gives the tested frames."""
    points = shapes.spatial if kind.spatial else shapes.flat
    inputs = points.reshape(len(shapes), -1)
    classifier = kind.make()
    with warnings.catch_warnings():
        # The number of passes is the protocol's, whether they converge or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(inputs[~tested], shapes.person[~tested])
    return np.asarray(classifier.predict(inputs[tested]))


def _f1(true: NDArray[np.str_], named: NDArray[np.str_]) -> float:
    return float(f1_score(true, named, average="macro", zero_division=0))


def _people(
    shapes: Shapes, tested: NDArray[np.bool_], named: NDArray[np.str_]
) -> list[PersonScore]:
    true = shapes.person[tested]
    means = {
        person: shapes.flat[shapes.person == person].mean(axis=0)
        for person in shapes.people
    }
    scores = []
    for person in shapes.people:
        given = named[true == person]
        names, counts = np.unique(given[given != person], return_counts=True)
        taken_for = person
        taken_share = 0.0
        if len(names):
            taken_for = str(names[counts.argmax()])
            taken_share = float(counts.max() / len(given))
        score = PersonScore(
            person=person,
            found=float((given == person).mean()),
            taken_for=taken_for,
            taken_share=taken_share,
            shape=means[person],
            other=means[taken_for],
        )
        scores.append(score)
    return sorted(scores, key=lambda score: (-score.found, score.person))


def _neighbours(
    shapes: Shapes, at_random: NDArray[np.bool_], apart: NDArray[np.bool_]
) -> Neighbours:
    near, distance_random = _nearest(shapes, at_random)
    _, distance_apart = _nearest(shapes, apart)
    known = np.flatnonzero(~at_random)[near]
    asked = np.flatnonzero(at_random)
    same = shapes.video[known] == shapes.video[asked]
    away = np.abs(shapes.frame[known] - shapes.frame[asked])[same]
    return Neighbours(
        same_video=float(same.mean()),
        frames_away=float(np.median(away)) if len(away) else float("nan"),
        distance_random=float(np.median(distance_random)),
        distance_apart=float(np.median(distance_apart)),
    )


def _nearest(
    shapes: Shapes, tested: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], Floats]:
    """Return the nearest training frame of each tested one, and how far its shape is."""
    inputs = shapes.flat.reshape(len(shapes), -1)
    search = KNeighborsClassifier(1).fit(inputs[~tested], shapes.person[~tested])
    distances, numbers = search.kneighbors(inputs[tested])
    return numbers[:, 0], np.asarray(distances[:, 0])
