from __future__ import annotations

from pathlib import Path

import pytest

from training.curves import MetricsFile
from vitrine.errors import Invalid
from vitrine.lab.app.documents import cards, sections
from vitrine.lab.app.run_files import find_runs, read_curves
from vitrine.shipped import MODELS


def write_run(folder: Path, epochs: int = 3) -> Path:
    folder.mkdir(parents=True)
    metrics = MetricsFile(folder / "metrics.csv", keep=0)
    for epoch in range(1, epochs + 1):
        metrics.add(epoch, {"loss": 1 / epoch, "nme": 0.1 / epoch})
    return folder / "metrics.csv"


def test_a_run_is_read_as_the_training_writes_it(tmp_path: Path) -> None:
    write_run(tmp_path / "landmarks/2-photos")
    write_run(tmp_path / "detector/1-first")
    (tmp_path / "detector/1-first/best.pt").touch()
    first, second = find_runs(tmp_path)
    assert (first.name, first.has_weights) == ("detector/1-first", True)
    assert (second.name, second.has_weights) == ("landmarks/2-photos", False)
    curves = read_curves(second.metrics)
    assert curves == {
        "epoch": [1, 2, 3],
        "loss": pytest.approx([1, 0.5, 1 / 3], abs=1e-5),
        "nme": pytest.approx([0.1, 0.05, 0.1 / 3], abs=1e-5),
    }


def test_there_are_no_runs_without_a_folder(tmp_path: Path) -> None:
    assert find_runs(tmp_path / "runs") == []


def test_a_row_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run")
    with path.open("a") as file:
        file.write("4,0.2")
    assert read_curves(path)["epoch"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no row yet"),
        ("loss\n1\n", "row 1: there is no column epoch"),
        ("epoch,loss\n1,0.5\n2\n", "row 3: 1 values, expected 2"),
        ("epoch,loss\n1,much\n", "row 2, loss: 'much' is no number"),
        ("epoch,loss\n\xff", "cannot be read"),
    ],
)
def test_a_damaged_record_is_refused_with_row_and_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(Invalid, match=reason):
        read_curves(path)


def test_each_shipped_model_has_a_card_and_is_what_the_list_says() -> None:
    found = cards()
    assert {card.entry.file for card in found} >= {
        "detector.onnx",
        "landmarks_112.onnx",
    }
    assert {card.check for card in found} == {"as shipped"}
    assert all(card.text for card in found)


def test_a_changed_or_missing_model_is_told(tmp_path: Path) -> None:
    for path in MODELS.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "detector.onnx").write_bytes(b"another")
    (tmp_path / "quality_56.onnx").unlink()
    (tmp_path / "quality_56.card.md").unlink()
    told = {card.entry.file: (card.check, bool(card.text)) for card in cards(tmp_path)}
    assert told["detector.onnx"] == ("changed", True)
    assert told["quality_56.onnx"] == ("missing", False)


def test_a_page_is_cut_at_its_headings_with_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "curve.svg").write_text("<svg/>")
    page = tmp_path / "page.md"
    page.write_text(
        "# Title\n\nSee [another](other.md) and [home](https://example.org).\n\n"
        "## Nets\n\nBefore\n\n![A curve](curve.svg)\n\nAfter ![gone](gone.svg)\n"
    )
    overview, nets = sections(page)
    assert overview.title == "Overview"
    assert overview.parts == ["See another and [home](https://example.org).\n\n"]
    assert nets.title == "Nets"
    assert nets.parts == ["\n\nBefore\n\n", tmp_path / "curve.svg", "\n\nAfter "]
