"""The plots of docs/accuracy.md, one function each."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, PercentFormatter

from training.report.gaps import FEW, classes, gaps
from training.report.kinds import FACTORS, KINDS, Kind
from training.report.plan import DETECTORS, EMBEDDINGS, OURS, SMALL_SIZES
from training.report.results import Figures, Interval, Result
from training.report.style import (
    ACCENT,
    BLUE,
    GREY,
    GRID,
    INK,
    MUTED,
    PALE,
    PAPER,
    SERIES,
    drawing,
    quiet,
)

Results = Mapping[str, Result]
WIDE: Final = 7.6
"""Inches, of a plot with one panel."""
SHARE: Final = PercentFormatter(1.0, decimals=0)


def plot_detectors(path: Path, results: Results) -> None:
    """Recall by face size, by yaw, and against false alarms at every threshold."""
    shown = [results[name] for name in results if name.startswith("detector-")]
    with drawing(path, 9.6, 3.7, shown) as figure:
        sizes, yaw, alarms = figure.subplots(1, 3, width_ratios=(1.15, 1, 1.15))
        for place, (short, (series, _)) in enumerate(DETECTORS.items()):
            shift = 0.12 * (place - 1)
            by_size = {
                f"{size}": results.get(f"detector-{size}px-{short}")
                for size in SMALL_SIZES
            }
            _steps(sizes, by_size, KINDS["recall"], series, shift, line="-")
            control = {
                f"{size}": results.get(f"detector-control-{size}px-{short}")
                for size in SMALL_SIZES
            }
            _steps(
                sizes, control, KINDS["pictures_with_false"], series, shift, line=":"
            )
            if turned := results.get(f"detector-{TURNED}-{short}"):
                _steps(
                    yaw,
                    _enough(turned.subgroups.get("yaw", {})),
                    KINDS["recall"],
                    series,
                    shift,
                )
            if small := results.get(f"detector-{SMALL}-{short}"):
                _alarms(
                    alarms,
                    small,
                    results.get(f"detector-shelves-{short}"),
                    SERIES[series],
                )
        sizes.set(title="Recall by face size", xlabel="pixels, HELEN and AFW")
        yaw.set(title="by yaw, 24 px", xlabel="yaw, YouTube Faces")
        alarms.set(
            title="and by threshold, 24 px", xlabel="false alarms a shelf picture"
        )
        alarms.set_xscale("symlog", linthresh=0.02, linscale=0.4)
        alarms.set_xlim(-0.004, 3)
        alarms.set_xticks([0, 0.02, 0.1, 0.5, 2], ["0", "0.02", "0.1", "0.5", "2"])
        alarms.xaxis.set_minor_locator(NullLocator())
        dots = [
            result.value("recall")
            for result in shown
            if result.measurement.name.startswith(f"detector-{SMALL}-")
        ]
        alarms.set_ylim(
            bottom=min((dot for dot in dots if dot is not None), default=0.2) - 0.2
        )
        for axes in (sizes, yaw, alarms):
            axes.yaxis.set_major_formatter(SHARE)
            _up_to_everything(axes)
            quiet(axes, "y")
        _series_key(sizes, [series for series, _ in DETECTORS.values()], bottom=0.35)


SMALL: Final = "24px"
TURNED: Final = "youtube-24px"
"""The faces on which detectors differ: photos, and frames with more turned heads."""


def _enough(classes: Mapping[str, Figures]) -> dict[str, Figures]:
    """Classes of a few faces are no dots to compare."""
    return {
        label: figures for label, figures in classes.items() if figures.count() >= FEW
    }


def _alarms(axes: Axes, small: Result, shelves: Result | None, colour: str) -> None:
    """Recall over false alarms, a dot where the product works."""
    if shelves is None:
        return
    axes.plot(
        shelves.curve("false_per_image"),
        small.curve("recall"),
        color=colour,
        linewidth=1.6,
    )
    alarms = shelves.value("false_per_image")
    recall = small.value("recall")
    if alarms is not None and recall is not None:
        axes.plot(
            alarms, recall, "o", color=colour, markersize=7, zorder=3, clip_on=False
        )


def _steps(
    axes: Axes,
    classes: Mapping[str, Figures | None],
    kind: Kind,
    series: str,
    shift: float,
    *,
    line: str = "none",
) -> None:
    """A dot with its interval for each class, side by side with other series; hollow where dotted."""
    colour = SERIES.get(series, ACCENT)
    dots = []
    for place, figures in enumerate(classes.values()):
        value = figures.value(kind.key) if figures else None
        if figures is None or value is None:
            continue
        dots.append((place + shift, value))
        if interval := figures.interval(kind.key):
            axes.plot(
                [place + shift] * 2, interval, color=colour, alpha=0.35, linewidth=4
            )
    if not dots:
        return
    across, up = zip(*dots, strict=True)
    face = PAPER if line == ":" else colour
    axes.plot(
        across,
        up,
        marker="o",
        markersize=5,
        color=colour,
        markerfacecolor=face,
        label=series,
        zorder=3,
        linewidth=1.6,
        linestyle=line,
    )
    axes.set_xticks(range(len(classes)), list(classes))


def _up_to_everything(axes: Axes) -> None:
    """A little room above 100 %, without a tick there."""
    low = axes.get_ylim()[0]
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, 1)
    axes.set_yticks([tick for tick in ticks if low <= tick < 1.001])
    axes.set_ylim(low, 1 + 0.04 * (1 - low))


def _series_key(
    axes: Axes,
    names: Sequence[str],
    across: float = 0.03,
    ha: str = "left",
    bottom: float = 0.05,
) -> None:
    """Names in their colours, one above the other."""
    for place, name in enumerate(reversed(names)):
        axes.annotate(
            f"● {name}", (across, bottom + 0.085 * place), xycoords="axes fraction", color=SERIES[name],
            fontweight="bold", ha=ha,
        )  # fmt: skip


LANDMARK_SETS: Final = {
    "landmarks-youtube-detector": ("YouTube Faces, product's boxes", ACCENT, "-"),
    "landmarks-youtube-truth": ("YouTube Faces, true boxes", ACCENT, ":"),
    "landmarks-photos-detector": ("HELEN and AFW, product's boxes", BLUE, "-"),
    "landmarks-photos-truth": ("HELEN and AFW, true boxes", BLUE, ":"),
}


def plot_landmarks(path: Path, results: Results) -> None:
    """Cumulative error distribution, and NME by yaw."""
    shown = {name: results[name] for name in LANDMARK_SETS if name in results}
    with drawing(path, 9.6, 3.7, shown.values()) as figure:
        errors, yaw = figure.subplots(1, 2, width_ratios=(1.25, 1))
        turned = [result.subgroups.get("yaw", {}) for result in shown.values()]
        labels = max((list(classes) for classes in turned), key=len, default=[])
        for place, (name, result) in enumerate(shown.items()):
            label, colour, style = LANDMARK_SETS[name]
            quantiles = result.curve("nme_quantiles")
            share = np.linspace(0, 1, len(quantiles))
            errors.plot(
                quantiles, share, style, color=colour, linewidth=1.8, label=label
            )
            if name.endswith("detector"):
                _by_yaw(yaw, result, labels, colour, 0.08 * (1 if place else -1))
        errors.axvline(0.1, color=MUTED, linewidth=0.8, dashes=(3, 3))
        errors.set(
            title="Share of faces with at most this error", xlabel="NME of the face"
        )
        errors.set(xlim=(0, 0.16), ylim=(0, 1.02))
        errors.yaxis.set_major_formatter(SHARE)
        errors.legend(frameon=False, loc="lower right", labelcolor=INK, fontsize=9)
        errors.grid()
        yaw.set(title="NME by yaw (hollow: few faces)", ylim=(0, None))
        quiet(yaw, "y")


def _by_yaw(
    axes: Axes, result: Result, labels: Sequence[str], colour: str, shift: float
) -> None:
    for label, figures in result.subgroups.get("yaw", {}).items():
        value = figures.value("nme")
        interval = figures.interval("nme")
        place = labels.index(label) + shift
        if value is None:
            continue
        if interval:
            axes.plot([place] * 2, interval, color=colour, alpha=0.35, linewidth=4)
        face = PAPER if figures.count() < FEW else colour
        axes.plot(
            place,
            value,
            "o",
            color=colour,
            markerfacecolor=face,
            markersize=6,
            zorder=3,
        )
    axes.set_xticks(range(len(labels)), labels)


def plot_subgroups(path: Path, result: Result, kind: Kind, title: str) -> None:
    """A dot and its interval for every class of every factor; gaps stand out, few faces are hollow."""
    worse = {(gap.factor, gap.label) for gap in gaps(result, kind)}
    rows = list(_rows(result, kind))
    height = rows[-1][0] if rows else 0
    with drawing(path, WIDE, 1.0 + 0.25 * height, [result]) as figure:
        axes = figure.subplots()
        axes.set_ylim(height + 0.7, -1.2)
        axes.set_xlim(*_range(result, kind))
        _everybody(axes, result, kind)
        for place, factor, label, figures in rows:
            if figures is None:
                _beside(axes, place, FACTORS[factor], -8, ha="right", fontweight="bold")
            else:
                _whisker(axes, place, figures, kind, gap=(factor, label) in worse)
                _beside(axes, place, label, -8, ha="right")
                _beside(
                    axes,
                    place,
                    f"{figures.count():,}",
                    44,
                    across=1,
                    ha="right",
                    color=MUTED,
                )
        _beside(axes, -0.6, "faces", 44, across=1, ha="right", color=MUTED)
        axes.set_yticks([])
        axes.set_title(title)
        axes.set_xlabel(f"{kind.name}, 95 % intervals; grey: all faces")
        axes.xaxis.set_major_locator(MaxNLocator(7))
        if kind.write(0.5).endswith("%"):
            axes.xaxis.set_major_formatter(
                FuncFormatter(lambda value, _: f"{100 * value:g} %")
            )
        quiet(axes, "x")
        axes.spines["left"].set_visible(False)


Row = tuple[float, str, str, Figures | None]


def _rows(result: Result, kind: Kind) -> Iterator[Row]:
    """Place, factor, class and figures; before the classes of a factor its heading, without figures."""
    place = 0.0
    for factor in FACTORS:
        classes = result.subgroups.get(factor, {})
        measured = {
            label: f for label, f in classes.items() if f.value(kind.key) is not None
        }
        if not measured:
            continue
        yield place, factor, "", None
        for label, figures in measured.items():
            place += 1
            yield place, factor, label, figures
        place += 1.5


def _range(result: Result, kind: Kind) -> Interval:
    """Of the axis: the intervals of all classes but those with few faces, which may be cut off."""
    ends = [*(result.interval(kind.key) or ())]
    for _, _, figures in classes(result):
        value = figures.value(kind.key)
        ends += [] if value is None else [value]
        if figures.count() >= FEW:
            ends += figures.interval(kind.key) or ()
    if not ends:
        return (0.0, 1.0)
    margin = 0.05 * (max(ends) - min(ends) or 1.0)
    return min(ends) - margin, max(ends) + margin


def _everybody(axes: Axes, result: Result, kind: Kind) -> None:
    value = result.value(kind.key)
    interval = result.interval(kind.key)
    if interval:
        axes.axvspan(*interval, color=GRID, alpha=0.8, linewidth=0)
    if value is not None:
        axes.axvline(value, color=MUTED, linewidth=1)


def _whisker(
    axes: Axes, place: float, figures: Figures, kind: Kind, *, gap: bool
) -> None:
    colour = ACCENT if gap else INK
    if interval := figures.interval(kind.key):
        axes.plot(interval, [place] * 2, color=colour, linewidth=2.2, alpha=0.4)
    few = figures.count() < FEW
    value = figures.value(kind.key)
    assert value is not None
    axes.plot(
        value, place, "o", color=colour, markersize=6, zorder=3, clip_on=False,
        markerfacecolor=PAPER if few else colour,
    )  # fmt: skip


def _beside(
    axes: Axes, place: float, text: str, shift: float, across: float = 0, **style: Any
) -> None:
    """Text at the left or right edge, at the height of a row."""
    axes.annotate(
        text, (across, place), xycoords=("axes fraction", "data"), xytext=(shift, 0),
        textcoords="offset points", va="center", annotation_clip=False, fontsize=9, **style,
    )  # fmt: skip


def plot_identity(path: Path, results: Results) -> None:
    """True accepts over false accepts, ours and the teacher's."""
    shown = {short: results.get(f"identity-lfw-{short}") for short in EMBEDDINGS}
    with drawing(path, WIDE, 3.7, [r for r in shown.values() if r]) as figure:
        axes = figure.subplots()
        for short, result in shown.items():
            if result is None:
                continue
            series = EMBEDDINGS[short][0]
            far = result.curve("far")
            tar = result.curve("tar")
            axes.plot(far, tar, color=SERIES[series], linewidth=1.8)
            _operating_points(axes, result, SERIES[series])
        _series_key(
            axes,
            [EMBEDDINGS[short][0] for short, result in shown.items() if result],
            0.97,
            "right",
        )
        axes.set_xscale("log")
        axes.set_xlim(right=0.5)
        axes.yaxis.set_major_formatter(SHARE)
        axes.set(
            title="Pairs of LFW people who were held out",
            xlabel="false accept rate (FAR)",
        )
        axes.set_ylabel("true accept rate (TAR)")
        _up_to_everything(axes)
        axes.grid()


