"""Faces as points of a plane, near to each other where their embeddings are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from vitrine.lab.app.drawing import thumbnail
from vitrine.lab.app.finding import find_faces, nearest
from vitrine.lab.app.nets import Net
from vitrine.lab.app.pictures import drawn
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.shape import Points

Method = Literal["t-SNE", "PCA"]
METHODS: Final[tuple[Method, ...]] = ("t-SNE", "PCA")
LEAST_FACES: Final = 3
"""Fewer span no plane."""
PERPLEXITY: Final = 15.0
"""Of t-SNE, where there are faces enough. Chosen, not measured: some views a person."""
STEP: Final = 20
"""Frames between two looks at the drawn mall: four seconds, in which people turn and leave."""


@dataclass(frozen=True, eq=False)
class MappedFace:
    """Hold one face of the map."""

    label: str
    """Who it is, or the file that it is from."""
    picture: str
    """A thumbnail, as a `data:` URL."""
    vector: NDArray[np.float32]
    """(128,), of length 1."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """Hold what finds and embeds the faces of a picture."""

    detector: Detector
    net: Net
    embedder: Embedder

    def faces(
        self, image: Image, label: Callable[[Points], str | None]
    ) -> list[MappedFace]:
        """Return the faces that the detector is sure of; `label` names points (68, 2), or skips."""
        mapped = []
        for face in find_faces(
            image, self.detector, self.net, self.detector.trust.sure
        ):
            name = label(face.points)
            if name is None:
                continue
            aligned = align(image, face.points)
            vector = self.embedder.embed([aligned])[0]
            mapped.append(MappedFace(name, thumbnail(aligned), vector))
        return mapped


def drawn_faces(seeing: Seeing, people: int, seed: int, look: int) -> list[MappedFace]:
    """Return the faces of one look at the drawn mall, each with the name of who it is."""
    picture = drawn(people, seed, look * STEP)
    truth = [person.points for person in picture.people]

    def who(points: Points) -> str | None:
        place = nearest(points, truth)
        return None if place is None else picture.people[place].person

    return seeing.faces(picture.image, who)


def placed(vectors: NDArray[np.float32], method: Method) -> NDArray[np.float32]:
    """Return a place (n, 2) for each of n unit vectors (n, d); the same for the same vectors.

    Raises ValueError for fewer than LEAST_FACES.
    """
    count = len(vectors)
    if count < LEAST_FACES:
        raise ValueError(f"a map needs {LEAST_FACES} faces, there are {count}")
    if method == "PCA":
        return np.asarray(PCA(2).fit_transform(vectors), np.float32)
    perplexity = min(PERPLEXITY, (count - 1) / 3)
    maker = TSNE(perplexity=perplexity, init="pca", random_state=0)
    return np.asarray(maker.fit_transform(vectors), np.float32)


def neighbours_alike(places: NDArray[np.float32], labels: Sequence[str]) -> float:
    """Return the share of n places (n, d) whose nearest other has the same label.

    Only labels that occur twice can have it; NaN where there are none.
    """
    names = np.array(labels)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    alike = names[apart.argmin(axis=1)] == names
    several = np.array([int((names == name).sum()) > 1 for name in names])
    if not several.any():
        return float("nan")
    return float(alike[several].mean())
