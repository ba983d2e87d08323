"""A site whose processes do not come up: nothing of it stays behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.processes import Processes
from vitrine.bus.kafka import KafkaBus
from vitrine.topics import Topic


def nothing(bus: KafkaBus, topics: Sequence[Topic]) -> None:
    """Create no topic: there is no broker."""


class Broken(Processes):
    """Run programs that wait for ever, of which the stand's is found to have ended."""

    def module(self, name: str) -> list[str]:
        return ["http.server", "0", "--bind", "127.0.0.1"]

    def ready(self, name: str) -> bool:
        assert name != "stand", "the stand ended"
        return True


def test_where_one_process_does_not_come_up_none_stays_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KafkaBus, "apply_topics", nothing)
    site = Broken(tmp_path, "127.0.0.1:1", "redis://127.0.0.1:1")
    with pytest.raises(AssertionError, match="the stand ended"), site:
        pytest.fail("the site is not up")
    assert "stand" in site.running
    ended = [process.poll() for process in site.running.values()]
    assert None not in ended