def _operating_points(axes: Axes, result: Result, colour: str) -> None:
    for far in ("1e-2", "1e-3", "1e-4"):
        value = result.value(f"tar_at_far.{far}")
        interval = result.interval(f"tar_at_far.{far}")
        if value is None:
            continue
        if interval:
            axes.plot([float(far)] * 2, interval, color=colour, alpha=0.35, linewidth=4)
        axes.plot(float(far), value, "o", color=colour, markersize=6)


def plot_confusion(path: Path, result: Result) -> None:
    """Shares of each true class, with counts."""
    counts = np.array(result.content["confusion"], dtype=float)
    names = [str(name) for name in result.content["classes"]]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with drawing(path, 6.6, 5.2, [result]) as figure:
        axes = figure.subplots()
        axes.imshow(
            shares,
            cmap=LinearSegmentedColormap.from_list("paper", ["#fffdfa", PALE, ACCENT]),
            vmin=0,
            vmax=1,
        )
        for (row, column), share in np.ndenumerate(shares):
            if counts[row, column]:
                _cell(axes, column, row, share, int(counts[row, column]))
        axes.set_xticks(
            range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor"
        )
        totals = counts.sum(axis=1).astype(int)
        axes.set_yticks(
            range(len(names)),
            [f"{n}  ({t:,})" for n, t in zip(names, totals, strict=True)],
        )
        axes.tick_params(labelcolor=INK)
        axes.set(
            title="What the crowd saw, and what the network says",
            xlabel="network",
            ylabel="majority of the crowd",
        )
        axes.spines[:].set_visible(False)


