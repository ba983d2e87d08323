"""The recorder: every event of every topic but `frames`, counted, and written where asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Final, TextIO

from vitrine.bus import Commit, Received, TopicPartition
from vitrine.clock import SECOND_NS
from vitrine.runtime.handler import Batch, Handler, Outputs
from vitrine.schemas import Exposure, FrameFaces, Identity
from vitrine.topics import FRAMES, TOPICS

RECORDED = tuple(topic for topic in TOPICS if topic is not FRAMES)

# A recording may be kept longer, and by more people, than what is sealed may.
WITHOUT_SEALED: Final = {"faces": {"__all__": {"embedding", "groups"}}}


@dataclass(slots=True)
class Counts:
    """Count what a whole run led to."""

    events: Counter[str] = field(default_factory=Counter)
    """By topic."""
    tracks: set[str] = field(default_factory=set)
    presences: set[str] = field(default_factory=set)
    visitors: set[str] = field(default_factory=set)
    frames: int = 0
    faces: int = 0
    synthetic: bool = False
    first_event_ns: int = 0
    """Capture time of the first frame."""
    last_event_ns: int = 0
    """Capture time of the latest frame."""

    def add(self, received: Received[Any]) -> None:
        """Count one event."""
        self.events[received.record.topic] += 1
        match received.event:
            case FrameFaces() as frame:
                self._add_frame(frame)
            case Exposure() as exposure:
                self.presences.add(exposure.presence_id)
            case Identity() as identity:
                self.visitors.add(identity.visitor_id)

    def _add_frame(self, frame: FrameFaces) -> None:
        if not frame.ended:
            self.frames += 1
        self.faces += len(frame.faces)
        self.tracks.update(face.track_id for face in frame.faces)
        self.synthetic |= frame.synthetic
        if not self.first_event_ns:
            self.first_event_ns = frame.captured_at_ns
        self.last_event_ns = max(self.last_event_ns, frame.captured_at_ns)

    @property
    def source_seconds(self) -> float:
        """Seconds of the sources' time from the first frame to the latest."""
        passed_ns = self.last_event_ns - self.first_event_ns
        return passed_ns / SECOND_NS


class EventFiles:
    """Write events as FOLDER/<topic>.jsonl, without what is sealed.

    A folder that cannot be written ends the recording, never the run: `error` says why.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.error: OSError | None = None
        self._files: dict[str, TextIO] = {}
        self._stack = ExitStack()

    def open(self) -> None:
        """Open the files, also those of topics on which nothing will happen."""
        if self._files:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for topic in RECORDED:
                path = self.folder / f"{topic.name}.jsonl"
                file = path.open("w", encoding="utf-8")
                self._files[topic.name] = self._stack.enter_context(file)
        except OSError as error:
            self._give_up(error)

    def write(self, batch: Batch) -> None:
        """Add a line for each event."""
        try:
            for received in batch:
                file = self._files.get(received.record.topic)
                if file is not None:
                    file.write(_line(received) + "\n")
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """End the files."""
        try:
            self._stack.close()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        if self.error is None:
            self.error = error
        files = self._files
        self._files = {}
        self._stack.pop_all()
        for file in files.values():
            try:
                file.close()
            except OSError:
                # It would write the rest once more, to the same full disk.
                continue


class Recorder(Handler):
    """Listen to a whole run."""

    def __init__(self, folder: Path | None = None) -> None:
        """Write into `folder`, or only count."""
        self.counts = Counts()
        self.listening = Event()
        """Set once partitions are assigned: what is published from then on is recorded."""
        self._files: EventFiles | None = None
        if folder is not None:
            self._files = EventFiles(folder)

    @property
    def error(self) -> OSError | None:
        """Why the recording is incomplete; None while it is not."""
        if self._files is None:
            return None
        return self._files.error

    def assigned(
        self,
        commits: Mapping[TopicPartition, Commit | None],  # noqa: ARG002 - it starts at the end
    ) -> Mapping[TopicPartition, int]:
        """Begin the recording."""
        if self._files is not None:
            self._files.open()
        self.listening.set()
        return {}

    def handle(self, batch: Batch) -> Outputs:
        """Leave everything for `published`: a batch that is handled twice is recorded once."""
        return Outputs(staged=batch)

    def published(self, outputs: Outputs) -> None:
        """Count the events of a batch, and write them."""
        batch: Batch = outputs.staged or ()
        for received in batch:
            self.counts.add(received)
        if self._files is not None:
            self._files.write(batch)

    def stopped(self) -> Outputs:
        """End the recording."""
        if self._files is not None:
            self._files.close()
        return Outputs()


def _line(received: Received[Any]) -> str:
    event = received.event
    if isinstance(event, FrameFaces):
        return event.model_dump_json(exclude=WITHOUT_SEALED)
    return received.record.value.decode()
