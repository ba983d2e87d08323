"""Drawn people show what they were drawn to: the response follows the episodes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import mean, median

import pytest

from vitrine.presence.expression import Baseline
from vitrine.schemas import Expression
from vitrine.synthetic import PersonTruth, SyntheticMall
from vitrine.vision.crop import Image, crop_of_points, cut, network_input, to_frame
from vitrine.vision.expression import measure
from vitrine.vision.expression_classes import (
    NEUTRAL,
    ExpressionClassifier,
    expression_cut,
)
from vitrine.vision.models import EXPRESSION_FILE, LANDMARKS_FILE, model_path
from vitrine.vision.networks import Network, load_network
from vitrine.vision.pose import head_pose

FPS = 10
SECONDS = 40
WIDTH = 640
HEIGHT = 360


@dataclass
class Views:
    """The views of one visit that face the screen."""

    seconds: list[float] = field(default_factory=list)
    strength: list[float] = field(default_factory=list)
    true: list[Expression] = field(default_factory=list)
    predicted: list[Expression] = field(default_factory=list)


def predicted(
    network: Network,
    classifier: ExpressionClassifier,
    picture: Image,
    person: PersonTruth,
) -> Expression:
    crop = crop_of_points(person.points)
    points = to_frame(network.run(network_input([cut(picture, crop)]))[0], [crop])[0]
    neutral = float(classifier.classify([expression_cut(picture, points)])[0, NEUTRAL])
    measured = measure(points, head_pose(points, WIDTH, HEIGHT))
    return Expression(**asdict(measured), shown=1 - neutral)


@pytest.fixture(scope="module")
def visits() -> list[Views]:
    """Those with views both in an episode and outside."""
    source = SyntheticMall.from_uri("synthetic:?seed=0", WIDTH, HEIGHT, FPS)
    network = load_network(model_path(LANDMARKS_FILE))
    by_visit = dict[tuple[str, int], Views]()
    classifier = ExpressionClassifier(load_network(model_path(EXPRESSION_FILE)))
    for number in range(SECONDS * FPS):
        picture, truth = source.frame(number)
        for person in truth.people:
            if person.visible and person.attending:
                views = by_visit.setdefault((person.person, person.visit), Views())
                views.seconds.append(number / FPS)
                views.strength.append(person.expression)
                pose = head_pose(person.points, WIDTH, HEIGHT)
                measured = measure(person.points, pose)
                views.true.append(Expression(**asdict(measured)))
                views.predicted.append(predicted(network, classifier, picture, person))
    return [
        v for v in by_visit.values() if max(v.strength) > 0.4 and min(v.strength) == 0
    ]


def in_and_outside(values: list[float], strength: list[float]) -> tuple[float, float]:
    """Mean within episodes and outside; StatisticsError without any."""
    pairs = list(zip(values, strength, strict=True))
    return mean(v for v, s in pairs if s > 0.4), mean(v for v, s in pairs if s == 0)


def test_true_points_show_the_episodes(visits: list[Views]) -> None:
    changes = []
    strength = []
    for views in visits:
        calm = median(
            e.mouth_width
            for e, s in zip(views.true, views.strength, strict=True)
            if s == 0
        )
        changes += [abs(e.mouth_width - calm) for e in views.true]
        strength += views.strength
    inside, outside = in_and_outside(changes, strength)
    assert inside > 5 * outside


def test_what_the_networks_see_gives_a_higher_response_in_the_episodes(
    visits: list[Views],
) -> None:
    responses = []
    strength = []
    for views in visits:
        baseline = Baseline()
        before = views.seconds[0]
        for now, expression in zip(views.seconds, views.predicted, strict=True):
            responses.append(baseline.observe(expression, now - before))
            before = now
        strength += views.strength
    inside, outside = in_and_outside(responses, strength)
    assert inside > outside + 0.05
    assert inside > 3 * outside
