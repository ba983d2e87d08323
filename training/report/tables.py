"""Markdown tables of docs/accuracy.md."""

from collections.abc import Iterable, Sequence

from training.report.gaps import FEW, classes, gaps
from training.report.kinds import FACTORS, KINDS, Kind
from training.report.results import Figures, Result


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rule = ["---"] * len(head)
    lines = []
    for cells in (head, rule, *rows):
        joined = " | ".join(cells)
        lines.append(f"| {joined} |")
    return "\n".join(lines)


def compared(
    rows: Sequence[tuple[str, Result | None]],
    keys: Sequence[str],
    *,
    whose: str = "set",
) -> str:
    """Return a table with a row for each result that there is, and a column for each figure."""
    kinds = [KINDS[key] for key in keys]
    names = [kind.name for kind in kinds]
    lines = []
    for label, result in rows:
        if result:
            lines.append([label, *_figures(result, kinds)])
    return table([whose, "n", *names], lines)


def of_classes(result: Result, kinds: Sequence[Kind]) -> str:
    """Return a table with a row for each class of each factor; the first kind marks the gaps."""
    worse = {(gap.factor, gap.label) for gap in gaps(result, kinds[0])}
    names = [kind.name for kind in kinds]
    rows = []
    for factor, label, figures in classes(result):
        remark = ""
        if (factor, label) in worse:
            remark = "**gap**"
        elif figures.count() < FEW:
            remark = f"< {FEW} faces"
        row = [FACTORS[factor], label]
        row += _figures(figures, kinds)
        row.append(remark)
        rows.append(row)
    return table(["", "", "n", *names, ""], rows)


def _figures(figures: Figures, kinds: Sequence[Kind]) -> list[str]:
    cells = [kind.cell(figures) for kind in kinds]
    return [f"{figures.count():,}", *cells]
