"""Draw the panels of a page from the answers of their queries, for documents.

It is no picture of Grafana: places, titles, units and colours are those of the page, the rest is
matplotlib's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import DateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

# Inches of a column and of a row of Grafana's grid.
COLUMN_IN: Final = 0.62
ROW_IN: Final = 0.34
HEADING_IN: Final = 0.5
GRID_COLUMNS: Final = 24
DPI: Final = 75
# More lines do not fit into the panels that there are.
TABLE_ROWS: Final = 8
# Of the picture that is kept. Chosen, looking at it.
COLOURS: Final = 48
LABEL: Final = (
    "Drawn from the answers of the panels' queries. Not a picture of Grafana."
)
GREY: Final = "#666666"
BLUE: Final = "#3274d9"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one series of an answer: its labels, and its samples as (second of UTC, value)."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[float, float]]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.samples[-1][1]


# Panel and query, as (id, refId) → series.
Answers = Mapping[tuple[int, str], Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Value:
    """Hold one value of a panel with its name and unit."""

    name: str
    value: float
    unit: str


def draw(
    page: Json,
    answers: Answers,
    path: Path,
) -> None:
    """Write a page as a PNG, labelled as a drawing."""
    rows = 0
    for panel in page["panels"]:
        place = panel["gridPos"]
        rows = max(rows, place["y"] + place["h"])
    height = rows * ROW_IN + HEADING_IN
    figure = Figure(figsize=(GRID_COLUMNS * COLUMN_IN, height), dpi=DPI)
    FigureCanvasAgg(figure)
    heading = f"{page['title']}\n{LABEL}"
    figure.text(0.5, 1 - 0.05 / height, heading, ha="center", va="top", fontsize=10)
    for panel in page["panels"]:
        draw_panel(figure, panel, answers, height)
    figure.savefig(path)
    shrink(path)


def shrink(path: Path) -> None:
    """Write a picture again with few colours: lines and letters need no more."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS)
    few.save(path, optimize=True)


def draw_panel(
    figure: Figure,
    panel: Json,
    answers: Answers,
    height: float,
) -> None:
    """Draw a panel at its place."""
    place = panel["gridPos"]
    top = HEADING_IN + place["y"] * ROW_IN
    left_share = place["x"] / GRID_COLUMNS
    if panel["type"] == "row":
        level = 1 - (top + ROW_IN / 2) / height
        figure.text(0.005, level, panel["title"], va="center", weight="bold")
        return
    # Room around the axes for title and labels, in inches.
    wide = panel["type"] in {"timeseries", "bargauge"}
    margin = 1.0 if panel["type"] == "bargauge" else 0.45
    box = (
        left_share + (margin if wide else 0.1) / (GRID_COLUMNS * COLUMN_IN),
        1 - (top + place["h"] * ROW_IN - (0.3 if wide else 0.1)) / height,
        place["w"] / GRID_COLUMNS
        - ((margin if wide else 0.1) + 0.15) / (GRID_COLUMNS * COLUMN_IN),
        (place["h"] * ROW_IN - (0.65 if wide else 0.45)) / height,
    )
    axes = figure.add_axes(box)
    axes.set_title(panel["title"], fontsize=8, loc="left", pad=4)
    kinds = {
        "text": draw_text,
        "stat": draw_stat,
        "bargauge": draw_bars,
        "timeseries": draw_plot,
        "table": draw_table,
    }
    kinds[panel["type"]](axes, panel, answers)


def values_of(panel: Json, answers: Answers) -> list[Value]:
    """Return the newest value of each series of a panel."""
    found = []
    for target in panel["targets"]:
        for line in answers.get((panel["id"], target["refId"]), ()):
            unit = unit_of(panel, target["refId"])
            found.append(Value(name_of(target, line), line.last, unit))
    return found


def name_of(target: Json, line: Line) -> str:
    """Return what Grafana calls a series."""
    legend: str = target["legendFormat"]
    if legend == "__auto":
        return ", ".join(line.labels.values())
    for name, value in line.labels.items():
        legend = legend.replace(f"{{{{{name}}}}}", value)
    return legend


def unit_of(panel: Json, reference: str) -> str:
    """Return the unit of a query: its own, or the panel's."""
    config = panel["fieldConfig"]
    for override in config["overrides"]:
        matcher = override["matcher"]
        if matcher == {"id": "byFrameRefID", "options": reference}:
            own: str = override["properties"][0]["value"]
            return own
    unit: str = config["defaults"]["unit"]
    return unit


def shown(value: float, unit: str) -> str:
    """Return a value with its unit."""
    if unit == "percentunit":
        return f"{100 * value:.1f} %"
    if unit == "bytes":
        return f"{value / 2**20:,.0f} MiB"
    if unit.startswith("suffix:"):
        return f"{value:.1f} {unit.removeprefix('suffix:').strip()}"
    suffix = {"s": " s", "fps": " fps"}.get(unit, "")
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    return f"{number}{suffix}"


def draw_text(axes: Axes, panel: Json, answers: Answers) -> None:  # noqa: ARG001
    """Draw the words of a text panel; of a table in it, alerts and severities."""
    axes.axis("off")
    content: str = panel["options"]["content"]
    if content.startswith("|"):
        lines = []
        for row in content.splitlines()[2:]:
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            first = f"{cells[0].strip('*')} ({cells[1]}): {cells[2]}"
            lines += textwrap.wrap(first.replace("*", ""), 150)[:1]
            lines += textwrap.wrap(f"→ {cells[-1]}", 170)[:1]
        text = "\n".join(lines)
    else:
        text = content.replace("**", "").replace("*", "")
    axes.text(0, 1, text, va="top", fontsize=7, wrap=False, parse_math=False)


