"""Markdown tables of docs/accuracy.md."""

from collections.abc import Iterable, Sequence

from training.report.gaps import FEW, classes, gaps
from training.report.kinds import FACTORS, KINDS, Kind
from training.report.results import Figures, Result


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [
        _line(head),
        _line(["---"] * len(head)),
    ]
    for cells in rows:
        line = _line(cells)
        lines.append(line)
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    joined = " | ".join(cells)
    return f"| {joined} |"


def compared(
    rows: Sequence[tuple[str, Result | None]],
    keys: Sequence[str],
    *,
    whose: str = "set",
) -> str:
    """Return a table with a row for each result that there is, and a column for each figure."""
    kinds = [KINDS[key] for key in keys]
    head = [whose, "n"]
    head += _names(kinds)
    lines = []
    for label, result in rows:
        # A page may be written before all measurements were made.
        if result is None:
            continue
        row = [label]
        row += _figures(result, kinds)
        lines.append(row)
    return table(head, lines)


def of_classes(result: Result, kinds: Sequence[Kind]) -> str:
    """Return a table with a row for each class of each factor; the first kind marks the gaps."""
    worse = set()
    for gap in gaps(result, kinds[0]):
        worse.add((gap.factor, gap.label))
    # Factor, class and remark need no heading.
    head = ["", "", "n"]
    head += _names(kinds)
    head.append("")
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
    return table(head, rows)


def _names(kinds: Sequence[Kind]) -> list[str]:
    return [kind.name for kind in kinds]


def _figures(figures: Figures, kinds: Sequence[Kind]) -> list[str]:
    """Return the number of faces, and a cell for each kind of figure."""
    count = figures.count()
    cells = [f"{count:,}"]
    for kind in kinds:
        cell = kind.cell(figures)
        cells.append(cell)
    return cells
