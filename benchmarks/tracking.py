"""Write the faces of synthetic cameras as the tracker follows them, beside detections and truth.

    python -m benchmarks.tracking FOLDER rush night --seed 201
    python benchmarks/peer_trackers.py FOLDER        # in an environment with `trackers`

FOLDER gets `truth`, `found` and `ours`, each with a file a camera in the form of the MOT Challenge.
Other trackers are run on the same detections by the second command.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vitrine.faces.analysis import Analyser, Frame
from vitrine.faces.models import FaceModels
from vitrine.faces.tracks import CameraTracks
from vitrine.fieldtest.matching import settled
from vitrine.fieldtest.measured import SeenFrame
from vitrine.fieldtest.scenarios import SCENARIOS
from vitrine.fieldtest.truth import Box, TrueFrame, TruePerson
from vitrine.synthetic.mall import SyntheticMall
from vitrine.synthetic.truth import FrameTruth
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, FaceScore, detect_scaled, load_detector
from vitrine.vision.models import LANDMARKS_FILE, model_path
from vitrine.vision.networks import load_network
from vitrine.vision.quality import QualityScore

DETECT_EVERY: Final = 3
"""As `landmarks` does it unless told otherwise. The other trackers get every frame's faces."""
WIDTH: Final = 640
HEIGHT: Final = 360
FPS: Final = 10.0


@dataclass(slots=True)
class Followed:
    """Hold the frames of one camera, in order: who was there, what was found and followed."""

    truth: list[TrueFrame] = field(default_factory=list)
    found: list[Detections] = field(default_factory=list)
    ours: list[Mapping[str, Box]] = field(default_factory=list)

    def visible(self) -> list[dict[str, Box]]:
        """Return who can be seen in each frame; covered faces where the detector found them."""
        seen = []
        for truth, found in zip(self.truth, self.found, strict=True):
            boxes = [tuple(box) for box in found.boxes.tolist()]
            faces = {str(number): box for number, box in enumerate(boxes)}
            seen.append(_seen(truth, faces))
        frames = []
        for frame in settled(self.truth, seen):
            people = [person for person in frame.people if person.visible]
            frames.append({person.person: person.box for person in people})
        return frames


def follow(uri: str, models: FaceModels) -> Followed:
    """Return what the tracker makes of a synthetic camera."""
    mall = SyntheticMall.from_uri(uri, width=WIDTH, height=HEIGHT, fps=FPS)
    analyser = Analyser(models)
    tracks = CameraTracks("camera", DETECT_EVERY, analyser.trust)
    followed = Followed()
    for number in range(mall.frames or 0):
        at_ns = mall.at_ns(number)
        image, truth = mall.frame(number)
        followed.truth.append(_true_frame(truth, at_ns))
        followed.found.append(detect_scaled(models.detector, image))
        followed.ours.append(_step(image, at_ns, analyser, tracks))
    return followed


def _step(
    image: Image,
    at_ns: int,
    analyser: Analyser,
    tracks: CameraTracks,
) -> dict[str, Box]:
    frame = Frame(image, at_ns, tracks, recognise=False)
    faces = {}
    for face in analyser.step([frame])[0]:
        x, y, width, height = face.box.tolist()
        faces[face.track_id] = (x, y, width, height)
    return faces


def _true_frame(truth: FrameTruth, at_ns: int) -> TrueFrame:
    people = []
    for person in truth.people:
        true = TruePerson(
            person=person.person,
            box=person.box,
            visible=person.visible,
            attending=False,
            lingering=False,
            covered=person.present and not person.visible,
        )
        people.append(true)
    return TrueFrame("camera", "stand", at_ns, WIDTH, HEIGHT, tuple(people))


def _seen(truth: TrueFrame, faces: Mapping[str, Box]) -> SeenFrame:
    return SeenFrame("camera", "stand", truth.at_ns, WIDTH, HEIGHT, faces)


def mot_lines(frames: Iterable[Mapping[str, Box]]) -> list[str]:
    """Return a line for each face: frame and id from 1 on, box, score, class, visibility (1)."""
    numbers: dict[str, int] = {}
    lines = []
    for place, faces in enumerate(frames, start=1):
        for name, box in faces.items():
            number = numbers.setdefault(name, len(numbers) + 1)
            corners = ",".join(f"{value:.2f}" for value in box)
            lines.append(f"{place},{number},{corners},1,1,1,1")
    return lines


def found_lines(frames: Sequence[Detections]) -> list[str]:
    """Return the same for detections, which have a score and no id (-1)."""
    lines = []
    for place, found in enumerate(frames, start=1):
        for box, score in zip(found.boxes.tolist(), found.scores.tolist(), strict=True):
            corners = ",".join(f"{value:.2f}" for value in box)
            lines.append(f"{place},-1,{corners},{score:.4f},-1,-1,-1")
    return lines


def write(folder: Path, camera: str, followed: Followed) -> None:
    """Write the three files of a camera."""
    files = {
        "truth": mot_lines(followed.visible()),
        "found": found_lines(followed.found),
        "ours": mot_lines(followed.ours),
    }
    for name, lines in files.items():
        path = folder / name / f"{camera}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def cameras_of(name: str, seed: int | None, seconds: float | None) -> dict[str, str]:
    """Return the addresses of a scenario's cameras, by a name; `seed` replaces the shipped one."""
    scenario = SCENARIOS[name]
    addresses = [uri for uris in scenario.cameras.values() for uri in uris]
    cameras = {}
    for number, uri in enumerate(addresses, start=1):
        parts = uri.split("&")
        if seed is not None:
            parts = [
                f"seed={seed}" if part.startswith("seed=") else part for part in parts
            ]
        parts.append(f"seconds={seconds or scenario.seconds:g}")
        cameras[f"{name}-{number}"] = "&".join(parts)
    return cameras


def main() -> None:
    """Follow the cameras of scenarios, and write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenario", nargs="+", choices=sorted(SCENARIOS))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seconds", type=float)
    arguments = parser.parse_args()
    models = FaceModels(
        detector=load_detector(None),
        landmarks=load_network(model_path(LANDMARKS_FILE)),
        face_score=FaceScore.load(),
        quality=QualityScore.load(),
    )
    for name in arguments.scenario:
        cameras = cameras_of(name, arguments.seed, arguments.seconds)
        for camera, uri in cameras.items():
            write(arguments.folder, camera, follow(uri, models))


if __name__ == "__main__":
    main()
