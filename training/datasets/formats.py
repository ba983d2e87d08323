"""Names of the formats of data sets in configurations and commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from training.datasets.faces import LabelledFace
from training.datasets.ibug_xml import read_ibug_xml
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.pts import read_pts
from training.datasets.youtube_npz import read_youtube_npz

Format = Literal["keypoints-csv", "pts", "ibug-xml", "youtube-npz"]
"""Faces with 68 points."""
KEYPOINTS: Final = "keypoints-csv"
PEOPLE: Final = "people"
FERPLUS: Final = "ferplus"
NEGATIVES: Final = "negatives"
"""Pictures without faces: training/datasets/pictures.py."""

READERS: Final[dict[Format, Callable[[Path], list[LabelledFace]]]] = {
    "keypoints-csv": read_keypoints_csv,
    "pts": read_pts,
    "ibug-xml": read_ibug_xml,
    "youtube-npz": read_youtube_npz,
}
