"""The measurements of docs/accuracy.md: one `python -m training evaluate` for each result file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SHARED: Final = "SHARED"
"""Stands in commands for the folder with `data/` and `models/`."""
OURS: Final = "Vitrine"

YOUTUBE: Final = (f"{SHARED}/data/youtube_faces_keypoints.zip", "keypoints-csv")
PHOTOS: Final = (f"{SHARED}/data/helen_afw_68.zip", "pts")
SHELVES: Final = (f"{SHARED}/data/shop_shelves_no_faces.zip", "negatives")
LFW: Final = (f"{SHARED}/data/lfw_aligned_144.zip", "people")
YOUTUBE_PEOPLE: Final = (YOUTUBE[0], "people")
FERPLUS: Final = (f"{SHARED}/data/ferplus.zip", "ferplus")
YUNET: Final = f"{SHARED}/models/yunet_n_dynamic.onnx"
TEACHER: Final = f"{SHARED}/models/mobilefacenet_112.onnx"
SMALL_SIZES: Final = (48, 32, 24, 16, 12)


@dataclass(frozen=True)
class Measurement:
    """Describe one result file: whose weights, on which faces."""

    name: str
    """Of the file, without `.json`."""
    series: str
    """The owner of the weights: `OURS` or a public model."""
    arguments: tuple[str, ...]
    """Of `python -m training evaluate`."""

    @property
    def command(self) -> str:
        """The command as a reader would type it."""
        words = " ".join(self.arguments)
        return f"python -m training evaluate {words}"

    def in_folder(self, shared: Path) -> list[str]:
        """Return the arguments with the real folder."""
        folder = str(shared)
        return [part.replace(SHARED, folder) for part in self.arguments]


HELD_OUT: Final = ("--part", "held-out")
TRAINED_SHELVES: Final = ("--skip", "100")
"""Those that the detector was trained on, by name."""


def _arguments(
    task: str,
    data: tuple[str, str],
    *more: str,
    weights: str = "",
) -> tuple[str, ...]:
    path, form = data
    arguments = [task, "--data", path, "--format", form, *more]
    if weights:
        arguments += ["--weights", weights]
    return tuple(arguments)


def _landmarks() -> list[Measurement]:
    found = []
    sets = {
        "youtube": YOUTUBE,
        "photos": PHOTOS,
    }
    for name, data in sets.items():
        # From the true box too: it tells the network's errors from the detector's.
        for box in ("detector", "truth"):
            arguments = _arguments(
                "landmarks",
                data,
                *HELD_OUT,
                "--box",
                box,
            )
            found.append(Measurement(f"landmarks-{name}-{box}", OURS, arguments))
    # The published test part shares people and videos with the training part.
    leaking = _arguments(
        "landmarks",
        YOUTUBE,
        "--split",
        "test",
        "--box",
        "truth",
    )
    found.append(Measurement("landmarks-published", OURS, leaking))
    return found


DETECTORS: Final = {
    "ours": (OURS, "models/detector.onnx"),
    "yunet": ("YuNet", YUNET),
    "mtcnn": ("MTCNN", "mtcnn"),
}
"""Short name → series and weights."""


def _detector_sets() -> dict[str, tuple[tuple[str, str], tuple[str, ...]]]:
    """Return data and further arguments by the name of the set."""
    sets: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
        "youtube": (YOUTUBE, HELD_OUT),
        "photos": (PHOTOS, HELD_OUT),
        "shelves": (SHELVES, TRAINED_SHELVES),
        "youtube-24px": (YOUTUBE, (*HELD_OUT, "--face-size", "24")),
    }
    for size in SMALL_SIZES:
        small = ("--face-size", str(size))
        arguments = (*HELD_OUT, *small)
        sets[f"{size}px"] = (PHOTOS, arguments)
    # What a detector finds in frames without a face is too much of its recall.
    for size in SMALL_SIZES:
        small = ("--face-size", str(size))
        arguments = (*TRAINED_SHELVES, *small)
        sets[f"control-{size}px"] = (SHELVES, arguments)
    return sets


def _detectors() -> list[Measurement]:
    found = []
    sets = _detector_sets()
    for short, (series, weights) in DETECTORS.items():
        for name, (data, more) in sets.items():
            full_name = f"detector-{name}-{short}"
            arguments = _arguments(
                "detector",
                data,
                *more,
                weights=weights,
            )
            measurement = Measurement(full_name, series, arguments)
            found.append(measurement)
    return found


EMBEDDINGS: Final = {
    "ours": (OURS, ""),
    "teacher": ("MobileFaceNet (teacher)", TEACHER),
}
"""Short name → series and weights; none are those that ship."""
IDENTITY_SETS: Final = {
    "lfw": (LFW, ("--protocol", "pairs", "--aligned")),
    "youtube": (YOUTUBE_PEOPLE, ("--protocol", "leave-one-video-out")),
}
"""Name of the set → data and further arguments."""


def _identity() -> list[Measurement]:
    found = []
    for short, (series, weights) in EMBEDDINGS.items():
        for name, (data, more) in IDENTITY_SETS.items():
            arguments = _arguments(
                "identity",
                data,
                *HELD_OUT,
                *more,
                weights=weights,
            )
            full_name = f"identity-{name}-{short}"
            measurement = Measurement(full_name, series, arguments)
            found.append(measurement)
    return found


def _others() -> list[Measurement]:
    arguments = {
        "expression": _arguments(
            "expression",
            FERPLUS,
            "--split",
            "FER2013Valid",
        ),
        "quality-lfw": _arguments(
            "quality",
            LFW,
            *HELD_OUT,
            "--aligned",
        ),
        "quality-youtube": _arguments("quality", YOUTUBE, *HELD_OUT),
    }
    return [Measurement(name, OURS, words) for name, words in arguments.items()]


PLAN: Final[tuple[Measurement, ...]] = (
    *_landmarks(),
    *_detectors(),
    *_identity(),
    *_others(),
)
