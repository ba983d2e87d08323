"""Write visits of people outside all training, as recognition sees them, for the open-set figures.

    python -m benchmarks.visits --shared ../shared --output visits.npz

A visit is a run of views of one person. Of LFW it is made of one photo: VIEWS views as a camera at
some distance and in some light has them (training/pictures/views.py), by a fixed seed. Of YouTube
Faces it is the frames of one video. Views that the product would not embed are left out. Landmarks,
alignment, embedding and quality are the product's. Visits show held-out people, and the few who
chose the checkpoint (validation); templates are the clean pictures of everybody. The photos of
held-out people make visits once more with each cover of `benchmarks.covered_faces` drawn over the
face, and all pictures make templates with it.

The file holds embeddings of people in research sets: keep it where their pictures are.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from benchmarks.covered_faces import BARE, COVERS, OTHER_COVERS
from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.names import person_and_video
from training.datasets.people import read_people
from training.datasets.splits import part_of
from training.evaluation.models import (
    Landmarker,
    load_embedder,
    load_landmarker,
)
from training.evaluation.subgroups import Look, look_of
from training.pictures.aligned import ROOM, WIDE, AlignedFaces, aligned_people
from training.pictures.views import frame_of
from vitrine.vision.crop import Crop, Image, crop_of_box, crop_of_points, cut
from vitrine.vision.embedding import SIDE, TEMPLATE, Embedder, align
from vitrine.vision.models import model_files
from vitrine.vision.quality import GOOD_VIEW, QualityScore, quality_cut
from vitrine.vision.shape import Points

VIEWS: Final = 8
"""Views of a photo: three seconds, as a face is embedded every 0.4 s at most."""
BATCH: Final = 32
LFW: Final = "LFW"
YOUTUBE: Final = "YouTube Faces"
ERRORS: Final = Console(stderr=True)

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Networks:
    """Hold what looks at a face, as in the product."""

    landmarker: Landmarker
    embedder: Embedder
    quality: QualityScore

    def see(self, frame: Image, crop: Crop) -> Seen:
        """Return what the product makes of a frame whose face lies in a crop."""
        found = self.landmarker.points([frame], [crop])[0]
        closer = crop_of_points(found, self.landmarker.side)
        small = quality_cut(cut(frame, closer, self.landmarker.side))
        return Seen(
            points=found,
            quality=float(self.quality.score([small])[0]),
            vector=self.embedder.embed([align(frame, found)])[0],
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold the points of a view, its quality 0…1, and its unit vector (d,)."""

    points: Points
    quality: float
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Visit:
    """Hold the views of one visit; `unit` names the photo or video."""

    person: str
    unit: str
    source: str
    vectors: Vectors
    """(k, d), in the order of time."""
    qualities: NDArray[np.float64]
    """(k,)."""
    look: Look
    cover: str = BARE
    """What is drawn over the face, a name of COVERS."""


@dataclass(frozen=True, slots=True)
class Templates:
    """Hold pictures (n, d) to enrol people with; `units` name the photo or video of each."""

    vectors: Vectors
    people: NDArray[np.str_]
    units: NDArray[np.str_]


def visit_of(
    person: str,
    unit: str,
    source: str,
    seen: Sequence[Seen],
    look: Look,
    cover: str = BARE,
) -> Visit | None:
    """Return the visit of some views; None where none is good."""
    good = [each for each in seen if each.quality >= GOOD_VIEW]
    if not good:
        return None
    return Visit(
        person=person,
        unit=unit,
        source=source,
        vectors=np.stack([each.vector for each in good]),
        qualities=np.array([each.quality for each in good]),
        look=look,
        cover=cover,
    )


def covered(faces: AlignedFaces, cover: str) -> AlignedFaces:
    """Return the faces with something drawn over each."""
    draw = (COVERS | OTHER_COVERS)[cover]
    pictures = faces.pictures.copy()
    for picture in pictures:
        inside = picture[ROOM:-ROOM, ROOM:-ROOM]
        inside[:] = draw(inside)
    return AlignedFaces(pictures, faces.people, faces.videos)


def photo_visits(
    faces: AlignedFaces,
    networks: Networks,
    cover: str = BARE,
    views: int = VIEWS,
) -> Iterator[Visit]:
    """Yield a visit of each photo, where one of its views is good; `cover` is what they show."""
    rng = np.random.default_rng(0)
    box = (ROOM, ROOM, SIDE, SIDE)
    start = crop_of_box(box, TEMPLATE + ROOM, networks.landmarker.side)
    for place in track(range(len(faces.people)), "photos", console=ERRORS):
        picture = faces.pictures[place]
        points = networks.landmarker.points([picture], [start])[0]
        seen = []
        for _ in range(views):
            frame = frame_of(picture, rng)
            # As tracking has it: the points of the frame before give the crop.
            scaled = points * (frame.shape[0] / WIDE)
            crop = crop_of_points(scaled, networks.landmarker.side)
            seen.append(networks.see(frame, crop))
        look = look_of(picture, points).without("face_size")
        visit = visit_of(
            faces.people[place],
            faces.videos[place],
            LFW,
            seen,
            look,
            cover,
        )
        if visit is not None:
            yield visit


