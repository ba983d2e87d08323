"""Tables and sentences of docs/accuracy.md about one kind of network."""

from typing import Final

from training.report.aims import Speeds
from training.report.kinds import KINDS
from training.report.plan import DETECTORS, EMBEDDINGS, SMALL_SIZES
from training.report.results import Result, Results
from training.report.tables import table

DETECTOR_ROWS: Final = (
    ("photos", "recall", "photos"),
    ("youtube", "recall", "video frames"),
    ("youtube-24px", "recall", "frames, 24 px"),
    *((f"{size}px", "recall", f"photos, {size} px") for size in SMALL_SIZES),
    ("shelves", "false_per_image", "false alarms a shelf picture"),
    ("shelves", "milliseconds_640x360", "640×360"),
)
"""Set, figure and heading."""
EMBEDDING_COLUMNS: Final = (
    ("lfw", "accuracy", "pairs told apart"),
    ("lfw", "tar_at_far.1e-2", KINDS["tar_at_far.1e-2"].name),
    ("lfw", "tar_at_far.1e-3", KINDS["tar_at_far.1e-3"].name),
    ("lfw", "tar_at_far.1e-4", KINDS["tar_at_far.1e-4"].name),
    ("youtube", "rank1", "rank-1, other videos"),
)
"""Set, figure and heading."""
# Chosen, not measured.
FOOLED: Final = 0.05
"""Share of controls with a detection from which on a recall needs a warning."""
RARE: Final = 0.5
"""Recall below which an expression is named: it is mostly taken for another one."""


def detector_table(results: Results) -> str:
    """Return a Markdown table with a column for each detector."""
    series = [name for name, _ in DETECTORS.values()]
    rows = []
    for name, key, title in DETECTOR_ROWS:
        kind = KINDS[key]
        row = [title]
        for short in DETECTORS:
            result = results.get(f"detector-{name}-{short}")
            row.append(kind.cell(result))
        rows.append(row)
    return table(["recall on", *series], rows)


def control_table(results: Results) -> str:
    """Return a Markdown table with a column for each detector: its detections where no face is.

    In these controls a picture of a shelf took the place of the picture with the face.
    """
    kind = KINDS["pictures_with_false"]
    series = [name for name, _ in DETECTORS.values()]
    rows = []
    for size in SMALL_SIZES:
        row = [f"{size} px"]
        for short in DETECTORS:
            result = results.get(f"detector-control-{size}px-{short}")
            row.append(kind.cell(result))
        rows.append(row)
    return table(["found without a face", *series], rows)


def fooled(results: Results) -> list[str]:
    """Return the sizes at which our detector takes small pictures without a face for faces."""
    key = "pictures_with_false"
    found = []
    for size in SMALL_SIZES:
        result = results.get(f"detector-control-{size}px-ours")
        if result is None:
            continue
        share = result.value(key)
        interval = result.interval(key)
        if share is None or interval is None:
            continue
        if interval[0] > FOOLED:
            found.append(f"{share:.0%} at {size} px")
    return found


def embedding_table(results: Results) -> str:
    """Return a Markdown table with a row for each embedding."""
    head = [""]
    for _, _, title in EMBEDDING_COLUMNS:
        head.append(title)
    rows = []
    for short, (series, _) in EMBEDDINGS.items():
        row = [series]
        for name, key, _ in EMBEDDING_COLUMNS:
            result = results.get(f"identity-{name}-{short}")
            row.append(KINDS[key].cell(result))
        rows.append(row)
    return table(head, rows)


def speed_table(speeds: Speeds) -> str:
    """Return a Markdown table with a row for each network."""
    rows = []
    for file, cost in speeds.items():
        row = [
            f"`{file}`",
            f"{cost['bytes'] / 1e6:.2f} MB",
            f"{cost['milliseconds']:.2f} ms",
            f"{cost['threads']:.0f}",
        ]
        rows.append(row)
    return table(["network", "file", "one input", "threads"], rows)


def rarely_recognised(expression: Result | None) -> list[str]:
    """Return the classes that are recognised in less than RARE of their faces, with that share."""
    if expression is None:
        return []
    names = expression.content["classes"]
    confusion = expression.content["confusion"]
    found = []
    for place, name in enumerate(names):
        row = confusion[place]
        count = sum(row)
        if not count:
            continue
        recall = row[place] / count
        if recall < RARE:
            found.append(f"{name} ({recall:.0%} of {count})")
    return found
