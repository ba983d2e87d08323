"""The truth beside synthetic frames."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from tests.builders import T0_NS
from vitrine.schemas import FrameMeta
from vitrine.services.ingest.truth import TruthFile
from vitrine.synthetic import FrameTruth

META = FrameMeta(
    camera_id="c",
    stand_id="s",
    captured_at_ns=T0_NS,
    width=640,
    height=360,
    synthetic=True,
)


def test_a_line_says_which_frame_it_is_about(tmp_path: Path) -> None:
    truth = TruthFile(tmp_path / "new" / "truth.jsonl")
    truth.open()
    truth.write(META, FrameTruth(()))
    truth.close()
    assert json.loads(truth.path.read_text()) == {
        "camera_id": "c",
        "stand_id": "s",
        "captured_at_ns": T0_NS,
        "width": 640,
        "height": 360,
        "people": [],
        "static_faces": [],
    }


def test_a_new_run_starts_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text("of an earlier run")
    truth = TruthFile(path)
    truth.open()
    truth.close()
    assert path.read_text() == ""


def test_a_full_disk_ends_the_file_and_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    truth = TruthFile(Path("/dev/full"))
    truth.open()
    with caplog.at_level(logging.ERROR):
        truth.write(META, FrameTruth(()))
        truth.write(META, FrameTruth(()))
        truth.close()
    assert [r.message for r in caplog.records] == [
        "the truth in /dev/full is incomplete: [Errno 28] No space left on device"
    ]
    assert truth.error is not None


def test_a_folder_that_cannot_be_made_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    truth = TruthFile(tmp_path / "file" / "truth.jsonl")
    truth.open()
    assert isinstance(truth.error, OSError)
