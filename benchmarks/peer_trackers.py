"""Run public trackers on detections that `benchmarks.tracking` wrote, and compare all of them.

    pip install trackers
    python benchmarks/peer_trackers.py FOLDER

Needs nothing of Vitrine, so that it runs in an environment of its own. HOTA, IDF1 and switches are
those of `trackers eval`; a face is found where boxes overlap by a half (IoU).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import supervision as sv
from trackers import BoTSORTTracker, ByteTrackTracker, OCSORTTracker
from trackers.eval import evaluate_mot_sequences

FPS: Final = 10.0
LOST_S: Final = 2.0
"""For so long a lost track is kept, as by ours."""
# The trackers count their buffer in frames of a camera of 30 a second.
BUFFER: Final = round(LOST_S * 30)
SURE: Final = 0.5
"""Scores from which a face is sure: our detector's are lower than those that defaults expect."""

PEERS: Final[dict[str, Callable[[], Any]]] = {
    "ByteTrack": lambda: ByteTrackTracker(
        lost_track_buffer=BUFFER,
        frame_rate=FPS,
        track_activation_threshold=SURE,
        high_conf_det_threshold=SURE,
    ),
    "OC-SORT": lambda: OCSORTTracker(
        lost_track_buffer=BUFFER,
        frame_rate=FPS,
        high_conf_det_threshold=SURE,
    ),
    # Cameras stand still: nothing is to be made up for.
    "BoT-SORT": lambda: BoTSORTTracker(
        lost_track_buffer=BUFFER,
        frame_rate=FPS,
        track_activation_threshold=SURE,
        high_conf_det_threshold=SURE,
        enable_cmc=False,
    ),
}


def track(found: Path, tracker: Any) -> list[str]:
    """Return the lines of a tracker on a file of detections."""
    rows = np.loadtxt(found, delimiter=",", ndmin=2)
    lines = []
    for frame in range(1, int(rows[:, 0].max()) + 1):
        here = rows[rows[:, 0] == frame]
        corners = np.hstack([here[:, 2:4], here[:, 2:4] + here[:, 4:6]])
        detections = sv.Detections(
            xyxy=corners,
            confidence=here[:, 6],
            class_id=np.zeros(len(here), int),
        )
        followed = tracker.update(detections)
        if followed.tracker_id is None:
            continue
        for box, number in zip(followed.xyxy, followed.tracker_id, strict=True):
            # Not confirmed yet.
            if number < 0:
                continue
            left, top, right, bottom = box.tolist()
            sides = f"{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f}"
            lines.append(f"{frame},{int(number) + 1},{sides},1,-1,-1,-1")
    return lines


def main() -> None:
    """Track, evaluate and print one row a tracker and camera."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, make in PEERS.items():
        for found in sorted((folder / "found").glob("*.txt")):
            path = folder / name / found.name
            path.parent.mkdir(exist_ok=True)
            lines = track(found, make())
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for name in ("ours", *PEERS):
        result = evaluate_mot_sequences(
            folder / "truth",
            folder / name,
            metrics=["CLEAR", "HOTA", "Identity"],
        )
        print(name)
        print(result.table(columns=["IDF1", "HOTA", "AssA", "IDSW", "MOTA"]))


if __name__ == "__main__":
    main()
