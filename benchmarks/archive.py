"""How well, how fast and how safely a photo archive is read.

python -m benchmarks.archive people --data ../shared/data
python -m benchmarks.archive speed
python -m benchmarks.archive resume
python -m benchmarks.archive many
python -m benchmarks.archive calibrate --data ../shared/data

`people` groups photos of people who were held out from all training, by each method. `speed` reads
drawn photos of two megapixels. `resume` kills a scan ten times. `many` groups 10,000 vectors of one
person. `calibrate` prints the constants of `lab/archive/grouping.py` and `methods.py`, of people
who choose checkpoints, whom no figure is of.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from training.datasets.people import PersonFace, read_people
from training.datasets.splits import Part, part_of, select
from training.pictures.degradation import far
from vitrine.lab.archive import grouping, methods
from vitrine.lab.archive.drawn import draw_archive
from vitrine.lab.archive.exif import Tags
from vitrine.lab.archive.faces import LEAST_QUALITY, FaceFinder, PhotoFace, Vector
from vitrine.lab.archive.grouping import Faces, Labels
from vitrine.lab.archive.methods import METHODS, Method, pairwise
from vitrine.lab.archive.people import people_of, regroup
from vitrine.lab.archive.photos import Photo
from vitrine.lab.archive.scanning import scan
from vitrine.lab.archive.store import Store, opened
from vitrine.lab.archive.walking import walk
from vitrine.vision.crop import Image, crop_of_box, cut
from vitrine.vision.embedding import SIDE, TEMPLATE
from vitrine.vision.quality import quality_cut

LFW = "lfw_aligned_144.zip"
YOUTUBE = "youtube_faces_keypoints.zip"
ALIGNED_SIDE = 144
EDGE = (ALIGNED_SIDE - SIDE) // 2
CANVAS = 400
GREY = 127
WORSE = 0.5
"""Share of the pictures that are made worse."""
FEWEST = 16.0
MOST = 90.0
"""Pixels of the faces that are made worse, for 112 of an aligned one."""
KILLS = 10
MANY = 10_000
DIMENSIONS = 128
NEAR_BEST = 0.01
Row = tuple[float, float, float, float]
"""Pairwise F, precision, and the two constants that gave them."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what", choices=["people", "speed", "resume", "many", "calibrate"]
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=100)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        os.environ["VITRINE_STATE"] = str(Path(folder) / "user")
        place = Path(folder)
        if given.what == "people":
            people(given.data, place)
        elif given.what == "speed":
            speed(place, given.photos)
        elif given.what == "resume":
            resume(place, given.photos)
        elif given.what == "many":
            many()
        else:
            calibrate(given.data)


# -- people


def people(data: Path, folder: Path) -> None:
    """Print pairwise F of each method, on photos of held-out people."""
    sets = [
        ("LFW", LFW, False),
        ("LFW, half made worse", LFW, True),
        ("YouTube Faces", YOUTUBE, False),
    ]
    for title, name, worse in sets:
        faces = of_part(read_people(data / name), "held-out")
        root = folder / title.replace(" ", "-")
        truth = write_photos(root, faces, worse=worse)
        with opened(root, None, create=True) as store:
            read(root, store)
            print(
                f"\n{title}: {len(faces)} photos of {len(set(truth.values()))} people"
            )
            for method in METHODS:
                started = time.process_time()
                regroup(store, method)
                seconds = time.process_time() - started
                print_row(store, truth, method, seconds)


def print_row(
    store: Store, truth: dict[bytes, str], method: Method, seconds: float
) -> None:
    """Print the figures of a method; of each photo, its largest face counts."""
    names = {photo.id: truth[photo.path] for photo in store.photos()}
    largest: dict[int, tuple[float, int]] = {}
    for face in store.faces():
        area = face.box[2] * face.box[3]
        if face.person is not None and area > largest.get(face.photo, (0.0, 0))[0]:
            largest[face.photo] = (area, face.person)
    photos = sorted(largest)
    labels = np.array([largest[photo][1] for photo in photos], np.int64)
    _, people_numbers = np.unique(
        [names[photo] for photo in photos], return_inverse=True
    )
    f, precision, recall = pairwise(labels, people_numbers.astype(np.int64))
    groups = len([one for one in people_of(store) if one.faces > 1])
    print(
        f"{method:>9}  F {f:.3f}  precision {precision:.3f}  recall {recall:.3f}  "
        f"{len(photos)} of {len(names)} photos grouped, {groups} groups, {seconds:.1f} s of CPU"
    )


