"""How far the topics of one partition have been read, and which windows may close by that."""

from __future__ import annotations

from collections.abc import Iterable


class Progress:
    """Follow the topics of one partition: its watermark is the least of those that are behind.

    A topic is behind while the log holds records of it that were not read. Nobody knows what they
    say, so nothing closes that they may still belong to: a rebuild that reads one topic ahead of
    another closes the windows of neither too early. A topic that was read to its end is idle and
    holds nothing back.
    """

    def __init__(self, topics: Iterable[str] = ()) -> None:
        """Begin before the first record; all `topics` are behind until the log says otherwise."""
        self._behind = set(topics)
        self._reached: dict[str, int] = {}
        self._passed_ns = 0
        self._watermark_ns = 0

    def read(self, topic: str, at_ns: int) -> None:
        """Note the event time of a record, which is no later than when it was appended."""
        known_ns = self._reached.get(topic, 0)
        self._reached[topic] = max(known_ns, at_ns)

    def waits(self, topic: str, records: int) -> None:
        """Note how many records of a topic were not read yet."""
        if records > 0:
            self._behind.add(topic)
        else:
            self._behind.discard(topic)

    def passed(self, at_ns: int) -> None:
        """Note that nothing was appended up to a moment but what was read.

        It closes the last windows of a stand that says nothing any more.
        """
        if not self._behind:
            self._passed_ns = max(self._passed_ns, at_ns)

    @property
    def idle(self) -> bool:
        """True when all that the log holds was read."""
        return not self._behind

    @property
    def watermark_ns(self) -> int:
        """The event time before which no record is expected any more; it never goes back."""
        if self._behind:
            found_ns = min(self._reached.get(topic, 0) for topic in self._behind)
        else:
            latest_ns = max(self._reached.values(), default=0)
            found_ns = max(latest_ns, self._passed_ns)
        self._watermark_ns = max(self._watermark_ns, found_ns)
        return self._watermark_ns