def draw_stat(axes: Axes, panel: Json, answers: Answers) -> None:
    """Draw large values with their names."""
    axes.axis("off")
    values = values_of(panel, answers)
    if not values:
        no_value = textwrap.fill(panel["fieldConfig"]["defaults"]["noValue"], 30)
        axes.text(0.5, 0.5, no_value, ha="center", va="center", fontsize=9)
        return
    for place, value in enumerate(values):
        level = 1 - (place + 0.5) / len(values)
        text = mapped(panel, value.value) or shown(value.value, value.unit)
        size = 16 if len(values) == 1 else 10
        axes.text(0.5, level, text, ha="center", va="center", fontsize=size)
        if len(values) > 1:
            axes.text(0, level, value.name, va="center", fontsize=7, color=GREY)


def mapped(panel: Json, value: float) -> str:
    """Return the words that stand for a value, if there are any."""
    for mapping in panel["fieldConfig"]["defaults"].get("mappings", ()):
        options = mapping["options"]
        if options["from"] <= value <= options["to"]:
            text: str = options["result"]["text"]
            return text
    return ""


def draw_bars(axes: Axes, panel: Json, answers: Answers) -> None:
    """Draw a bar for each series, with its value."""
    values = values_of(panel, answers)
    names = [textwrap.shorten(value.name, 22, placeholder="…") for value in values]
    places = range(len(values))
    axes.barh(places, [value.value for value in values], color=BLUE)
    axes.set_yticks(places, names, fontsize=7)
    axes.invert_yaxis()
    axes.set_xticks([])
    for place, value in zip(places, values, strict=True):
        text = f" {shown(value.value, value.unit)}"
        axes.text(0, place, text, va="center", fontsize=7)


def draw_plot(axes: Axes, panel: Json, answers: Answers) -> None:
    """Draw a line for each series, over the time of day in UTC."""
    for target in panel["targets"]:
        for line in answers.get((panel["id"], target["refId"]), ()):
            moments = [datetime.fromtimestamp(at_s, UTC) for at_s, _ in line.samples]
            levels = [value for _, value in line.samples]
            # A name that begins with an underscore would be left out.
            name = name_of(target, line).lstrip("_")
            days = date2num(moments)  # type: ignore[no-untyped-call]
            axes.plot(days, levels, linewidth=1, label=name)
    axes.tick_params(labelsize=6)
    axes.margins(x=0)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    hours = DateFormatter("%H:%M")  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(hours)
    if axes.lines:
        axes.legend(fontsize=5, loc="upper left", ncols=2)


def draw_table(axes: Axes, panel: Json, answers: Answers) -> None:
    """Draw the first lines of a table, whose rows are joined by their labels."""
    axes.axis("off")
    titles, rows = table_of(panel, answers)
    if not rows:
        no_value = panel["fieldConfig"]["defaults"]["noValue"]
        axes.text(0.5, 0.5, no_value, ha="center", va="center", fontsize=9)
        return
    table = axes.table(rows[:TABLE_ROWS], colLabels=titles, loc="upper center")
    table.auto_set_font_size(False)
    table.set_fontsize(6)


def table_of(panel: Json, answers: Answers) -> tuple[list[str], list[list[str]]]:
    """Return the titles and rows of a table."""
    first, organize = panel["transformations"]
    names: dict[str, str] = organize["options"]["renameByName"]
    if first["id"] == "groupingToMatrix":
        return matrix_of(panel, answers, names)
    hidden = {"__name__", *organize["options"]["excludeByName"]}
    cells = joined(panel, answers, hidden)
    columns: list[str] = []
    for labels in cells:
        columns += [name for name, _ in labels if name not in columns]
    own = [] if "Value" in hidden else list(names.values())
    rows = []
    for labels, row in sorted(cells.items()):
        known = {**dict(labels), **row}
        rows.append([known.get(name, "") for name in (*columns, *own)])
    return [*columns, *own], rows


# The labels of a row.
Place = tuple[tuple[str, str], ...]


def joined(
    panel: Json,
    answers: Answers,
    hidden: set[str],
) -> dict[Place, dict[str, str]]:
    """Return what the queries of a table say of each row, by the titles of their columns."""
    cells: dict[Place, dict[str, str]] = {}
    for target in panel["targets"]:
        title = target["legendFormat"]
        for line in answers.get((panel["id"], target["refId"]), ()):
            kept = [pair for pair in line.labels.items() if pair[0] not in hidden]
            row = cells.setdefault(tuple(sorted(kept)), {})
            row[title] = shown(line.last, column_unit(panel, title))
    return cells


def column_unit(panel: Json, title: str) -> str:
    """Return the unit of a column."""
    for override in panel["fieldConfig"]["overrides"]:
        is_unit = override["properties"][0]["id"] == "unit"
        if override["matcher"]["options"] == title and is_unit:
            own: str = override["properties"][0]["value"]
            return own
    unit: str = panel["fieldConfig"]["defaults"]["unit"]
    return unit


def matrix_of(
    panel: Json,
    answers: Answers,
    names: Mapping[str, str],
) -> tuple[list[str], list[list[str]]]:
    """Return hours as rows and days as columns."""
    (target,) = panel["targets"]
    values = {}
    for line in answers.get((panel["id"], target["refId"]), ()):
        values[line.labels["hour"], line.labels["day"]] = line.last
    (_, *days) = names
    hours = sorted({hour for hour, _ in values}, key=int)
    rows = []
    for hour in hours:
        cells = [f"{values.get((hour, day), 0):,.0f}" for day in days]
        rows.append([hour, *cells])
    return list(names.values()), rows