def of_part(faces: Sequence[PersonFace], part: Part) -> list[PersonFace]:
    """Return the faces of the people of a part."""
    return [face for face in faces if part_of(face.person) == part]


def write_photos(
    root: Path, faces: Sequence[PersonFace], *, worse: bool
) -> dict[bytes, str]:
    """Write pictures as photos; return who is on each. Aligned faces get grey around them."""
    rng = np.random.default_rng(5)
    truth = {}
    root.mkdir()
    for number, face in enumerate(faces):
        image = face.image()
        if worse and rng.random() < WORSE:
            pixels = float(np.exp(rng.uniform(np.log(FEWEST), np.log(MOST))))
            image = far(image, pixels, rng)
        if image.shape[:2] == (ALIGNED_SIDE, ALIGNED_SIDE):
            image = framed(image)
        name = f"{number:05d}.jpg"
        cv2.imwrite(str(root / name), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
        truth[name.encode()] = face.person
    return truth


def framed(image: Image) -> Image:
    """Return a picture in the middle of a grey one."""
    canvas = np.full((CANVAS, CANVAS, 3), GREY, np.uint8)
    at = (CANVAS - ALIGNED_SIDE) // 2
    canvas[at : at + ALIGNED_SIDE, at : at + ALIGNED_SIDE] = image
    return canvas


def read(root: Path, store: Store) -> None:
    """Scan an archive with two threads."""
    scan(
        root,
        store,
        FaceFinder.load(None),
        threads=2,
        stop=Event(),
        begun=lambda _: None,
        done=lambda _: None,
    )


# -- speed and resume


def speed(folder: Path, photos: int) -> None:
    """Print how many drawn photos of two megapixels a scan reads in a second."""
    root = drawn(folder, photos, "2mp")
    finder = FaceFinder.load(None)
    with opened(root, None, create=True) as store:
        wall = time.perf_counter()
        cpu = time.process_time()
        counted = scan(
            root,
            store,
            finder,
            threads=2,
            stop=Event(),
            begun=lambda _: None,
            done=lambda _: None,
        )
        wall = time.perf_counter() - wall
        cpu = time.process_time() - cpu
    load, _, _ = os.getloadavg()
    print(
        f"{counted.read} photos, {counted.faces} faces: {counted.read / wall:.1f} photos a second "
        f"(load {load:.0f} on {os.cpu_count()} cores); {1000 * cpu / counted.read:.0f} ms of CPU a "
        f"photo, so {2 * counted.read / cpu:.0f} a second on two free cores"
    )


def drawn(folder: Path, photos: int, size: str) -> Path:
    """Draw an archive of 20 people."""
    root = folder / "drawn"
    for _ in draw_archive(root, people=20, photos=photos, seed=1, size=size):
        pass
    return root


def resume(folder: Path, photos: int) -> None:
    """Kill a scan ten times, and compare with one that was not, and the photos with before."""
    root = drawn(folder, photos, "small")
    before = hashes(root)
    scan_once(root, folder / "whole")
    expected = known(root, folder / "whole")
    kills = 0
    while kills < KILLS:
        process = started(root, folder / "killed")
        reached = wait_for_photos(
            root, folder / "killed", process, (kills + 1) * photos // 12
        )
        process.send_signal(signal.SIGKILL)
        process.wait()
        if not reached:
            print("a scan ended before it could be killed")
        kills += 1
    scan_once(root, folder / "killed")
    same = known(root, folder / "killed") == expected
    print(
        f"killed {kills} times over {photos} photos: "
        f"{'the same result' if same else 'ANOTHER RESULT'}, "
        f"{'no original changed' if hashes(root) == before else 'ORIGINALS CHANGED'}"
    )
    if not same or hashes(root) != before:
        sys.exit(1)


def started(root: Path, state: Path) -> subprocess.Popen[bytes]:
    """Start a scan in a process of its own."""
    code = (
        "from vitrine.lab.archive.archive_command import archive; "
        f"archive(['scan', {str(root)!r}, '--state', {str(state)!r}, '--threads', '2'])"
    )
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)


