"""Print how often attacks pass as alive (APCER), and people do not (BPCER, ISO/IEC 30107-3).

python -m benchmarks.presentation_attacks --shared FOLDER [--part held-out] [--clips 20]
       [--seeds 4] [--processes 1]

Attacks are drawn with photos of HELEN and AFW, and with films of FOLDER/video; people are those
of the films, and of the synthetic mall. A photo belongs to one part: the limits of
`vitrine.customers.liveness` were set on the part `validation`.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import cv2
import numpy as np

from benchmarks.attack_scenes import FILM, HEIGHT, KINDS, WIDTH, Kind, Shown, scene
from benchmarks.tracked_faces import tracked_faces
from benchmarks.vision import read
from training.datasets.faces import LabelledFace
from training.datasets.pts import read_pts
from training.datasets.splits import part_of
from training.evaluation.intervals import interval_of_mean
from vitrine.clock import SECOND_NS
from vitrine.customers.liveness import SMALLEST_PX, Liveness
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.schemas import Face
from vitrine.synthetic.mall import SyntheticMall
from vitrine.vision.crop import Image
from vitrine.vision.detectors import FaceScore, load_detector
from vitrine.vision.models import LANDMARKS_FILE, model_path
from vitrine.vision.networks import load_network
from vitrine.vision.quality import QualityScore

FPS: Final = 10.0
CLIP_S: Final = 8.0
"""Length of an attack; a person who does not prove to live in this time counts as refused."""
WITHIN_S: Final = (2.0, 3.0, 5.0, CLIP_S)
START_EVERY_S: Final = 1.0
"""A person begins to be looked at at every such time of a film."""
MOST_FRAMES: Final = 3_000
MOST_WIDTH: Final = 512
"""Of a film that is shown on a screen."""
STILLS: Final = tuple(kind for kind in KINDS if kind != FILM)
FILMS: Final = ("expressions-a.mp4", "expressions-b.mp4")
"""Films with one person, which are shown on a screen too."""
PEOPLE: Final = (*FILMS, "two-people-head-pose.h264", "crowd-1080p.mp4")
SHELVES: Final = 20
SCENE: Final = "synthetic:?scene=quiet&people=4&seconds=60&seed="
# Apart from the seeds that were looked at while the limits were set.
FIRST_SEED: Final = 200

View = tuple[int, Face]


@dataclass(frozen=True, slots=True)
class Trial:
    """Hold how one presentation ended: seconds until it was proven to live, or infinity."""

    kind: str
    person: str
    proven_s: float
    lasted_s: float


def main() -> None:
    """Print the table of attacks, and that of people."""
    arguments = _arguments()
    cv2.setNumThreads(1)
    jobs = _attack_jobs(arguments.shared, arguments.part, arguments.clips)
    for name in PEOPLE:
        film_of_people = arguments.shared / "video" / name
        jobs.append(partial(film_trials, film_of_people))
    for number in range(arguments.seeds):
        jobs.append(partial(synthetic_trials, FIRST_SEED + number))
    trials: list[Trial] = []
    with ProcessPoolExecutor(arguments.processes) as pool:
        for found in pool.map(_run, jobs):
            trials += found
    print_table("attacks: taken for alive", trials, KINDS, passed=True)
    people = sorted({trial.kind for trial in trials} - set(KINDS))
    print_table("people: not proven to live", trials, people, passed=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--part", default="held-out")
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--processes", type=int, default=1)
    return parser.parse_args()


Job = Callable[[], list[Trial]]


def _run(job: Job) -> list[Trial]:
    cv2.setNumThreads(1)
    return job()


def _attack_jobs(shared: Path, part: str, clips: int) -> list[Job]:
    """Return what makes the clips: each photo is used for all kinds but films once."""
    photos = _photos(shared / "data" / "helen_afw_68.zip", part)
    jobs: list[Job] = []
    for number in range(clips):
        photo = photos[number % len(photos)]
        for kind in STILLS:
            job = partial(photo_trials, shared, photo, kind, number)
            jobs.append(job)
    for name in FILMS:
        for number in range(clips // len(FILMS)):
            job = partial(shown_film_trials, shared, name, number)
            jobs.append(job)
    return jobs


def _photos(path: Path, part: str) -> list[LabelledFace]:
    """Return one face of each photo of a part."""
    photos: dict[str, LabelledFace] = {}
    for face in read_pts(path):
        if part_of(face.group) == part:
            photos.setdefault(face.group, face)
    return list(photos.values())


def photo_trials(
    shared: Path,
    photo: LabelledFace,
    kind: Kind,
    number: int,
) -> list[Trial]:
    """Return how a clip with a photo of somebody ended."""
    image = _decoded(photo.encoded)
    shown = Shown(image, photo.points.astype(np.float64))
    return _clip_trials(shared, [shown], kind, photo.group, number)


def shown_film_trials(shared: Path, name: str, number: int) -> list[Trial]:
    """Return how a clip with a screen ended on which a film of somebody runs."""
    images = film(shared / "video" / name, MOST_WIDTH)
    tracks = tracks_in(images, FPS)
    _, face = tracks[0][0]
    points = np.array(face.points)
    first = number * round(START_EVERY_S * FPS)
    shown = [Shown(image, points) for image in images[first:]]
    return _clip_trials(shared, shown, FILM, name, number)


def _clip_trials(
    shared: Path,
    shown: Sequence[Shown],
    kind: Kind,
    person: str,
    number: int,
) -> list[Trial]:
    shelf = _shelf(shared / "data" / "shop_shelves_no_faces.zip", number)
    count = round(CLIP_S * FPS)
    # Every kind and number moves in a way of its own.
    seed = 100 * number + KINDS.index(kind)
    images = scene(kind, shown, shelf, seed, count, FPS)
    tracks = tracks_in(images, FPS)
    if not tracks:
        return []
    proven = [proven_after(views, (WIDTH, HEIGHT)) for views in tracks]
    # The attack goes on over all of its tracks: one that passes is enough.
    return [Trial(kind, person, min(proven), CLIP_S)]


def film_trials(path: Path) -> list[Trial]:
    """Return when the people of a film are proven to live, from every second of it on.

    Whoever is too small to prove anything is left out, here and in the synthetic mall.
    """
    images = film(path, WIDTH)
    height, width = images[0].shape[:2]
    tracks = tracks_in(images, FPS)
    return _people_trials(tracks, (width, height), path.name)


def synthetic_trials(seed: int) -> list[Trial]:
    """Return the same of a minute in the synthetic mall."""
    uri = f"{SCENE}{seed}"
    mall = SyntheticMall.from_uri(uri, width=WIDTH, height=HEIGHT, fps=round(FPS))
    images = (mall.frame(number)[0] for number in range(mall.frames or 0))
    tracks = tracks_in(images, FPS)
    return _people_trials(tracks, (WIDTH, HEIGHT), "synthetic", f"{seed}")


def _people_trials(
    tracks: Sequence[Sequence[View]],
    size: tuple[int, int],
    kind: str,
    prefix: str = "",
) -> list[Trial]:
    step = round(START_EVERY_S * FPS)
    trials = []
    for number, views in enumerate(tracks):
        heights = [face.box[3] for _, face in views]
        if np.median(heights) < SMALLEST_PX:
            continue
        person = f"{prefix}{kind}{number}"
        for first in range(0, len(views), step):
            rest = views[first:]
            proven_s = proven_after(rest, size)
            trial = Trial(kind, person, proven_s, _seconds(rest))
            trials.append(trial)
    return trials


def proven_after(views: Sequence[View], size: tuple[int, int]) -> float:
    """Return the seconds until a track is proven to live; infinity for never."""
    liveness = Liveness()
    for number, (at_ns, face) in enumerate(views):
        if liveness.observe(at_ns, face, size):
            return _seconds(views[: number + 1])
    return float("inf")


def _seconds(views: Sequence[View]) -> float:
    first_ns, _ = views[0]
    last_ns, _ = views[-1]
    return (last_ns - first_ns) / SECOND_NS


def tracks_in(images: Iterable[Image], fps: float) -> list[list[View]]:
    """Return the views of each track, as the product makes them of JPEG pictures."""
    models = FaceModels(
        detector=load_detector(None),
        landmarks=load_network(model_path(LANDMARKS_FILE)),
        face_score=FaceScore.load(),
        quality=QualityScore.load(),
    )
    tracks: dict[str, list[View]] = defaultdict(list)
    for event in tracked_faces(images, fps, Analyser(models)):
        for face in event.faces:
            tracks[face.track_id].append((event.captured_at_ns, face))
    return list(tracks.values())


def film(path: Path, width: int) -> list[Image]:
    """Return the frames of a film, about `FPS` of each second."""
    capture = cv2.VideoCapture(str(path))
    frames_a_second = capture.get(cv2.CAP_PROP_FPS)
    every = max(1, round(frames_a_second / FPS))
    frames = read(path, width, MOST_FRAMES)
    return list(islice(frames, 0, None, every))


def print_table(
    title: str,
    trials: Sequence[Trial],
    kinds: Sequence[str],
    *,
    passed: bool,
) -> None:
    """Print, for each kind and time, the share that is proven by then (`passed`), or is not.

    Who was there for a shorter time counts only once proven.
    """
    columns = " | ".join(f"within {seconds:g} s" for seconds in WITHIN_S)
    print(f"| {title} | trials | {columns} |")
    print("|---" * (2 + len(WITHIN_S)) + "|")
    for kind in kinds:
        of_kind = [trial for trial in trials if trial.kind == kind]
        shares = [_share(of_kind, seconds, passed=passed) for seconds in WITHIN_S]
        cells = " | ".join(shares)
        print(f"| {kind} | {len(of_kind)} | {cells} |")


def _share(trials: Sequence[Trial], seconds: float, *, passed: bool) -> str:
    values = []
    people = []
    for trial in trials:
        if trial.lasted_s < seconds:
            continue
        proven = trial.proven_s <= seconds
        values.append(float(proven == passed))
        people.append(trial.person)
    if not values:
        return "–"
    found = interval_of_mean(np.array(values), people)
    share = f"{100 * np.mean(values):.0f} %"
    if found is None:
        return f"{share}, one person"
    low, high = found
    return f"{share} ({100 * low:.0f}–{100 * high:.0f}), {len(set(people))}"


def _decoded(encoded: bytes) -> Image:
    pixels = np.frombuffer(encoded, np.uint8)
    return np.asarray(cv2.imdecode(pixels, cv2.IMREAD_COLOR), np.uint8)


def _shelf(path: Path, number: int) -> Image:
    """Return one of the shelves that no network was trained on."""
    with ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        name = names[-1 - number % SHELVES]
        return _decoded(archive.read(name))


if __name__ == "__main__":
    main()
