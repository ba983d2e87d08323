"""How configurations and commands call the formats of data sets, and the readers behind the names."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from training.datasets.faces import LabelledFace
from training.datasets.ferplus import ExpressionFace, read_ferplus
from training.datasets.ibug_xml import read_ibug_xml
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.people import PersonFace, read_people
from training.datasets.pts import read_pts
from training.datasets.youtube_npz import read_youtube_npz

Format = Literal["keypoints-csv", "pts", "ibug-xml", "youtube-npz"]
"""Faces with 68 points."""
PeopleFormat = Literal["people"]
ExpressionFormat = Literal["ferplus"]

READERS: Final[dict[Format, Callable[[Path], list[LabelledFace]]]] = {
    "keypoints-csv": read_keypoints_csv,
    "pts": read_pts,
    "ibug-xml": read_ibug_xml,
    "youtube-npz": read_youtube_npz,
}
PEOPLE_READERS: Final[dict[PeopleFormat, Callable[[Path], list[PersonFace]]]] = {"people": read_people}
EXPRESSION_READERS: Final[dict[ExpressionFormat, Callable[[Path], list[ExpressionFace]]]] = {
    "ferplus": read_ferplus
}
