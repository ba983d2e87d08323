"""Reader of the XML that dlib and iBUG use: pictures, their boxes, and 68 parts in each box.

A picture may have any number of boxes. Parts are in pixels counted from 0, named 00 … 67 in any
order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, NoReturn
from xml.parsers import expat

from training.datasets.faces import Box, DatasetError, Files, LabelledFace, points_of
from training.datasets.pts import photo_of
from vitrine.vision.shape import POINT_COUNT

PARTS: Final = {f"{number:02d}": number for number in range(POINT_COUNT)}
PARENTS: Final = {
    "image": "images",
    "box": "image",
    "part": "box",
}
"""Element → the element that must be around it."""
SIDES: Final = (
    "left",
    "top",
    "width",
    "height",
)
"""Attributes of a box."""


def read_ibug_xml(path: Path) -> list[LabelledFace]:
    """Return all faces of a folder or zip archive, in the order of its *.xml; raises DatasetError.

    The first face of a picture has the picture's name, the others `…#2`, `…#3`. The split is the
    folder of the picture.
    """
    files = Files(path)
    tables = [name for name in files.names if name.endswith(".xml")]
    if not tables:
        raise DatasetError(str(path), None, "holds no *.xml")
    faces: list[LabelledFace] = []
    for table in tables:
        faces += _faces_of(files, table)
    if not faces:
        raise DatasetError(str(path), None, "no face in its *.xml")
    return faces


def _faces_of(files: Files, table: str) -> Iterator[LabelledFace]:
    document = files.read(table)
    pictures = _Document(table).parse(document)
    present = set(files.names)
    seen = set()
    folder = PurePosixPath(table).parent
    for picture in pictures:
        path = folder / picture.file
        name = path.as_posix()
        if name in seen:
            reason = f"{picture.file} appears a second time"
            raise DatasetError(table, picture.row, reason)
        if name not in present:
            raise DatasetError(table, picture.row, f"no picture {name}")
        seen.add(name)
        encoded = files.read(name)
        # All faces of a photo are in one group, so that a split keeps the photo whole.
        stem = path.with_suffix("")
        group = photo_of(str(stem))
        for number, face in enumerate(picture.boxes, start=1):
            face_name = f"{name}#{number}"
            if number == 1:
                face_name = name
            coordinates = face.coordinates(table)
            points = points_of(coordinates, table, face.row)
            yield LabelledFace(
                name=face_name,
                split=path.parent.name,
                group=group,
                points=points,
                encoded=encoded,
                box=face.box,
            )


@dataclass
class _Face:
    row: int
    box: Box
    parts: dict[int, tuple[str, str]] = field(default_factory=dict)

    def coordinates(self, table: str) -> list[str]:
        """Return x0, y0 … x67, y67. Raises DatasetError where a part is missing."""
        count = len(self.parts)
        if count != POINT_COUNT:
            reason = f"expected {POINT_COUNT} parts, found {count}"
            raise DatasetError(table, self.row, reason)
        coordinates: list[str] = []
        for index in range(POINT_COUNT):
            coordinates += self.parts[index]
        return coordinates


@dataclass
class _Picture:
    row: int
    file: str
    boxes: list[_Face] = field(default_factory=list)


class _Document:
    """Parse one file. Raises DatasetError with the row.

    Document types are refused: entities, which can make a small file huge, need one.
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self._pictures: list[_Picture] = []
        self._open: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._document_type

    def parse(self, document: bytes) -> list[_Picture]:
        try:
            self._parser.Parse(document, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            self._fail(f"is no XML ({error})")
        return self._pictures

    @property
    def _row(self) -> int:
        return self._parser.CurrentLineNumber

    def _fail(self, reason: str) -> NoReturn:
        raise DatasetError(self._table, self._row, reason)

    def _document_type(self, *_: object) -> None:
        self._fail("document types are not accepted")

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        expected = PARENTS.get(tag)
        # Other elements may be anywhere: dlib's own files hold a name and a comment.
        if expected and not self._is_inside(expected):
            self._fail(f"<{tag}> is not inside <{expected}>")
        self._open.append(tag)
        if tag == "image":
            file = self._value(tag, attributes, "file")
            self._pictures.append(_Picture(self._row, file))
        elif tag == "box":
            box = self._box(attributes)
            face = _Face(self._row, box)
            picture = self._pictures[-1]
            picture.boxes.append(face)
        elif tag == "part":
            self._part(attributes)

    def _is_inside(self, tag: str) -> bool:
        """Return whether the innermost open element is a `tag`."""
        return bool(self._open) and self._open[-1] == tag

    def _value(
        self,
        tag: str,
        attributes: dict[str, str],
        name: str,
    ) -> str:
        value = attributes.get(name)
        if not value:
            self._fail(f"<{tag}> has no {name}")
        return value

    def _box(self, attributes: dict[str, str]) -> Box:
        texts = []
        for name in SIDES:
            text = self._value("box", attributes, name)
            texts.append(text)
        try:
            left, top, width, height = (int(text) for text in texts)
        except ValueError as error:
            self._fail(f"a side of the box is no whole number ({error})")
        if width <= 0 or height <= 0:
            self._fail(f"the box is empty: {width}×{height}")
        return left, top, width, height

    def _part(self, attributes: dict[str, str]) -> None:
        name = self._value("part", attributes, "name")
        x = self._value("part", attributes, "x")
        y = self._value("part", attributes, "y")
        # Both 1 and 01 are in use.
        index = PARTS.get(name.zfill(2))
        if index is None:
            self._fail(f"part {name} is not one of 00 … {POINT_COUNT - 1}")
        picture = self._pictures[-1]
        face = picture.boxes[-1]
        if index in face.parts:
            self._fail(f"part {name} appears a second time")
        # As text: points_of names the row of a coordinate that is no number.
        face.parts[index] = (x, y)
