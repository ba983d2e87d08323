"""Check that no video is missing that kills do not explain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from benchmarks.kills.evidence import Evidence
from benchmarks.kills.killer import Outage
from vitrine.clock import SECOND_NS
from vitrine.schemas import Coverage

SLACK_S = 3.0
"""Video that a kill of ingest or landmarks may cost beside the time until it was ready again."""
# Shorter gaps are the clock's, not lost video.
SHORTEST_GAP_S = 0.01
Span = tuple[int, int]


def frames(evidence: Evidence) -> Iterator[str]:
    """Check that no camera dropped a frame, and that each one published led to faces.

    Gaps between capture times say nothing: the time of a recording goes on while it waits.
    """
    times = capture_times(evidence)
    for camera, records in coverage(evidence).items():
        dropped = sum(record.dropped for record in records)
        published = sum(record.frames for record in records)
        missing = published - len(times[camera])
        if dropped:
            yield f"camera {camera} dropped {dropped} frames"
        if missing:
            yield f"camera {camera} misses {missing} frames"


def losses(
    evidence: Evidence,
    outages: Sequence[Outage],
    fps: float,
) -> Iterator[str]:
    """Check that each gap is in an outage and not longer than it, both with `SLACK_S`."""
    spans = merged(outages)
    for camera, times in capture_times(evidence).items():
        for earlier, later in pairwise(times):
            gap_s = gap_between(earlier, later, fps)
            if gap_s <= SLACK_S:
                continue
            allowed_s = down_s(spans, earlier, later)
            if gap_s > allowed_s:
                yield (
                    f"camera {camera} misses {gap_s:.1f} s of video,"
                    f" {allowed_s:.1f} s are explained"
                )


def gap_between(
    earlier_ns: int,
    later_ns: int,
    fps: float,
) -> float:
    """Return the seconds of video that are missing between two frames."""
    step_s = (later_ns - earlier_ns) / SECOND_NS
    # Two frames are a period apart when nothing is missing.
    return step_s - 1 / fps


def down_s(
    spans: Sequence[Span],
    start_ns: int,
    end_ns: int,
) -> float:
    """Return the length in seconds of all spans that overlap with the time from start to end."""
    total_ns = 0
    for first, last in spans:
        if first <= end_ns and last >= start_ns:
            total_ns += last - first
    return total_ns / SECOND_NS


def lost_s(evidence: Evidence, fps: float) -> float:
    """Return the seconds of video without faces, of all cameras."""
    total_s = 0.0
    for times in capture_times(evidence).values():
        for earlier, later in pairwise(times):
            gap_s = gap_between(earlier, later, fps)
            if gap_s > SHORTEST_GAP_S:
                total_s += gap_s
    return total_s


def merged(outages: Sequence[Outage]) -> list[Span]:
    """Return the spans in which something was down, with half of the slack at each end."""
    half_ns = round(SLACK_S * SECOND_NS / 2)
    widened = []
    for outage in outages:
        start = outage.start_ns - half_ns
        end = outage.end_ns + half_ns
        widened.append((start, end))
    spans: list[Span] = []
    for start, end in sorted(widened):
        if spans:
            first, last = spans[-1]
            # Outages that overlap are one, or their time would count twice.
            if start <= last:
                spans[-1] = (first, max(end, last))
                continue
        spans.append((start, end))
    return spans


def coverage(evidence: Evidence) -> dict[str, list[Coverage]]:
    """Return the coverage records of each camera, each once."""
    found: dict[str, dict[int, Coverage]] = defaultdict(dict)
    for received in evidence.records["coverage"]:
        record = received.event
        found[record.camera_id][record.start_ns] = record
    return {camera: list(records.values()) for camera, records in found.items()}


def capture_times(evidence: Evidence) -> dict[str, list[int]]:
    """Return the times of each camera's frames, in order, each once."""
    found: dict[str, set[int]] = defaultdict(set)
    for received in evidence.records["faces"]:
        event = received.event
        if not event.ended:
            found[event.camera_id].add(event.captured_at_ns)
    ordered: dict[str, list[int]] = defaultdict(list)
    for camera, times in found.items():
        ordered[camera] = sorted(times)
    return ordered
