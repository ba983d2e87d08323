"""Read hand labels: the form, mistakes that are refused, and the truth that they give."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import at
from vitrine.errors import ConfigurationError
from vitrine.fieldtest.labels import labelled_truth, read_labels
from vitrine.fieldtest.measured import SeenFrame
from vitrine.fieldtest.truth import Truth
from vitrine.mall import Zone

FOLDER = Path(__file__).parents[3] / "vitrine/fieldtest/labels"
SHIPPED = sorted(FOLDER.glob("*.csv"))
GOOD = """\
# video: shop.mp4
# width: 1280
# height: 720
# tolerance_s: 0.2
# complete: no
# unsure: a 3.0-3.4; a 4-5
# note: anything: else
person,what,from_s,to_s,x,y,width,height
a,present,1.0,6.0,,,,
a,attending,2.0,4.0,,,,
a,box,1.0,1.0,100,200,80,100
a,box,6.0,6.0,600,200,80,100
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def good_truth(folder: Path) -> Truth:
    """Return the truth of the good labels, at ten frames a second of half their size."""
    labels = read_labels(written(folder, GOOD))
    seen = []
    for number in range(80):
        frame = SeenFrame(
            "c",
            "north",
            at(number / 10),
            640,
            360,
            {},
        )
        seen.append(frame)
    return labelled_truth(labels, seen, Zone())


def test_labels_become_presences(tmp_path: Path) -> None:
    (presence,) = good_truth(tmp_path).presences
    assert presence.start_ns == at(1)
    assert presence.end_ns == at(6)
    assert presence.attention == ((at(2), at(4)),)


def test_boxes_are_in_pixels_of_the_analysed_frames(tmp_path: Path) -> None:
    truth = good_truth(tmp_path)
    by_time = {frame.at_ns: frame for frame in truth.frames}
    (person,) = by_time[at(3.5)].people
    assert person.box == pytest.approx((175, 100, 40, 50))


def test_what_labels_leave_open_is_kept(tmp_path: Path) -> None:
    truth = good_truth(tmp_path)
    assert not truth.complete
    assert truth.slack_s == 0.2
    assert truth.unsure == {"a": ((at(3), at(3.4)), (at(4), at(5)))}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("person,what", "who,what"), "labels.csv:8: expected the header person,what"),
        (
            ("a,present,1.0,6.0", "a,present,6.0,1.0"),
            "labels.csv:9: .*it ends before it starts",
        ),
        (("a,attending", "a,smiling"), "labels.csv:10: expected present or attending"),
        (("600,200,80,100", "600,200,80"), "labels.csv:12: expected"),
        (("a,present", "b,present"), "b is present and has no box"),
        (("# width: 1280\n", ""), "must give video, width and height"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_labels(written(tmp_path, GOOD.replace(*change)))


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_the_shipped_labels_are_of_that_form(path: Path) -> None:
    labels = read_labels(path)
    assert len(labels.sha256) == 64
    assert labels.present
    assert labels.attending.keys() | labels.unsure.keys() <= labels.present.keys()


def test_labels_are_shipped() -> None:
    assert len(SHIPPED) == 4
