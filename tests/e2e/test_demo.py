"""`vitrine demo` as other programs rely on it: a process, its exit status, and what it records."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.recordings import batch_totals, events, reported_totals

SYNTHETIC = "synthetic:?people=3&seed=5&seconds=20"


def demo(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "vitrine.cli",
        "demo",
        "--no-browser",
        "--port",
        "0",
        *arguments,
    ]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    done = demo(
        "--source",
        SYNTHETIC,
        "--speed",
        "max",
        "--record",
        str(folder / "record"),
        folder=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder / "record"


def test_every_topic_but_frames_is_recorded(recording: Path) -> None:
    names = {path.stem for path in recording.glob("*.jsonl")}
    assert names >= {
        "faces",
        "identities",
        "engagement",
        "exposures",
        "plays",
        "coverage",
        "truth",
        "dead-letters",
    }
    assert "frames" not in names
    assert events(recording, "dead-letters") == []


def test_a_face_has_what_other_programs_rely_on(recording: Path) -> None:
    frame = next(frame for frame in events(recording, "faces") if frame["faces"])
    assert {
        "camera_id",
        "stand_id",
        "captured_at_ns",
        "width",
        "height",
        "faces",
    } <= frame.keys()
    face = frame["faces"][0]
    assert {
        "track_id",
        "box",
        "score",
        "points",
        "yaw",
        "pitch",
        "roll",
        "quality",
    } <= face.keys()
    assert len(face["points"]) == 68
    assert "embedding" not in face


def test_an_exposure_has_what_other_programs_rely_on(recording: Path) -> None:
    exposure = events(recording, "exposures")[0]
    expected = {
        "stand_id",
        "presence_id",
        "track_ids",
        "start_ns",
        "end_ns",
        "attention",
    }
    assert expected <= exposure.keys()


def test_the_synthetic_people_are_found_where_the_truth_has_them(
    recording: Path,
) -> None:
    boxes = boxes_by_time(events(recording, "faces"))
    found: list[bool] = []
    for truth in events(recording, "truth"):
        boxes_then = boxes[truth["captured_at_ns"]]
        people = filter(is_plain_to_see, truth["people"])
        found += [is_found(person, boxes_then) for person in people]
    assert len(found) > 50
    assert found.count(True) / len(found) > 0.85


def boxes_by_time(frames: Iterable[dict[str, Any]]) -> dict[int, list[list[float]]]:
    """Return the boxes of the faces in each frame."""
    boxes = {}
    for frame in frames:
        if not frame["ended"]:
            at_ns = frame["captured_at_ns"]
            boxes[at_ns] = [face["box"] for face in frame["faces"]]
    return boxes


def is_plain_to_see(person: dict[str, Any]) -> bool:
    """Return whether a person's face is turned to the camera and large."""
    _, _, _, height = person["box"]
    is_frontal = abs(person["yaw"]) < 40
    return bool(person["visible"] and is_frontal and height > 45)


def is_found(person: dict[str, Any], boxes: list[list[float]]) -> bool:
    return any(contains_centre(box, person["box"]) for box in boxes)


def contains_centre(box: list[float], other: list[float]) -> bool:
    x = other[0] + other[2] / 2
    y = other[1] + other[3] / 2
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def test_campaign_totals_equal_a_plain_batch_recomputation(recording: Path) -> None:
    summary = json.loads((recording / "summary.json").read_text())
    totals = reported_totals(summary["campaigns"])
    assert sum(figures["ots"] for figures in totals.values()) > 0
    assert totals == batch_totals(recording)


def test_plays_follow_each_other_without_a_hole(recording: Path) -> None:
    plays = sorted(events(recording, "plays"), key=lambda play: play["start_ns"])
    assert len(plays) >= 2
    gaps = [later["start_ns"] - earlier["end_ns"] for earlier, later in pairwise(plays)]
    assert all(-1e6 <= gap < 1e9 for gap in gaps)


def test_the_report_calls_synthetic_figures_synthetic(recording: Path) -> None:
    assert "synthetic" in (recording / "report.html").read_text().lower()


def test_a_source_that_is_not_there_fails_with_a_message_and_the_other_one_is_finished(
    tmp_path: Path,
) -> None:
    arguments = [
        "--source",
        "missing.mp4",
        "--source",
        "synthetic:?people=1&seed=1&seconds=3",
        "--speed",
        "max",
    ]
    done = demo(*arguments, "--record", str(tmp_path / "record"), folder=tmp_path)
    assert done.returncode == 1
    assert "missing.mp4" in done.stderr
    assert (
        len(events(tmp_path / "record", "faces")) == 31
    )  # and the one that says that it ended
    assert events(tmp_path / "record", "plays")
    assert (tmp_path / "record" / "summary.json").exists()


def test_a_full_disk_fails_with_a_message_after_the_run(tmp_path: Path) -> None:
    (tmp_path / "faces.jsonl").symlink_to("/dev/full")
    source = "synthetic:?people=1&seed=1&seconds=5"
    done = demo(
        "--source", source, "--speed", "max", "--record", str(tmp_path), folder=tmp_path
    )
    assert done.returncode == 1
    assert "is incomplete" in done.stderr
    assert "No space left" in done.stderr


def test_an_unknown_option_of_the_synthetic_source_is_explained(tmp_path: Path) -> None:
    done = demo("--source", "synthetic:?persons=3", folder=tmp_path)
    assert done.returncode == 1
    assert "persons" in done.stderr
    assert "people" in done.stderr


def test_help_teaches(tmp_path: Path) -> None:
    done = demo("--help", folder=tmp_path)
    assert done.returncode == 0
    for option in (
        "--source",
        "--bus",
        "--speed",
        "--seconds",
        "--no-browser",
        "--port",
        "--record",
    ):
        assert option in done.stdout


CONSOLE = re.compile(r"Console +(http://127\.0\.0\.1:\d+)/live\?token=(\S+)")


def test_the_console_of_the_demo_is_whole_and_needs_its_token(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vitrine.cli", "demo", "--no-browser"]
    with subprocess.Popen(
        [*command, "--port", "0", "--source", "synthetic:?people=1"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stderr is not None
            said = iter(running.stderr.readline, "")
            found = next(filter(None, map(CONSOLE.search, said)))
            address, token = found.groups()
            with httpx.Client(base_url=address, follow_redirects=True) as http:
                assert http.get("/live").status_code == 401
                assert http.get(f"/live?token={token}").status_code == 200
                assert http.get("/cameras").status_code == 200
                assert http.get("/campaigns").status_code == 200
        finally:
            running.terminate()
            running.communicate(timeout=60)
