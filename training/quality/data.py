"""Data of the quality network: views of known people, and how they were recognised."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.config import Source
from training.datasets.splits import Part
from training.evaluation.models import load_embedder, load_landmarker
from training.evaluation.quality import FMR
from training.likeness import threshold_at
from training.pictures.aligned import read_aligned
from training.pictures.views import Views, make_views

SOFTNESS: Final = 0.06
"""Cosine around the threshold in which a view is half recognised.

The label's noise is of that size.
"""


def labels_of(views: Views) -> NDArray[np.float32]:
    """Return the chance that each view is recognised, (n,)."""
    threshold = threshold_at(views.impostor, FMR)
    above = (views.genuine - threshold) / SOFTNESS
    # A logistic step instead of a hard one: views at the threshold are neither.
    odds_against = np.exp(-above)
    chances = 1 / (1 + odds_against)
    return np.asarray(chances, np.float32)


def cached_views(
    people: Path,
    faces: Sequence[Source],
    *,
    each: int,
    pictures: int,
    part: Part,
    folder: Path,
) -> Views:
    """Return the views of one part, by the product's networks; kept in `folder`.

    They are made anew for other data, and for other landmark or embedding networks. Raises
    DatasetError.
    """
    landmarker, landmarks = load_landmarker(None)
    embedder, embedding = load_embedder(None)
    sources = [source.model_dump_json() for source in faces]
    made_of = (
        people,
        *sources,
        each,
        pictures,
        landmarks.sha256,
        embedding.sha256,
    )
    stated = "\n".join(map(str, made_of))
    digest = hashlib.sha256(stated.encode()).hexdigest()
    # Twelve digits: a folder holds a few of these files.
    path = folder / f"views-{part}-{digest[:12]}.npz"
    if path.exists():
        return Views.load(path)
    aligned = read_aligned(people, faces, part)
    few_each = aligned.at_most(pictures)
    views = make_views(
        few_each,
        each,
        landmarker,
        embedder,
    )
    folder.mkdir(parents=True, exist_ok=True)
    views.save(path)
    return views
