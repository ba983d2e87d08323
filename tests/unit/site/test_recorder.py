"""A recording holds every event but the frames, no embeddings, and fails without harm."""

from __future__ import annotations

import json
from pathlib import Path

from tests.builders import at, make_face, make_frame_faces, received
from vitrine.schemas import SealedEmbedding
from vitrine.site.recorder import RECORDED, Recorder

SEALED = SealedEmbedding(model="m", key_id="k", sealed="c2VjcmV0")


def record(folder: Path | None, *seconds: float) -> Recorder:
    recorder = Recorder(folder)
    recorder.assigned({})
    frames = [
        make_frame_faces(second, [make_face("a", embedding=SEALED)])
        for second in seconds
    ]
    recorder.handle([received(frame) for frame in frames])
    recorder.stopped()
    return recorder


def test_every_event_is_a_line_without_its_embedding(tmp_path: Path) -> None:
    record(tmp_path, 0, 1)
    first, second = (tmp_path / "faces.jsonl").read_text().splitlines()
    assert json.loads(first)["captured_at_ns"] == at(0)
    assert json.loads(second)["faces"][0]["track_id"] == "a"
    assert "embedding" not in json.loads(second)["faces"][0]
    assert "c2VjcmV0" not in first + second


def test_a_topic_without_events_is_an_empty_file(tmp_path: Path) -> None:
    record(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{topic.name}.jsonl" for topic in RECORDED
    }
    assert (tmp_path / "plays.jsonl").read_text() == ""


def test_without_a_folder_it_only_counts() -> None:
    recorder = record(None, 0, 1, 4)
    assert recorder.events["faces"] == 3
    assert (recorder.faces, recorder.tracks) == (3, {"a"})
    assert (recorder.first_event_ns, recorder.last_event_ns) == (at(0), at(4))


def test_a_full_disk_ends_the_recording_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "faces.jsonl").symlink_to("/dev/full")
    recorder = record(tmp_path, *range(40))
    assert recorder.error is not None
    assert "No space left" in str(recorder.error)
    assert recorder.events["faces"] == 40


def test_a_folder_that_cannot_be_made_is_an_error_of_the_recording(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    recorder = record(tmp_path / "file", 0)
    assert recorder.error is not None
    assert recorder.events["faces"] == 1
