"""A recording holds every event but the frames, no embeddings, and fails without harm."""

from __future__ import annotations

import json
from pathlib import Path

from tests.builders import at, make_face, make_frame_faces, received
from vitrine.schemas import SealedVector
from vitrine.site.recorder import RECORDED, Recorder

SEALED = SealedVector(model="m", key_id="k", sealed="c2VjcmV0")


def record(folder: Path | None, *seconds: float) -> Recorder:
    """Record a frame with one face at each of these seconds, as the loop would."""
    recorder = Recorder(folder)
    recorder.assigned({})
    batch = []
    for second in seconds:
        face = make_face("a", embedding=SEALED)
        frame = make_frame_faces(second, [face])
        batch.append(received(frame))
    outputs = recorder.handle(batch)
    recorder.published(outputs)
    recorder.stopped()
    return recorder


def test_every_event_is_a_line_without_its_embedding(tmp_path: Path) -> None:
    record(tmp_path, 0, 1)
    text = (tmp_path / "faces.jsonl").read_text()
    first, second = [json.loads(line) for line in text.splitlines()]
    assert first["captured_at_ns"] == at(0)
    assert second["faces"][0]["track_id"] == "a"
    assert "embedding" not in second["faces"][0]
    assert "c2VjcmV0" not in text


def test_a_topic_without_events_is_an_empty_file(tmp_path: Path) -> None:
    record(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{topic.name}.jsonl" for topic in RECORDED}
    assert (tmp_path / "plays.jsonl").read_text() == ""


def test_without_a_folder_it_only_counts() -> None:
    recorder = record(None, 0, 1, 4)
    counts = recorder.counts
    assert counts.events["faces"] == 3
    assert (counts.frames, counts.faces, counts.tracks) == (3, 3, {"a"})
    assert (counts.first_event_ns, counts.last_event_ns) == (at(0), at(4))
    assert counts.source_seconds == 4.0
    assert recorder.error is None


def test_a_batch_that_is_handled_again_is_recorded_once(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.assigned({})
    batch = [received(make_frame_faces(0, [make_face("a")]))]
    recorder.handle(batch)
    recorder.published(recorder.handle(batch))
    recorder.stopped()
    assert recorder.counts.events["faces"] == 1
    assert len((tmp_path / "faces.jsonl").read_text().splitlines()) == 1


def test_a_full_disk_ends_the_recording_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "faces.jsonl").symlink_to("/dev/full")
    recorder = record(tmp_path, *range(40))
    assert "No space left" in str(recorder.error)
    assert recorder.counts.events["faces"] == 40


def test_a_folder_that_cannot_be_made_is_an_error_of_the_recording(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    recorder = record(tmp_path / "file", 0)
    assert isinstance(recorder.error, OSError)
    assert recorder.counts.events["faces"] == 1