def scan_once(root: Path, state: Path) -> None:
    """Let a scan end by itself."""
    process = started(root, state)
    if process.wait() != 0:
        raise SystemExit("a scan failed")


def wait_for_photos(
    root: Path, state: Path, process: subprocess.Popen[bytes], count: int
) -> bool:
    """Wait until so many photos were read; False where the scan ended before."""
    while process.poll() is None:
        if (state / "archive.sqlite").exists():
            with opened(root, state, create=True) as store:
                if len(store.known()) >= count:
                    return True
        time.sleep(0.02)
    return False


def known(root: Path, state: Path) -> list[object]:
    """Return all that a scan found, and the people of it."""
    with opened(root, state) as store:
        faces = store.faces()
        kept = [face for face in faces if face.dropped is None]
        vectors = store.vectors(kept, store.fact("model") or "")
        regroup(store)
        photos = [photo.path for photo in store.photos()]
        people_found = [(one.id, one.faces) for one in people_of(store)]
        boxes = [(face.photo, face.number, face.box, face.dropped) for face in faces]
        return [photos, boxes, vectors.tobytes(), people_found]


def hashes(root: Path) -> dict[bytes, str]:
    """Return the hash of each file of an archive."""
    found = {}
    for item in walk(bytes(root)):
        path = os.path.join(bytes(root), item.path)
        with open(path, "rb") as file:
            found[item.path] = sha256(file.read()).hexdigest()
    return found


def many() -> None:
    """Print how long it takes to group vectors that spread around one, as faces of a person do."""
    rng = np.random.default_rng(0)
    person = rng.standard_normal(DIMENSIONS)
    person *= 1.1 / np.linalg.norm(person)
    spread = rng.standard_normal((MANY, DIMENSIONS)) / np.sqrt(DIMENSIONS)
    vectors = person + spread
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    qualities = np.full(MANY, 0.9, np.float32)
    started = time.process_time()
    labels = grouping.group(
        Faces(vectors.astype(np.float32), qualities, list(range(MANY)))
    )
    seconds = time.process_time() - started
    cosine = float((vectors[:200] @ vectors[:200].T).mean())
    print(
        f"{MANY} vectors, mean cosine {cosine:.2f}: {labels.max() + 1} group, "
        f"{seconds:.1f} s of CPU"
    )


# -- calibrate


def calibrate(data: Path) -> None:
    """Print the constants of the links, and the best threshold of each other method."""
    faces = of_part(read_people(data / LFW), "validation")
    frames = select(read_people(data / YOUTUBE), "validation")
    finder = FaceFinder.load(None)
    clean = looked_at(faces, finder, worse=False)
    worse = looked_at(faces, finder, worse=True)
    print_fit(*worse)
    sets = [clean, worse, found_in(frames, finder)]
    rows = []
    for half in np.arange(3, 8.5, 1.0):
        for enough in (0.05, 0.08, 0.12, 0.2, 0.3, 0.4):
            grouping.HALF_STRONG, grouping.ENOUGH = float(half), enough  # type: ignore[misc]
            rows.append((*mean_figures(sets, grouping.group), float(half), enough))
    f, precision, half, enough = careful(rows)
    print(
        f"links: HALF_STRONG {half}, ENOUGH {enough}, F {f:.3f}, precision {precision:.3f}"
    )
    for name, way in methods.WAYS.items():
        rows = []
        for least in np.arange(0.26, 0.62, 0.02):
            found = mean_figures(sets, limited(way, float(least)))
            rows.append((*found, float(least), 0.0))
        f, precision, least, _ = careful(rows)
        print(f"{name}: least cosine {least:.2f}, F {f:.3f}, precision {precision:.3f}")


def limited(
    way: Callable[[Faces, float], Labels], least: float
) -> Callable[[Faces], Labels]:
    """Return a way to group faces with its threshold."""
    return lambda faces: way(faces, least)


def careful(rows: Sequence[Row]) -> Row:
    """Return the row of the best precision among those within NEAR_BEST of the best F.

    Precision falls as an archive grows, and to part people takes more work than to merge them.
    """
    best = max(row[0] for row in rows)
    near = [row for row in rows if row[0] >= best - NEAR_BEST]
    return max(near, key=lambda row: row[1])


