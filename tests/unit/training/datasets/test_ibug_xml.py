from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.builders import face_points
from tests.data_sets import STORED, Contents, folder, picture, xml, xml_box
from training.datasets.faces import DatasetError
from training.datasets.ibug_xml import read_ibug_xml

PICTURES = {
    "helen/1_1.jpg": picture(),
    "helen/2_1.jpg": picture(),
    "afw/3_1.jpg": picture(),
}
ONE = xml_box()
FIRST_X = f"x='{face_points()[0, 0]}'"
BOMB = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n'
OUTSIDE = '<!DOCTYPE d SYSTEM "file:///etc/passwd">\n'


@pytest.mark.parametrize("stored", STORED)
def test_boxes_and_parts_are_read(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    moved = face_points() + 5
    document = xml(
        ("helen/1_1.jpg", ONE + xml_box(moved)),
        ("helen/2_1.jpg", ""),
        ("afw/3_1.jpg", ONE),
    )
    faces = read_ibug_xml(stored(tmp_path, PICTURES | {"labels.xml": document}))
    assert [(f.name, f.split, f.group) for f in faces] == [
        ("helen/1_1.jpg", "helen", "helen/1"),
        ("helen/1_1.jpg#2", "helen", "helen/1"),
        ("afw/3_1.jpg", "afw", "afw/3"),
    ]
    assert faces[0].box == (20.0, 10.0, 180.0, 190.0)
    assert faces[1].image().shape == (40, 60, 3)
    np.testing.assert_allclose(faces[0].points, face_points(), rtol=1e-6)
    np.testing.assert_allclose(faces[1].points, moved, rtol=1e-6)


def test_pictures_lie_beside_the_document(tmp_path: Path) -> None:
    files = {
        "set/labels.xml": xml(("a_1.jpg", ONE)),
        "set/a_1.jpg": picture(),
    }
    (face,) = read_ibug_xml(folder(tmp_path, files))
    assert (face.name, face.split) == ("set/a_1.jpg", "set")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (xml(("helen/9_1.jpg", ONE)), r"labels.xml, row 3: no picture helen/9_1.jpg"),
        (xml(("../1_1.jpg", ONE)), r"row 3: no picture ../1_1.jpg"),
        (
            xml(("helen/1_1.jpg", ONE), ("helen/1_1.jpg", ONE)),
            r"row 75: helen/1_1.jpg appears a second",
        ),
        (xml(("", ONE)), "row 3: <image> has no file"),
        (
            xml(("helen/1_1.jpg", xml_box(face_points()[:-1]))),
            "row 4: expected 68 parts, found 67",
        ),
        (
            xml(("helen/1_1.jpg", ONE.replace("'67'", "'68'"))),
            r"row 5: part 68 is not one of 00 … 67",
        ),
        (
            xml(("helen/1_1.jpg", ONE.replace("'67'", "'66'"))),
            "row 6: part 66 appears a second time",
        ),
        (xml(("helen/1_1.jpg", ONE.replace(" x='", " u='"))), "row 5: <part> has no x"),
        (
            xml(("helen/1_1.jpg", ONE.replace("x='", "x='e"))),
            "row 4: a coordinate is no number",
        ),
        (
            xml(("helen/1_1.jpg", ONE.replace(FIRST_X, "x='1e999'"))),
            "row 4: a coordinate is not finite",
        ),
        (
            xml(("helen/1_1.jpg", ONE.replace(FIRST_X, "x='1e39'"))),
            "row 4: a coordinate is not finite",
        ),
        (
            xml(("helen/1_1.jpg", xml_box(np.zeros((68, 2))))),
            "row 4: all points lie on one line",
        ),
        (xml(("helen/1_1.jpg", xml_box(side="0"))), "row 4: the box is empty: 0×190"),
        (
            xml(("helen/1_1.jpg", xml_box(side="wide"))),
            "row 4: a side of the box is no whole number",
        ),
        (
            xml(("helen/1_1.jpg", "<part name='00' x='1' y='1'/>")),
            "row 4: <part> is not inside <box>",
        ),
        (xml(("helen/1_1.jpg", ONE))[:-20], "row 75: is no XML"),
        (xml(("helen/1_1.jpg", "")), r"no face in its \*.xml"),
        (
            xml(("helen/1_1.jpg", ONE), head=BOMB),
            "labels.xml, row 1: document types are not accepted",
        ),
        (
            xml(("helen/1_1.jpg", ONE), head=OUTSIDE),
            "labels.xml, row 1: document types are not accepted",
        ),
        (b"<image file='helen/1_1.jpg'/>", "row 1: <image> is not inside <images>"),
        (b"<?xml version='1.0' encoding='none'?><dataset/>", "row 1: is no XML"),
        (b"", "row 1: is no XML"),
    ],
)
def test_a_bad_document_is_named(
    document: bytes,
    message: str,
    tmp_path: Path,
) -> None:
    with pytest.raises(DatasetError, match=message):
        read_ibug_xml(folder(tmp_path, PICTURES | {"labels.xml": document}))
