"""Ways to tell who a face is, side by side: nearest neighbours and a feed-forward network.

Both protocols are here: frames that are split at random, so that neighbours in time are on both
sides, and whole sessions that are left out, as when a customer comes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vitrine.customers.net import COURSE, learn
from vitrine.vision.shape import EYE_LEFT, EYE_RIGHT, Points

Split = Literal["frames at random", "sessions left out"]
Features = NDArray[np.float32]

# All chosen, not measured.
NEIGHBOURS: Final = 3
STRANGER_EVERY: Final = 5
"""Of the people by name, every so many-th is enrolled nowhere."""
KEPT: Final = 0.9
"""Share of the right answers that a threshold for strangers has to keep."""


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """Hold one face of a known person; a session is a picture, a video or a visit."""

    person: str
    session: str
    vector: Features
    """(d,), the embedding."""
    points: Points
    """(68, 2), pixels."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Hold for n faces whom they resemble most, and how sure that is: more is surer."""

    people: Sequence[str]
    scores: NDArray[np.float64]


class Method(Protocol):
    """Learn enrolled faces, features (n, d) of `people`, and name others (k, d)."""

    def __call__(
        self, enrolled: Features, people: Sequence[str], asked: Features
    ) -> Answers: ...


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what a method made of one kind of features, by one protocol; shares are 0…1."""

    method: str
    features: str
    split: Split
    right: float
    """Of the customers' faces, with a name for each."""
    refused: float
    """Of the strangers' faces, at the score that KEPT of the right answers reach."""
    faces: int
    """Of customers that were asked."""


def nearest_neighbours(
    enrolled: Features,
    people: Sequence[str],
    asked: Features,
) -> Answers:
    """Let the nearest enrolled faces vote, each with its cosine similarity."""
    similar = asked @ enrolled.T
    count = min(NEIGHBOURS, len(people))
    named = []
    scores = []
    for row in similar:
        votes: dict[str, float] = defaultdict(float)
        nearest = np.argsort(-row)[:count]
        for place in nearest:
            votes[people[place]] += float(row[place])
        named.append(max(votes, key=votes.__getitem__))
        scores.append(float(row[nearest[0]]))
    return Answers(named, np.array(scores))


def feed_forward(
    enrolled: Features,
    people: Sequence[str],
    asked: Features,
) -> Answers:
    """Train the network of `vitrine.customers.net`, that refuses strangers, on the enrolled faces.

    The score is the chance of the likeliest customer.
    """
    # The 68 points of two people differ by a hundredth of what they are.
    spread = float(np.linalg.norm(enrolled.std(axis=0)))
    net = learn(people, enrolled, replace(COURSE, spread=spread))
    customers = net.chances(asked)[:, :-1]
    likeliest = customers.argmax(axis=1)
    named = [net.customers[place] for place in likeliest]
    return Answers(named, customers.max(axis=1).astype(np.float64))


def embeddings(samples: Sequence[Sample]) -> Features:
    """Return the embeddings (n, d)."""
    return np.stack([sample.vector for sample in samples])


def geometry(samples: Sequence[Sample]) -> Features:
    """Return the normalised 68 points as unit vectors (n, 136)."""
    return np.stack([normalised(sample.points) for sample in samples])


def normalised(points: Points) -> Features:
    """Return 68 points (68, 2) as a unit vector (136,): around 0, eyes level, of one size."""
    centred = points - points.mean(axis=0)
    eyes = centred[EYE_RIGHT].mean(axis=0) - centred[EYE_LEFT].mean(axis=0)
    angle = np.arctan2(eyes[1], eyes[0])
    cosine = np.cos(angle)
    sine = np.sin(angle)
    level = centred @ np.array([[cosine, -sine], [sine, cosine]])
    return np.asarray(level.ravel() / np.linalg.norm(level), np.float32)


METHODS: Final[dict[str, Method]] = {
    "nearest neighbours": nearest_neighbours,
    "feed-forward net": feed_forward,
}
FEATURES: Final[dict[str, Callable[[Sequence[Sample]], Features]]] = {
    "embedding": embeddings,
    "68 points": geometry,
}


def compare(samples: Sequence[Sample]) -> Iterator[Result]:
    """Yield each method on each kind of features, by both protocols.

    Raises ValueError where there are too few people or sessions to compare anything.
    """
    people = sorted({sample.person for sample in samples})
    strangers = set(people[::STRANGER_EVERY])
    unknown = [sample for sample in samples if sample.person in strangers]
    customers = [sample for sample in samples if sample.person not in strangers]
    splits: dict[Split, tuple[list[Sample], list[Sample]]] = {
        "frames at random": at_random(customers),
        "sessions left out": by_session(customers),
    }
    for split, (enrolled, asked) in splits.items():
        if len({sample.person for sample in enrolled}) < 2 or not asked:
            raise ValueError(
                "expected three people at least, two of them in two pictures, videos or visits"
            )
        yield from _results(split, enrolled, asked, unknown)


def _results(
    split: Split,
    enrolled: Sequence[Sample],
    asked: Sequence[Sample],
    unknown: Sequence[Sample],
) -> Iterator[Result]:
    """Yield each method on each kind of features, for customers who are asked and strangers."""
    people = [sample.person for sample in enrolled]
    for features, made in FEATURES.items():
        learned = made(enrolled)
        shown = made([*asked, *unknown])
        for name, method in METHODS.items():
            answers = method(learned, people, shown)
            yield _result(name, features, split, asked, answers)


def at_random(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Return one half of the frames to enrol and the other one to ask; people are in both."""
    order = np.random.default_rng(0).permutation(len(samples))
    mixed = [samples[place] for place in order]
    half = len(mixed) // 2
    enrolled = mixed[:half]
    known = {sample.person for sample in enrolled}
    asked = [sample for sample in mixed[half:] if sample.person in known]
    return enrolled, asked


def by_session(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Return the first half of everybody's sessions to enrol, and the others to ask.

    Who has one session only is enrolled, and asked for nowhere.
    """
    sessions: dict[str, list[str]] = defaultdict(list)
    for sample in samples:
        if sample.session not in sessions[sample.person]:
            sessions[sample.person].append(sample.session)
    first = set()
    for person, own in sessions.items():
        half = (len(own) + 1) // 2
        first |= {(person, session) for session in own[:half]}
    enrolled = []
    asked = []
    for sample in samples:
        if (sample.person, sample.session) in first:
            enrolled.append(sample)
        else:
            asked.append(sample)
    return enrolled, asked


def _result(
    method: str,
    features: str,
    split: Split,
    asked: Sequence[Sample],
    answers: Answers,
) -> Result:
    """Return the figures of answers to customers' faces, followed by strangers'."""
    count = len(asked)
    true = np.array([sample.person for sample in asked])
    is_right = np.array(answers.people[:count]) == true
    right_scores = answers.scores[:count][is_right]
    refused = 0.0
    if len(right_scores) and len(answers.scores) > count:
        least = np.quantile(right_scores, 1 - KEPT)
        refused = float((answers.scores[count:] < least).mean())
    return Result(
        method=method,
        features=features,
        split=split,
        right=float(is_right.mean()),
        refused=refused,
        faces=count,
    )