def _cell(axes: Axes, column: int, row: int, share: float, count: int) -> None:
    colour = "white" if share > 0.6 else INK
    axes.text(
        column,
        row - 0.12,
        f"{share:.0%}",
        ha="center",
        va="center",
        color=colour,
        fontsize=9,
    )
    axes.text(
        column,
        row + 0.22,
        f"{count}",
        ha="center",
        va="center",
        color=colour,
        fontsize=6.5,
        alpha=0.75,
    )


QUALITY_SETS: Final = {"quality-lfw": "LFW", "quality-youtube": "YouTube Faces"}


def plot_rejection(path: Path, results: Results) -> None:
    """Misses among what is left when the views of least quality are rejected, a panel for each set."""
    shown = {name: results[name] for name in QUALITY_SETS if name in results}
    with drawing(path, 9.6, 3.5, shown.values()) as figure:
        panels = figure.subplots(1, len(shown), squeeze=False)[0]
        for axes, (name, result) in zip(panels, shown.items(), strict=True):
            _rejection(axes, result)
            axes.set_title(f"{QUALITY_SETS[name]}: misses over rejected views")
        panels[0].set_ylabel("misses among the rest")
        panels[-1].legend(frameon=False, labelcolor=INK)


def _rejection(axes: Axes, result: Result) -> None:
    lines: dict[str, tuple[str, dict[str, Any]]] = {
        "random": ("rejected at random", {"color": GREY, "linestyle": ":"}),
        "ideal": ("the best order there could be", {"color": BLUE, "linestyle": "--"}),
        "error": (
            f"{OURS}'s quality score",
            {"color": ACCENT, "linewidth": 2.2, "zorder": 3},
        ),
    }
    others = sorted(
        result.content["curves"]["reject"].keys() - lines.keys() - {"rejected"}
    )
    lines |= {key: (key, {"color": MUTED, "linewidth": 1}) for key in others}
    rejected = result.curve("reject.rejected")
    for key, (label, style) in lines.items():
        axes.plot(rejected, result.curve(f"reject.{key}"), label=label, **style)
    axes.xaxis.set_major_formatter(SHARE)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    axes.set_xlabel("views rejected, those of least quality first")
    axes.set_xlim(0, rejected[-1])
    axes.set_ylim(bottom=0)
    axes.grid()
