"""Detectors: recall by face size, by yaw, and against false alarms at every threshold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from training.report.gaps import FEW
from training.report.kinds import KINDS, Kind
from training.report.plan import DETECTORS, SMALL_SIZES
from training.report.plots.marks import (
    SHARE,
    WIDE,
    interval_bar,
    leave_room_at_the_top,
    series_key,
)
from training.report.results import Figures, Results
from training.report.style import ACCENT, PAPER, SERIES, drawing, quiet

# At 24 px detectors differ most: photos, and video frames with more turned heads.
SMALL: Final = "24px"
TURNED: Final = "youtube-24px"
RECALL: Final = KINDS["recall"]
CONTROL: Final = KINDS["pictures_with_false"]
# Chosen, not measured: dots of 5 points beside each other do not overlap.
BESIDE: Final = 0.12
"""Distance of the dots of two detectors, in classes of the axis."""
ALARM_TICKS: Final = {
    0: "0",
    0.02: "0.02",
    0.1: "0.1",
    0.5: "0.5",
    2: "2",
}


def plot_detectors(path: Path, results: Results) -> None:
    """Write the plot as SVG to `path`."""
    shown = []
    for name, result in results.items():
        if name.startswith("detector-"):
            shown.append(result)
    with drawing(
        path,
        WIDE,
        3.7,
        shown,
    ) as figure:
        panels = figure.subplots(1, 3, width_ratios=(1.15, 1, 1.15))
        sizes, yaw, alarms = panels
        for place, short in enumerate(DETECTORS):
            shift = BESIDE * (place - 1)
            _by_size(
                sizes,
                results,
                short,
                shift,
            )
            _by_yaw(
                yaw,
                results,
                short,
                shift,
            )
            _by_threshold(alarms, results, short)
        sizes.set(title="Recall by face size", xlabel="pixels, HELEN and AFW")
        yaw.set(title="by yaw, 24 px", xlabel="yaw, YouTube Faces")
        _label_alarms(alarms, results)
        for axes in panels:
            axes.yaxis.set_major_formatter(SHARE)
            leave_room_at_the_top(axes)
            quiet(axes, "y")
        names = [series for series, _ in DETECTORS.values()]
        # Above the curves of the controls, which end low.
        series_key(sizes, names, bottom=0.35)


def _by_size(
    axes: Axes,
    results: Results,
    short: str,
    shift: float,
) -> None:
    """Draw recall by face size, and dotted what is found in controls without faces."""
    series = DETECTORS[short][0]
    recalls: dict[str, Figures | None] = {}
    controls: dict[str, Figures | None] = {}
    for size in SMALL_SIZES:
        recalls[str(size)] = results.get(f"detector-{size}px-{short}")
        controls[str(size)] = results.get(f"detector-control-{size}px-{short}")
    _steps(
        axes,
        recalls,
        RECALL,
        series,
        shift,
        line="-",
    )
    _steps(
        axes,
        controls,
        CONTROL,
        series,
        shift,
        line=":",
    )


def _by_yaw(
    axes: Axes,
    results: Results,
    short: str,
    shift: float,
) -> None:
    turned = results.get(f"detector-{TURNED}-{short}")
    if turned is None:
        return
    # Classes of a few faces are no dots to compare.
    classes = turned.subgroups.get("yaw", {})
    enough = {
        label: figures for label, figures in classes.items() if figures.count() >= FEW
    }
    series = DETECTORS[short][0]
    _steps(
        axes,
        enough,
        RECALL,
        series,
        shift,
    )


def _by_threshold(
    axes: Axes,
    results: Results,
    short: str,
) -> None:
    """Draw recall over false alarms, with a dot at the product's threshold."""
    small = results.get(f"detector-{SMALL}-{short}")
    shelves = results.get(f"detector-shelves-{short}")
    if small is None or shelves is None:
        return
    colour = SERIES[DETECTORS[short][0]]
    axes.plot(
        shelves.curve("false_per_image"),
        small.curve("recall"),
        color=colour,
        linewidth=1.6,
    )
    alarms = shelves.value("false_per_image")
    recall = small.value("recall")
    if alarms is None or recall is None:
        return
    axes.plot(
        alarms,
        recall,
        "o",
        color=colour,
        markersize=7,
        zorder=3,
        clip_on=False,
    )


def _label_alarms(axes: Axes, results: Results) -> None:
    axes.set(title="and by threshold, 24 px", xlabel="false alarms a shelf picture")
    # Logarithmic, but 0 must be on the axis: some detectors have no false alarm.
    axes.set_xscale(
        "symlog",
        linthresh=0.02,
        linscale=0.4,
    )
    axes.set_xlim(-0.004, 3)
    axes.set_xticks(list(ALARM_TICKS), list(ALARM_TICKS.values()))
    axes.xaxis.set_minor_locator(NullLocator())
    recalls = []
    for name, result in results.items():
        recall = result.value("recall")
        if name.startswith(f"detector-{SMALL}-") and recall is not None:
            recalls.append(recall)
    lowest = min(recalls, default=0.2)
    axes.set_ylim(bottom=lowest - 0.2)


def _steps(
    axes: Axes,
    classes: Mapping[str, Figures | None],
    kind: Kind,
    series: str,
    shift: float,
    *,
    line: str = "none",
) -> None:
    """Draw a dot with its interval for each class, `shift` classes aside; hollow where dotted."""
    colour = SERIES.get(series, ACCENT)
    places = []
    values = []
    for number, figures in enumerate(classes.values()):
        value = figures.value(kind.key) if figures else None
        if figures is None or value is None:
            continue
        place = number + shift
        places.append(place)
        values.append(value)
        interval = figures.interval(kind.key)
        if interval:
            interval_bar(
                axes,
                place,
                interval,
                colour,
            )
    if not places:
        return
    axes.plot(
        places,
        values,
        marker="o",
        markersize=5,
        color=colour,
        markerfacecolor=PAPER if line == ":" else colour,
        label=series,
        zorder=3,
        linewidth=1.6,
        linestyle=line,
    )
    axes.set_xticks(range(len(classes)), list(classes))
