"""Vectors of known similarity, rules, and tracks on a stand's day."""

from __future__ import annotations

from datetime import date
from math import sqrt

import numpy as np

from vitrine.customers.records import NOTHING_AGREED, Agreement, Template, Vector
from vitrine.customers.rules import RecognitionRules
from vitrine.customers.tracks import Track
from vitrine.customers.visitors import StandDay

MODEL = "m"
DAY = date(2027, 1, 15)
SECOND_NS = 1_000_000_000


def unit(*values: float) -> Vector:
    """The direction of these values, as a vector of length 1."""
    vector = np.asarray(values, np.float32)
    return vector / np.float32(np.linalg.norm(vector))


FACE = unit(1, 0)


def like_face(similarity: float) -> Vector:
    """A unit vector with this cosine similarity to FACE."""
    return unit(similarity, sqrt(1 - similarity**2))


def make_template(
    customer: str = "ada",
    vector: Vector = FACE,
    *,
    model: str = MODEL,
    agreement: Agreement = NOTHING_AGREED,
) -> Template:
    return Template(customer, model, vector, agreement)


def make_rules(
    *,
    views: int = 3,
    neighbours: int = 3,
    false_accepts: float = 0.001,
    tag_customers: int = 1,
    known: float | None = 0.8,
    visitor: float | None = 0.8,
) -> RecognitionRules:
    return RecognitionRules(
        views=views,
        neighbours=neighbours,
        false_accepts=false_accepts,
        tag_customers=tag_customers,
        known_threshold=known,
        visitor_threshold=visitor,
    )


def make_day() -> StandDay:
    day = StandDay("north", DAY)
    day.use(MODEL)
    return day


def seen(
    day: StandDay,
    track_id: str = "a",
    first_s: float = 0.0,
    last_s: float | None = None,
    *,
    camera: str = "north-1",
) -> Track:
    """A track that was there from `first_s` to `last_s`."""
    first_ns = round(first_s * SECOND_NS)
    track = day.begin(track_id, camera, first_ns, offset=0)
    if last_s is not None:
        day.see(track, round(last_s * SECOND_NS))
    return track


def show(
    day: StandDay,
    track: Track,
    vector: Vector = FACE,
    *,
    threshold: float = 0.8,
) -> list[Track]:
    """One good view, enough to match the track."""
    return add(day, track, vector, views=1, threshold=threshold)


def add(
    day: StandDay,
    track: Track,
    vector: Vector,
    *,
    views: int,
    threshold: float = 0.8,
) -> list[Track]:
    """One good view of so many that match the track, compared at once."""
    view = day.view(track, vector, at_ns=0)
    return day.add_view(view, views=views, threshold=threshold)
