"""Markdown tables of docs/accuracy.md."""

from collections.abc import Iterable, Sequence

from training.report.gaps import FEW, classes, gaps
from training.report.kinds import FACTORS, KINDS, Kind
from training.report.results import Result


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def compared(
    rows: Sequence[tuple[str, Result | None]],
    keys: Sequence[str],
    *,
    whose: str = "set",
) -> str:
    """A row for each result, a column for each figure; results that are not there are left out."""
    kinds = [KINDS[key] for key in keys]
    head = [whose, "n", *(kind.name for kind in kinds)]
    return table(
        head,
        [
            [label, f"{result.count():,}", *(kind.cell(result) for kind in kinds)]
            for label, result in rows
            if result
        ],
    )


def of_classes(result: Result, kinds: Sequence[Kind]) -> str:
    """A row for each class of each factor; the first kind marks the gaps."""
    worse = {(gap.factor, gap.label) for gap in gaps(result, kinds[0])}
    rows = [
        [
            FACTORS[factor],
            label,
            f"{figures.count():,}",
            *(kind.cell(figures) for kind in kinds),
            "**gap**"
            if (factor, label) in worse
            else f"< {FEW} faces"
            if figures.count() < FEW
            else "",
        ]
        for factor, label, figures in classes(result)
    ]
    return table(["", "", "n", *(kind.name for kind in kinds), ""], rows)
