"""Kinds of figures: their names, how they are written, and which way is better."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from training.report.results import Figures


def percent(value: float) -> str:
    """Return `97.3 %`, with one digit more where rounding would hide that it is not 0 or 100 %."""
    hundredths = round(10_000 * value)
    almost_nothing = 0 < hundredths < 5
    almost_all = 9995 <= hundredths < 10_000
    if almost_nothing or almost_all:
        return f"{100 * value:.2f} %"
    return f"{100 * value:.1f} %"


def two_digits(value: float) -> str:
    """Return `0.12`."""
    return f"{value:.2f}"


def four_digits(value: float) -> str:
    """Return `0.0521`."""
    return f"{value:.4f}"


def six_digits(value: float) -> str:
    """Return `0.000120`."""
    return f"{value:.6f}"


def milliseconds(value: float) -> str:
    """Return `12.3 ms`."""
    return f"{value:.1f} ms"


@dataclass(frozen=True)
class Kind:
    """Hold the name of one kind of figure, how it is written and which way is better."""

    key: str
    name: str
    write: Callable[[float], str]
    better: str
    """`higher` or `lower`."""

    def cell(self, figures: Figures | None) -> str:
        """Return the figure with its interval, as a table has it; a dash where there is none."""
        if figures is None:
            return "–"
        value = figures.value(self.key)
        if value is None:
            return "–"
        interval = figures.interval(self.key)
        written = self.write(value)
        if interval is None:
            return written
        low = self.write(interval[0])
        high = self.write(interval[1])
        # One sign for all three numbers is enough.
        low = low.removesuffix(" %")
        high = high.removesuffix(" %")
        return f"{written} ({low}–{high})"

    def is_worse(self, one: float, other: float) -> bool:
        """Return whether `one` is a worse figure than `other`."""
        if self.better == "higher":
            return one < other
        return one > other


ALL_KINDS: Final = (
    Kind("mse", "MSE", six_digits, "lower"),
    Kind("nme", "NME", four_digits, "lower"),
    Kind("failures", "NME > 0.1", percent, "lower"),
    Kind("detected", "found", percent, "higher"),
    Kind("recall", "recall", percent, "higher"),
    Kind("false_per_image", "false alarms a picture", two_digits, "lower"),
    Kind("pictures_with_false", "pictures with a false alarm", percent, "lower"),
    Kind("milliseconds", "a picture", milliseconds, "lower"),
    Kind("milliseconds_640x360", "640×360", milliseconds, "lower"),
    Kind("accuracy", "accuracy", percent, "higher"),
    Kind("balanced_accuracy", "mean recall of the classes", percent, "higher"),
    Kind("rank1", "rank-1", percent, "higher"),
    Kind("tar_at_far.1e-2", "TAR at FAR 1e-2", percent, "higher"),
    Kind("tar_at_far.1e-3", "TAR at FAR 1e-3", percent, "higher"),
    Kind("tar_at_far.1e-4", "TAR at FAR 1e-4", percent, "higher"),
    Kind("fnmr", "misses without rejection", percent, "lower"),
    Kind("area", "area: our score", percent, "lower"),
    Kind("area_random", "at random", percent, "lower"),
    Kind("area_ideal", "best possible", percent, "lower"),
    Kind("gain", "way from random to best", percent, "higher"),
    Kind("far.1e-2", "FAR", percent, "lower"),
)
KINDS: Final = {kind.key: kind for kind in ALL_KINDS}
FACTORS: Final = {
    "face_size": "face size",
    "yaw": "yaw",
    "brightness": "brightness",
    "blur": "sharpness",
    "skin_tone": "skin tone",
}
"""Factor of a result file → its name on the page."""
