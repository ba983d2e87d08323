"""What the figures are called, how they are written, and which way is better."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from training.report.results import Figures


def percent(value: float) -> str:
    """`97.3 %`; one digit more only where rounding would hide that it is not 0 or 100 %."""
    hundredths = round(10_000 * value)
    return (
        f"{100 * value:.2f} %"
        if 0 < hundredths < 5 or 9995 <= hundredths < 10_000
        else f"{100 * value:.1f} %"
    )


@dataclass(frozen=True)
class Kind:
    """One kind of figure."""

    key: str
    name: str
    write: Callable[[float], str]
    better: str
    """`higher` or `lower`."""

    def cell(self, figures: Figures | None) -> str:
        """The figure with its interval, as a table has it; a dash where there is none."""
        value = figures.value(self.key) if figures else None
        if figures is None or value is None:
            return "–"
        interval = figures.interval(self.key)
        if interval is None:
            return self.write(value)
        low, high = (self.write(end).removesuffix(" %") for end in interval)
        return f"{self.write(value)} ({low}–{high})"

    def is_worse(self, one: float, other: float) -> bool:
        return one < other if self.better == "higher" else one > other


def four(value: float) -> str:
    return f"{value:.4f}"


def six(value: float) -> str:
    return f"{value:.6f}"


def milliseconds(value: float) -> str:
    return f"{value:.1f} ms"


KINDS: Final = {
    kind.key: kind
    for kind in (
        Kind("mse", "MSE", six, "lower"),
        Kind("nme", "NME", four, "lower"),
        Kind("failures", "NME > 0.1", percent, "lower"),
        Kind("detected", "found", percent, "higher"),
        Kind("recall", "recall", percent, "higher"),
        Kind(
            "false_per_image",
            "false alarms a picture",
            lambda value: f"{value:.2f}",
            "lower",
        ),
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
}
FACTORS: Final = {
    "face_size": "face size",
    "yaw": "yaw",
    "brightness": "brightness",
    "blur": "sharpness",
    "skin_tone": "skin tone",
}
