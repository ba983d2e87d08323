"""What is measured for docs/accuracy.md: one `python -m training evaluate` for each result file."""

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
    """One result file: whose weights, on which faces."""

    name: str
    """Of the file, without `.json`."""
    series: str
    """Whose weights: `OURS` or a public model."""
    arguments: tuple[str, ...]
    """Of `python -m training evaluate`."""

    @property
    def command(self) -> str:
        """As a reader would type it."""
        return f"python -m training evaluate {' '.join(self.arguments)}"

    def in_folder(self, shared: Path) -> list[str]:
        """The arguments with the real folder."""
        return [part.replace(SHARED, str(shared)) for part in self.arguments]


HELD_OUT: Final = ("--part", "held-out")
TRAINED_SHELVES: Final = ("--skip", "100")
"""Those that the detector was trained on, by name."""


def _arguments(
    task: str, data: tuple[str, str], *more: str, weights: str = ""
) -> tuple[str, ...]:
    chosen = ("--weights", weights) if weights else ()
    return (task, "--data", data[0], "--format", data[1], *more, *chosen)


def _landmarks() -> list[Measurement]:
    sets = (("youtube", YOUTUBE), ("photos", PHOTOS))
    found = [
        Measurement(
            f"landmarks-{name}-{box}",
            OURS,
            _arguments("landmarks", data, *HELD_OUT, "--box", box),
        )
        for name, data in sets
        for box in ("detector", "truth")
    ]
    leaking = _arguments("landmarks", YOUTUBE, "--split", "test", "--box", "truth")
    return [*found, Measurement("landmarks-published", OURS, leaking)]


DETECTORS: Final = {
    "ours": (OURS, "models/detector.onnx"),
    "yunet": ("YuNet", YUNET),
    "mtcnn": ("MTCNN", "mtcnn"),
}


def _detectors() -> list[Measurement]:
    sets: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
        "youtube": (YOUTUBE, HELD_OUT),
        "photos": (PHOTOS, HELD_OUT),
        "shelves": (SHELVES, TRAINED_SHELVES),
    }
    sets["youtube-24px"] = (YOUTUBE, (*HELD_OUT, "--face-size", "24"))
    sets |= {
        f"{size}px": (PHOTOS, (*HELD_OUT, "--face-size", str(size)))
        for size in SMALL_SIZES
    }
    sets |= {
        f"control-{size}px": (SHELVES, (*TRAINED_SHELVES, "--face-size", str(size)))
        for size in SMALL_SIZES
    }
    return [
        Measurement(
            f"detector-{name}-{short}",
            series,
            _arguments("detector", data, *more, weights=weights),
        )
        for short, (series, weights) in DETECTORS.items()
        for name, (data, more) in sets.items()
    ]


EMBEDDINGS: Final = {
    "ours": (OURS, ""),
    "teacher": ("MobileFaceNet (teacher)", TEACHER),
}
IDENTITY_SETS: Final = {
    "lfw": (LFW, ("--protocol", "pairs", "--aligned")),
    "youtube": (YOUTUBE_PEOPLE, ("--protocol", "leave-one-video-out")),
}


def _identity() -> list[Measurement]:
    return [
        Measurement(
            f"identity-{name}-{short}",
            series,
            _arguments("identity", data, *HELD_OUT, *more, weights=weights),
        )
        for short, (series, weights) in EMBEDDINGS.items()
        for name, (data, more) in IDENTITY_SETS.items()
    ]


PLAN: Final[tuple[Measurement, ...]] = (
    *_landmarks(),
    *_detectors(),
    *_identity(),
    Measurement(
        "expression", OURS, _arguments("expression", FERPLUS, "--split", "FER2013Valid")
    ),
    Measurement(
        "quality-lfw", OURS, _arguments("quality", LFW, *HELD_OUT, "--aligned")
    ),
    Measurement("quality-youtube", OURS, _arguments("quality", YOUTUBE, *HELD_OUT)),
)
