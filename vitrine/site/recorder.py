"""Every event of every topic but `frames`, counted, and written as JSON lines where asked; no embeddings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any, TextIO

from vitrine.bus import Commit, Received, TopicPartition
from vitrine.runtime.handler import Handler, Outputs
from vitrine.schemas import Exposure, FrameFaces, Identity
from vitrine.topics import FRAMES, TOPICS

RECORDED = tuple(topic for topic in TOPICS if topic is not FRAMES)


class Recorder(Handler):
    """Listens to a whole run. A folder that cannot be written ends the recording, never the run."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.error: OSError | None = None
        self.listening = Event()
        """Set once partitions are assigned: what is published from then on is recorded."""
        self.events: Counter[str] = Counter()
        self.tracks: set[str] = set()
        self.presences: set[str] = set()
        self.visitors: set[str] = set()
        self.frames = self.faces = 0
        self.synthetic = False
        self.first_event_ns = self.last_event_ns = 0
        """Capture times of the first and the latest frame."""
        self._files: dict[str, TextIO] = {}
        self._stack = ExitStack()

    def assigned(
        self,
        commits: Mapping[TopicPartition, Commit | None],  # noqa: ARG002 - it starts at the end
    ) -> Mapping[TopicPartition, int]:
        """Open the files: also those of topics on which nothing will happen."""
        if self.folder is not None and not self._files:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                for topic in RECORDED:
                    file = (self.folder / f"{topic.name}.jsonl").open(
                        "w", encoding="utf-8"
                    )
                    self._files[topic.name] = self._stack.enter_context(file)
            except OSError as error:
                self._give_up(error)
        self.listening.set()
        return {}

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Count, and write."""
        for received in batch:
            self._count(received)
        try:
            for received in batch:
                if file := self._files.get(received.record.topic):
                    file.write(_line(received) + "\n")
        except OSError as error:
            self._give_up(error)
        return Outputs()

    def stopped(self) -> Outputs:
        """Close the files."""
        try:
            self._stack.close()
        except OSError as error:
            self._give_up(error)
        return Outputs()

    def _count(self, received: Received[Any]) -> None:
        event = received.event
        self.events[received.record.topic] += 1
        match event:
            case FrameFaces():
                self.frames += not event.ended
                self.faces += len(event.faces)
                self.tracks.update(face.track_id for face in event.faces)
                self.first_event_ns = self.first_event_ns or event.captured_at_ns
                self.last_event_ns = max(self.last_event_ns, event.captured_at_ns)
                self.synthetic |= event.synthetic
            case Exposure():
                self.presences.add(event.presence_id)
            case Identity():
                self.visitors.add(event.visitor_id)

    def _give_up(self, error: OSError) -> None:
        self.error = self.error or error
        files = self._files
        self._files = {}
        for file in files.values():
            try:
                file.close()
            except OSError:
                continue
        self._stack.pop_all()


def _line(received: Received[Any]) -> str:
    if isinstance(received.event, FrameFaces):
        return received.event.model_dump_json(
            exclude={"faces": {"__all__": {"embedding"}}}
        )
    return received.record.value.decode()
