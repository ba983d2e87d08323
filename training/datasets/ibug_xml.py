"""Reader of the XML that dlib and iBUG use: pictures, in each any number of boxes, in each box 68 parts.

Parts are in pixels counted from 0, named 00 … 67 in any order.
"""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, NoReturn
from xml.parsers import expat

from training.datasets.faces import Box, DatasetError, Files, LabelledFace, points_of
from training.datasets.pts import photo_of
from vitrine.vision.shape import POINT_COUNT

PARTS: Final = {f"{i:02d}": i for i in range(POINT_COUNT)}


def read_ibug_xml(path: Path) -> list[LabelledFace]:
    """All faces of a folder or zip archive, in the order of its *.xml; raises DatasetError.

    The first face of a picture has the picture's name, the others `…#2`, `…#3`. The split is the folder
    of the picture.
    """
    files = Files(path)
    tables = [name for name in files.names if name.endswith(".xml")]
    if not tables:
        raise DatasetError(str(path), None, "holds no *.xml")
    faces = [face for table in tables for face in _faces_of(files, table)]
    if not faces:
        raise DatasetError(str(path), None, "no face in its *.xml")
    return faces


def _faces_of(files: Files, table: str) -> list[LabelledFace]:
    pictures = _Document(table).parse(files.read(table))
    present = set(files.names)
    seen = set[str]()
    faces = list[LabelledFace]()
    for picture in pictures:
        name = (PurePosixPath(table).parent / picture.file).as_posix()
        if name in seen:
            raise DatasetError(
                table, picture.row, f"{picture.file} appears a second time"
            )
        if name not in present:
            raise DatasetError(table, picture.row, f"no picture {name}")
        seen.add(name)
        encoded = files.read(name)
        group = photo_of(str(PurePosixPath(name).with_suffix("")))
        for number, face in enumerate(picture.boxes, start=1):
            points = points_of(face.coordinates(table), table, face.row)
            face_name = name if number == 1 else f"{name}#{number}"
            split = PurePosixPath(name).parent.name
            faces.append(
                LabelledFace(face_name, split, group, points, encoded, face.box)
            )
    return faces


@dataclass
class _Face:
    row: int
    box: Box
    parts: dict[int, tuple[str, str]] = field(default_factory=dict)

    def coordinates(self, table: str) -> list[str]:
        if len(self.parts) != POINT_COUNT:
            raise DatasetError(
                table,
                self.row,
                f"expected {POINT_COUNT} parts, found {len(self.parts)}",
            )
        return [number for index in range(POINT_COUNT) for number in self.parts[index]]


@dataclass
class _Picture:
    row: int
    file: str
    boxes: list[_Face] = field(default_factory=list)


class _Document:
    """A parser that knows the row, and refuses a document type: entities need one."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._pictures: list[_Picture] = []
        self._open: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = lambda _tag: self._open.pop()
        self._parser.StartDoctypeDeclHandler = lambda *_: self._fail(
            "document types are not accepted"
        )

    def parse(self, document: bytes) -> list[_Picture]:
        try:
            self._parser.Parse(document, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            self._fail(f"is no XML ({error})")
        return self._pictures

    def _fail(self, reason: str) -> NoReturn:
        raise DatasetError(self._table, self._parser.CurrentLineNumber, reason)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        expected = {"image": "images", "box": "image", "part": "box"}.get(tag)
        if expected and (not self._open or self._open[-1] != expected):
            self._fail(f"<{tag}> is not inside <{expected}>")
        self._open.append(tag)
        row = self._parser.CurrentLineNumber
        if tag == "image":
            self._pictures.append(_Picture(row, self._value(tag, attributes, "file")))
        elif tag == "box":
            self._pictures[-1].boxes.append(_Face(row, self._box(attributes)))
        elif tag == "part":
            self._part(attributes)

    def _value(self, tag: str, attributes: dict[str, str], name: str) -> str:
        if not attributes.get(name):
            self._fail(f"<{tag}> has no {name}")
        return attributes[name]

    def _box(self, attributes: dict[str, str]) -> Box:
        texts = [
            self._value("box", attributes, name)
            for name in ("left", "top", "width", "height")
        ]
        try:
            left, top, width, height = (int(text) for text in texts)
        except ValueError as error:
            self._fail(f"a side of the box is no whole number ({error})")
        if width <= 0 or height <= 0:
            self._fail(f"the box is empty: {width}×{height}")
        return left, top, width, height

    def _part(self, attributes: dict[str, str]) -> None:
        name, x, y = (
            self._value("part", attributes, key) for key in ("name", "x", "y")
        )
        parts = self._pictures[-1].boxes[-1].parts
        index = PARTS.get(name.zfill(2))
        if index is None:
            self._fail(f"part {name} is not one of 00 … {POINT_COUNT - 1}")
        elif index in parts:
            self._fail(f"part {name} appears a second time")
        else:
            parts[index] = x, y
