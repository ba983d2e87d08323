"""Plots and drawings of the lab's reports, as SVG and JPEG to stand inside a page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from vitrine.lab.faces.face_videos import FaceVideo, Floats
from vitrine.lab.faces.identity import Score
from vitrine.lab.faces.shapes import centred, normalised
from vitrine.lab.view.drawing import style
from vitrine.services.analytics.plots import (
    ACCENT,
    INK,
    MUTED,
    PALE,
    new_figure,
    to_svg,
)
from vitrine.vision.crop import Image

HALF_IN: Final = 5.4
WIDE_IN: Final = 11.0
BARS: Final = 24
# Room beside a bar that is alone, in its widths.
LONELY: Final = 1.5
# Of a drawn shape: half its width in units of the shape.
REACH: Final = 2.1
JPEG_QUALITY: Final = 88
DOT_BGR: Final = (92, 179, 255)


def histogram(values: Sequence[float], label: str, name: str) -> Markup:
    """Return how often values occur, in bins of one width."""
    figure, (axes,) = new_figure(HALF_IN, 2.4)
    different = len(set(values))
    axes.hist(values, bins=min(BARS, different), color=ACCENT)
    if different == 1:
        axes.margins(x=LONELY)
    axes.set_xlabel(label)
    axes.set_ylabel("videos")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return Markup(to_svg(figure, name))  # noqa: S704 - matplotlib escapes what it draws


def counts(values: Sequence[int], name: str) -> Markup:
    """Return how many people have how many videos."""
    figure, (axes,) = new_figure(HALF_IN, 2.4)
    numbers, people = np.unique(values, return_counts=True)
    axes.bar([str(number) for number in numbers], people, color=ACCENT, width=0.6)
    if len(numbers) == 1:
        axes.margins(x=LONELY)
    axes.set_xlabel("videos of one person")
    axes.set_ylabel("people")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return Markup(to_svg(figure, name))  # noqa: S704


def elbow(points: Sequence[tuple[int, float]], chosen: int) -> Markup:
    """Return the distance of shapes from their group's mean, by the number of groups."""
    figure, (axes,) = new_figure(WIDE_IN, 2.8)
    numbers, distances = zip(*points, strict=True)
    axes.plot(numbers, distances, "o-", color=INK, linewidth=1.5, markersize=4)
    axes.axvline(chosen, color=ACCENT, linewidth=1, linestyle="--")
    axes.set_xticks(numbers)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("groups")
    axes.set_ylabel("mean squared distance")
    return Markup(to_svg(figure, "elbow"))  # noqa: S704


def normalisation(points: Floats) -> Markup:
    """Return shapes (n, 68, 2) as they are, centred and normalised, beside each other."""
    figure, axes = new_figure(WIDE_IN, 3.6)
    figure.clear()
    steps = {
        "original, pixels": points,
        "centred, pixels": centred(points),
        "normalised": normalised(points),
    }
    for number, (title, shapes) in enumerate(steps.items(), 1):
        plot = figure.add_subplot(1, 3, number)
        _scatter(plot, shapes)
        plot.set_title(title, fontsize=10, color=MUTED)
    del axes
    return Markup(to_svg(figure, "normalisation"))  # noqa: S704


def _scatter(axes: Axes, shapes: Floats) -> None:
    for shape in shapes:
        axes.plot(shape[:, 0], shape[:, 1], ".", markersize=2.5, alpha=0.7)
    axes.set_aspect("equal")
    axes.invert_yaxis()


def scores_plot(scores: Sequence[Score]) -> Markup:
    """Return F1 of each classifier: the study's, ours at random, and with videos left out."""
    figure, (axes,) = new_figure(WIDE_IN, 4.2)
    places = np.arange(len(scores))[::-1]
    columns = (
        ("the study, random frames", MUTED, 0.27, [s.kind.study for s in scores]),
        ("ours, random frames", PALE, 0.0, [s.random for s in scores]),
        ("ours, whole videos left out", ACCENT, -0.27, [s.apart for s in scores]),
    )
    for label, colour, shift, values in columns:
        axes.barh(places + shift, values, height=0.24, color=colour, label=label)
    axes.set_yticks(places, [score.kind.name for score in scores])
    axes.set_xlim(0, 1)
    axes.set_xlabel("F1, mean over people")
    axes.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3,
        fontsize=9,
    )
    return Markup(to_svg(figure, "scores"))  # noqa: S704


def drawn_shape(shape: Floats, other: Floats | None = None) -> Markup:
    """Return a normalised shape (68, 2) as lines; `other` lies below it, pale."""
    lines = ""
    if other is not None:
        lines += _lines(other, "#b9bcc6")
    lines += _lines(shape, ACCENT)
    box = f"{-REACH} {-REACH} {2 * REACH} {2 * REACH}"
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="shape" viewBox="{box}" role="img" aria-label="A shape">{lines}</svg>'
    )


def _lines(shape: Floats, colour: str) -> str:
    paths = []
    for first, last, closed in style()["curves"]:
        points = [f"{x:.3f},{y:.3f}" for x, y in shape[first : last + 1]]
        end = " Z" if closed else ""
        paths.append(f"M {' L '.join(points)}{end}")
    return (
        f'<path d="{" ".join(paths)}" fill="none" stroke="{colour}" stroke-width=".045" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def sample_frame(video: FaceVideo) -> str:
    """Return the middle frame with its points, as a JPEG in base64."""
    middle = len(video) // 2
    picture: Image = np.ascontiguousarray(video.images[middle][..., ::-1])
    for x, y in video.points[middle].tolist():
        cv2.circle(picture, (round(x), round(y)), 1, DOT_BGR, cv2.FILLED, cv2.LINE_AA)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return b64encode(data.tobytes()).decode("ascii")
