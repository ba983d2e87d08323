"""Print how soon conditions on reactions hold, what they miss, and how often they are invented.

python -m benchmarks.reactions                 the scenario `reactions` of the field test
python -m benchmarks.reactions VIDEO …         expressions-a.mp4 and expressions-b.mp4, by eye

Everything runs as in production, in one process. Delays are of event time: from the picture that
shows the onset to that of the snapshot with which the condition holds. What the pipeline takes from
a picture to a decision comes on top (`python -m benchmarks.kafka_latency`).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import vitrine.fieldtest
from vitrine.campaigns.intervals import union
from vitrine.campaigns.windows import REACTION_NS
from vitrine.clock import SECOND_NS
from vitrine.fieldtest.labels import read_labels
from vitrine.fieldtest.reactions import (
    Onsets,
    approach_held,
    approaches,
    compared,
    creatives,
    expression_held,
    lasting,
    positive_held,
    smiles,
)
from vitrine.fieldtest.running import START_NS, Run, perform
from vitrine.fieldtest.scenarios import SCENARIOS, recording
from vitrine.fieldtest.spans import Span
from vitrine.schemas import ExpressionGroup
from vitrine.settings import Settings
from vitrine.site.embedded import Site

LABELS: Final = Path(vitrine.fieldtest.__file__).parent / "labels"
FPS: Final = 30
Frames = tuple[int, int]
BY_EYE: Final[Mapping[str, Mapping[ExpressionGroup, Sequence[Frames]]]] = {
    "expressions-a.mp4": {
        "neutral": [(24, 30), (54, 96), (204, 222)],
        "negative": [(114, 162), (234, 270)],
        "surprised": [(297, 348)],
    },
    "expressions-b.mp4": {
        "neutral": [(0, 12), (60, 66), (312, 312), (336, 348)],
        "positive": [(22, 26), (192, 252), (318, 328)],
        "negative": [(256, 272)],
    },
}
"""First and last frames of what one labeller saw, every sixth frame, before the network's answers.

Speech, winks and what was not clear is in none. Frames are those of the file, counted from 0.
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("videos", type=Path, nargs="*")
    parser.add_argument(
        "--seconds",
        type=float,
        default=SCENARIOS["reactions"].seconds,
        help="of the synthetic mall",
    )
    arguments = parser.parse_args()
    if arguments.videos:
        for path in arguments.videos:
            video(path)
    else:
        synthetic(arguments.seconds)


def synthetic(seconds: float) -> None:
    """Print the figures of scripted smiles and approaches."""
    scenario = replace(SCENARIOS["reactions"], seconds=seconds).addressed()
    with TemporaryDirectory() as folder:
        run = Run(scenario, Settings(bus="memory"), Path(folder))
        case = perform(run, _wait)
    frames = case.truth.frames
    snapshots = case.measured.snapshots
    length_ns = frames[-1].at_ns - frames[0].at_ns
    true = smiles(frames)
    show(
        "reaction: positive",
        compared(true, positive_held(snapshots, true), length_ns),
    )
    show(
        "expression: positive",
        compared(true, expression_held(snapshots, "positive"), length_ns),
    )
    told = [
        span
        for span in union(case.measured.reactions)
        if span[1] - span[0] >= REACTION_NS
    ]
    show("reaction in the figures", compared(true, told, length_ns))
    closer = approaches(frames, case.mall.stands[0].zone)
    show(
        "reaction: approach",
        compared(
            lasting(closer),
            approach_held(snapshots, creatives(frames)),
            length_ns,
            allowed=closer,
        ),
    )


def video(path: Path) -> None:
    """Print the figures of each group that somebody saw in a video."""
    labels = read_labels(LABELS / f"{path.stem}.csv")
    scenario = replace(recording(path, labels.width), reactions=True)
    with TemporaryDirectory() as folder:
        run = Run(scenario, Settings(bus="memory"), Path(folder), labels=labels)
        case = perform(run, _wait)
    print(path.name)
    seen = BY_EYE[path.name]
    judged: list[Span] = []
    for spans in seen.values():
        judged += [_times(span) for span in spans]
    length_ns = sum(end - start for start, end in judged)
    for group, spans in seen.items():
        if group == "neutral":
            continue
        true = [_times(span) for span in spans]
        held = _within(expression_held(case.measured.snapshots, group), judged)
        show(f"expression: {group}", compared(true, held, length_ns))


def _times(frames: Frames) -> Span:
    first, last = frames
    start_ns = START_NS + first * SECOND_NS // FPS
    return start_ns, START_NS + last * SECOND_NS // FPS


def _within(held: Sequence[Span], judged: Sequence[Span]) -> list[Span]:
    """Return the spans that reach into time that somebody judged; of speech nothing is known."""
    found = []
    for start, end in held:
        if any(start <= last and first <= end for first, last in judged):
            found.append((start, end))
    return found


def show(name: str, onsets: Onsets) -> None:
    """Print one line."""
    delays = "none noticed"
    if onsets.delays_s:
        middle = onsets.delay_s(50)
        most = onsets.delay_s(95)
        delays = f"noticed within {middle:.2f} s (median), {most:.2f} s (95 %)"
    print(
        f"{name:22} {onsets.count} onsets, {delays}, {len(onsets.missed)} missed,"
        f" {len(onsets.invented)} invented in {3600 * onsets.hours:.0f} s"
    )


def _wait(site: Site, expected: int) -> None:
    """Show nothing: the figures come at the end."""


if __name__ == "__main__":
    main()
