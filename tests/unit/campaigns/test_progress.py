"""The watermark of a partition: the least of its topics that are behind."""

from __future__ import annotations

from vitrine.campaigns.progress import Progress


def test_a_topic_that_was_not_read_holds_everything_back() -> None:
    progress = Progress(["plays", "coverage"])
    progress.read("coverage", 500)
    assert progress.watermark_ns == 0
    progress.read("plays", 300)
    assert progress.watermark_ns == 300


def test_a_topic_without_anything_to_read_holds_nothing_back() -> None:
    progress = Progress(["plays", "interactions"])
    progress.read("plays", 300)
    progress.waits("interactions", 0)
    assert progress.watermark_ns == 300
    progress.waits("plays", 0)
    progress.read("interactions", 700)
    assert progress.watermark_ns == 700


def test_it_never_goes_back() -> None:
    progress = Progress()
    progress.read("plays", 300)
    assert progress.watermark_ns == 300
    progress.waits("coverage", 7)
    assert progress.watermark_ns == 300


def test_time_passes_without_records_only_once_everything_was_read() -> None:
    progress = Progress(["plays"])
    progress.read("plays", 300)
    progress.passed(900)
    assert progress.watermark_ns == 300
    progress.waits("plays", 0)
    progress.passed(900)
    assert progress.watermark_ns == 900


def test_a_late_record_does_not_hold_back_what_was_reached() -> None:
    progress = Progress(["plays"])
    progress.read("plays", 300)
    progress.read("plays", 10)
    assert progress.watermark_ns == 300
