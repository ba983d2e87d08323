"""A feed-forward network that names customers, trained on their templates and on drawn strangers.

It has one hidden layer, and is trained with Adam (Kingma and Ba 2015). Plain NumPy does that in
seconds for a thousand customers, so that the process that recognises needs no framework.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Features = NDArray[np.float32]
Labels = NDArray[np.intp]

# With 100 customers of LFW, three photos each at most: at 0.8 the net refused or mistook 13 % of
# 157 other photos of them, and at 1.2 6 %. It let 2 % of 922 strangers' photos pass then, which
# the threshold stopped.
AWAY: Final = 1.2
"""Length of the longest deviation that is drawn around a template, in `Course.spread`."""
LEAST_AWAY: Final = 0.3
"""Share of it that the shortest one has; chosen, not measured."""
FEW: Final = 20
"""Templates whose own spread counts half for that of strangers; chosen, not measured."""
STEP: Final = 2e-3
"""Of Adam at the beginning; it falls to 0. Chosen, not measured."""
BATCH: Final = 128
# As published.
FIRST_MOMENT: Final = 0.9
SECOND_MOMENT: Final = 0.999
TINY: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Course:
    """Say how long a net is trained, and how large it is.

    The defaults were chosen on photos of 100 and 1,000 people in LFW. What they give is told by
    `python -m benchmarks.open_set_methods`.
    """

    hidden: int = 512
    """Units of the hidden layer."""
    epochs: int = 30
    views: int = 3_000
    """Drawn of the templates in each epoch, at least one of each; and as many strangers."""
    spread: float = 1.0
    """How far faces of many people are from their mean; embeddings lie all around."""


COURSE: Final = Course()


@dataclass(frozen=True, eq=False, slots=True)
class Net:
    """Hold a trained network; the last of its classes is nobody."""

    customers: tuple[str, ...]
    middle: Features
    """(d,), the mean of the templates."""
    scale: float
    """Standard deviation of their numbers."""
    layers: Sequence[Features]
    """Weights (d, h), biases (h,), weights (h, n + 1), biases (n + 1,)."""

    def chances(self, asked: Features) -> Features:
        """Return the chance of each customer, and of nobody as the last, for faces (k, d)."""
        scaled = (asked - self.middle) / np.float32(self.scale)
        _, chances = forward(self.layers, scaled)
        return np.asarray(chances, np.float32)


def learn(
    owners: Sequence[str],
    vectors: Features,
    course: Course = COURSE,
    between: Callable[[], None] = lambda: None,
) -> Net:
    """Return a net trained on faces (n, d) of `owners`, n ids.

    In each epoch views are drawn around each template, and strangers whom it shall refuse, with
    the mean and the spread of all templates in each dimension. By a fixed seed. `between` is
    called before each step; what it raises ends the training.
    """
    rng = np.random.default_rng(0)
    customers = tuple(dict.fromkeys(owners))
    places = {customer: place for place, customer in enumerate(customers)}
    labels = np.array([places[owner] for owner in owners])
    middle = vectors.mean(axis=0)
    scale = max(float(vectors.std()), TINY)
    width = vectors.shape[1]
    training = Training(
        [
            _drawn(rng, width, course.hidden, gain=2),
            np.zeros(course.hidden, np.float32),
            _drawn(rng, course.hidden, len(customers) + 1, gain=1),
            np.zeros(len(customers) + 1, np.float32),
        ]
    )
    for epoch in range(course.epochs):
        faces, classes = _epoch(rng, vectors, labels, course)
        scaled = (faces - middle) / np.float32(scale)
        order = rng.permutation(len(scaled))
        size = STEP * (1 - epoch / course.epochs)
        for start in range(0, len(order), BATCH):
            between()
            some = order[start : start + BATCH]
            training.step(scaled[some], classes[some], size)
    return Net(customers, middle, scale, training.layers)


def _drawn(rng: Generator, inputs: int, outputs: int, gain: float) -> Features:
    """Return weights (inputs, outputs) that keep the spread of what goes through (He 2015)."""
    spread = np.sqrt(gain / inputs)
    return np.asarray(spread * rng.normal(size=(inputs, outputs)), np.float32)


def _epoch(
    rng: Generator,
    vectors: Features,
    labels: Labels,
    course: Course,
) -> tuple[Features, Labels]:
    """Return unit vectors (m, d) of views and as many strangers, and their classes (m,)."""
    each = -(-course.views // len(vectors))
    known = np.repeat(vectors, each, axis=0)
    faces = np.vstack(
        [
            known + _deviations(rng, known.shape, course.spread),
            _strangers(rng, len(known), vectors, course.spread),
        ]
    )
    lengths = np.linalg.norm(faces, axis=1, keepdims=True)
    unit = faces / np.maximum(lengths, TINY)
    nobody = np.full(len(known), labels.max() + 1)
    classes = np.concatenate([np.repeat(labels, each), nobody])
    return unit.astype(np.float32), classes


def _deviations(rng: Generator, shape: tuple[int, ...], spread: float) -> Features:
    """Return how views (n, d) differ from their templates."""
    count, width = shape
    lengths = AWAY * spread * rng.uniform(LEAST_AWAY, 1, size=(count, 1))
    return np.asarray(lengths / np.sqrt(width) * rng.normal(size=shape), np.float32)


def _strangers(
    rng: Generator, count: int, vectors: Features, spread: float
) -> Features:
    """Return so many strangers (count, d): as the templates (n, d) are, the more there are.

    A few templates say little of other people, and their mean lies beside them.
    """
    width = vectors.shape[1]
    trust = len(vectors) / (len(vectors) + FEW)
    variances = trust * vectors.var(axis=0) + (1 - trust) * spread**2 / width
    middle = trust * vectors.mean(axis=0)
    drawn = rng.normal(size=(count, width))
    return np.asarray(middle + np.sqrt(variances) * drawn, np.float32)


def forward(layers: Sequence[Features], scaled: Features) -> tuple[Features, Features]:
    """Return what the hidden layer gives (k, h), and the chances (k, classes)."""
    weights, biases, last_weights, last_biases = layers
    hidden = np.maximum(scaled @ weights + biases, 0)
    logits = hidden @ last_weights + last_biases
    # The largest is 0 then, so that none overflows.
    logits -= logits.max(axis=1, keepdims=True)
    powers = np.exp(logits)
    return hidden, powers / powers.sum(axis=1, keepdims=True)


@dataclass(slots=True)
class Training:
    """Change the layers of a net step by step, with Adam."""

    layers: list[Features]
    firsts: list[Features] = field(init=False)
    """Moving means of the gradients."""
    seconds: list[Features] = field(init=False)
    """Moving means of their squares."""
    steps: int = 0

    def __post_init__(self) -> None:
        """Begin without a memory of gradients."""
        self.firsts = [np.zeros_like(layer) for layer in self.layers]
        self.seconds = [np.zeros_like(layer) for layer in self.layers]

    def step(self, scaled: Features, classes: Labels, size: float) -> None:
        """Learn from faces (k, d) of some classes (k,)."""
        self.steps += 1
        first_part = 1 - FIRST_MOMENT**self.steps
        second_part = 1 - SECOND_MOMENT**self.steps
        gradients = self._gradients(scaled, classes)
        for place, gradient in enumerate(gradients):
            first = self.firsts[place]
            second = self.seconds[place]
            first += (1 - FIRST_MOMENT) * (gradient - first)
            second += (1 - SECOND_MOMENT) * (gradient**2 - second)
            root = np.sqrt(second / second_part) + TINY
            self.layers[place] -= np.float32(size / first_part) * first / root

    def _gradients(self, scaled: Features, classes: Labels) -> list[Features]:
        """Return those of the mean cross-entropy, for each layer."""
        hidden, chances = forward(self.layers, scaled)
        errors = chances
        errors[np.arange(len(classes)), classes] -= 1
        errors /= len(classes)
        last_weights = self.layers[2]
        hidden_errors = (errors @ last_weights.T) * (hidden > 0)
        return [
            scaled.T @ hidden_errors,
            hidden_errors.sum(axis=0),
            hidden.T @ errors,
            errors.sum(axis=0),
        ]