def video_visits(
    faces: Sequence[LabelledFace],
    networks: Networks,
) -> Iterator[Visit]:
    """Yield a visit of each video, where one of its frames is good."""
    videos: dict[str, list[LabelledFace]] = defaultdict(list)
    for face in faces:
        _, video = person_and_video(face.name)
        videos[video].append(face)
    for video, frames in track(list(videos.items()), "videos", console=ERRORS):
        seen = []
        for face in frames:
            crop = crop_of_points(face.points, networks.landmarker.side)
            seen.append(networks.see(face.image(), crop))
        look = look_of(frames[0].image(), seen[0].points)
        visit = visit_of(frames[0].group, video, YOUTUBE, seen, look)
        if visit is not None:
            yield visit


def embedded(faces: AlignedFaces, embedder: Embedder) -> Templates:
    """Return the pictures as templates."""
    vectors = []
    upright = faces.upright
    for start in track(range(0, len(upright), BATCH), "templates", console=ERRORS):
        some = list(upright[start : start + BATCH])
        vectors.append(embedder.embed(some))
    return Templates(
        np.concatenate(vectors),
        np.array(faces.people),
        np.array(faces.videos),
    )


def save(
    path: Path,
    visits: Sequence[Visit],
    templates: Mapping[str, Templates],
) -> None:
    """Write what `load` reads; templates by their cover."""
    bare = templates[BARE]
    arrays: dict[str, Any] = {
        "template_people": bare.people,
        "template_units": bare.units,
        "sizes": np.array([len(visit.vectors) for visit in visits]),
        "vectors": np.concatenate([visit.vectors for visit in visits]),
        "qualities": np.concatenate([visit.qualities for visit in visits]),
        "people": np.array([visit.person for visit in visits]),
        "units": np.array([visit.unit for visit in visits]),
        "sources": np.array([visit.source for visit in visits]),
        "looks": np.array([astuple(visit.look) for visit in visits]),
        "covers": np.array([visit.cover for visit in visits]),
    }
    for cover, some in templates.items():
        arrays[f"template_vectors_{cover}"] = some.vectors
    np.savez(path, **arrays)


def load(path: Path) -> tuple[list[Visit], dict[str, Templates]]:
    """Return visits, and templates by their cover, that `save` wrote."""
    with np.load(path) as stored:
        templates = {}
        for cover in COVERS:
            templates[cover] = Templates(
                stored[f"template_vectors_{cover}"],
                stored["template_people"],
                stored["template_units"],
            )
        ends = np.cumsum(stored["sizes"])[:-1]
        vectors = np.split(stored["vectors"], ends)
        qualities = np.split(stored["qualities"], ends)
        visits = []
        for place, person in enumerate(stored["people"]):
            visit = Visit(
                person=str(person),
                unit=str(stored["units"][place]),
                source=str(stored["sources"][place]),
                vectors=vectors[place],
                qualities=qualities[place],
                look=Look(*stored["looks"][place]),
                cover=str(stored["covers"][place]),
            )
            visits.append(visit)
    return visits, templates


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="by default that of the set")
    parser.add_argument("--set", choices=("research", "commercial"), default="research")
    parser.add_argument(
        "--models", type=Path, help="with the files of the commercial set"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    files = model_files(options.set, options.models)
    landmarker, _ = load_landmarker(files.landmarks)
    embedder, _ = load_embedder(options.model or files.embedding)
    networks = Networks(landmarker, embedder, QualityScore.load(path=files.quality))
    data = options.shared / "data"
    photos = aligned_people(read_people(data / "lfw_aligned_144.zip"))
    parts = [part_of(person) for person in photos.people]
    outside = [place for place, part in enumerate(parts) if part != "train"]
    held_out = [place for place, part in enumerate(parts) if part == "held-out"]
    videos = read_keypoints_csv(data / "youtube_faces_keypoints.zip")
    untrained = [face for face in videos if part_of(face.group) != "train"]
    visits = list(photo_visits(photos.some(outside), networks))
    visits += video_visits(untrained, networks)
    templates = {BARE: embedded(photos, embedder)}
    for cover in sorted(COVERS.keys() - {BARE}):
        shown = covered(photos, cover)
        visits += photo_visits(shown.some(held_out), networks, cover)
        templates[cover] = embedded(shown, embedder)
    save(options.output, visits, templates)
    Console().print(f"{len(visits)} visits, {len(photos.people)} templates")


if __name__ == "__main__":
    main()