def looked_at(
    faces: Sequence[PersonFace], finder: FaceFinder, *, worse: bool
) -> tuple[Faces, NDArray[np.int64]]:
    """Return what grouping sees of aligned faces that would not be dropped, and whose they are."""
    rng = np.random.default_rng(5)
    crop = crop_of_box((0, 0, SIDE, SIDE), TEMPLATE, SIDE)
    vectors: list[Vector] = []
    qualities: list[float] = []
    for some in parts(faces):
        images = [view(face, rng, worse=worse) for face in some]
        vectors += list(finder.embedder.embed(images))
        cuts = [quality_cut(cut(image, crop)) for image in images]
        qualities += finder.quality.score(cuts).tolist()
    kept = np.array(qualities) >= LEAST_QUALITY
    _, numbers = np.unique([face.person for face in faces], return_inverse=True)
    seen = Faces(
        np.stack(vectors)[kept],
        np.array(qualities, np.float32)[kept],
        list(range(int(kept.sum()))),
    )
    return seen, numbers[kept].astype(np.int64)


def found_in(
    frames: Sequence[PersonFace], finder: FaceFinder
) -> tuple[Faces, NDArray[np.int64]]:
    """Return what grouping sees of the largest face of each frame, and whose it is."""
    kept: list[PhotoFace] = []
    people_kept: list[str] = []
    for frame in frames:
        image = frame.image()
        photo = Photo(image, image.shape[1], image.shape[0], Tags())
        faces = [face for face in finder.faces(photo) if face.dropped is None]
        if faces:
            kept.append(max(faces, key=lambda face: float(face.box[2] * face.box[3])))
            people_kept.append(frame.person)
    vectors = [face.vector for face in kept if face.vector is not None]
    qualities = np.array([face.quality for face in kept], np.float32)
    _, numbers = np.unique(people_kept, return_inverse=True)
    seen = Faces(np.stack(vectors), qualities, list(range(len(kept))))
    print(f"YouTube Faces: {len(kept)} frames of {numbers.max() + 1} people who choose")
    return seen, numbers.astype(np.int64)


def parts(faces: Sequence[PersonFace]) -> Iterator[Sequence[PersonFace]]:
    """Yield the faces, some at once."""
    for start in range(0, len(faces), 32):
        yield faces[start : start + 32]


def view(face: PersonFace, rng: np.random.Generator, *, worse: bool) -> Image:
    """Return a face as the embedding sees it, half of them made worse."""
    image = face.image()[EDGE:-EDGE, EDGE:-EDGE]
    if worse and rng.random() < WORSE:
        pixels = float(np.exp(rng.uniform(np.log(FEWEST), np.log(MOST))))
        return far(image, pixels, rng)
    return image


def print_fit(faces: Faces, people_numbers: NDArray[np.int64]) -> None:
    """Print the log-odds of pairs, as many of one person as of two."""
    rows, columns = np.triu_indices(len(faces), 1)
    cosines = (faces.vectors @ faces.vectors.T)[rows, columns]
    poorer = np.minimum(faces.qualities[rows], faces.qualities[columns])
    same = people_numbers[rows] == people_numbers[columns]
    weights = np.where(same, len(same) / same.sum(), len(same) / (~same).sum())
    seen = np.stack([cosines, poorer, cosines * poorer], 1)
    fit = LogisticRegression(max_iter=2_000, C=1e6).fit(
        seen, same, sample_weight=weights
    )
    cosine, quality, both = fit.coef_[0]
    print(
        f"COSINE {cosine:.2f}, QUALITY {quality:.2f}, BOTH {both:.2f}, BIAS {fit.intercept_[0]:.2f}"
    )


def mean_figures(
    sets: Sequence[tuple[Faces, NDArray[np.int64]]], way: Callable[[Faces], Labels]
) -> tuple[float, float]:
    """Return the means of pairwise F and precision over some sets."""
    found = [pairwise(way(faces), whose) for faces, whose in sets]
    f, precision, _ = np.mean(found, axis=0).tolist()
    return f, precision


if __name__ == "__main__":
    main()
