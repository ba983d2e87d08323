"""The whole of what is shown: the picture with its faces, the figures above, help on demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vitrine.lab.view.analysis import Seen
from vitrine.lab.view.drawing import View, draw_faces, draw_lines
from vitrine.vision.crop import Image

KEYS: Final = (
    ("space", "stand still, or go on"),
    ("d", "the next detector"),
    ("n", "the next landmark net"),
    ("s", "save the picture as PNG"),
    ("?", "this help"),
    ("q", "quit"),
)
TEXT: Final = 13
MARGIN: Final = 10


def status_of(view: View, notes: Sequence[str] = ()) -> str:
    """Return the figures of a view in one line."""
    faces = len(view["faces"])
    parts = [
        f"{view['fps']:.1f} frames/s",
        f"{view['ms']:.0f} ms",
        f"detector {view['detector']}",
        f"net {view['net']}",
        f"{faces} face" if faces == 1 else f"{faces} faces",
        *notes,
    ]
    return "   ".join(parts)


def draw_screen(
    seen: Seen,
    scale: float,
    notes: Sequence[str] = (),
    *,
    helped: bool = False,
) -> Image:
    """Return what is shown of a picture, `scale` times as large: (H, W, 3) BGR."""
    canvas = draw_faces(seen.pixels, seen.view, scale)
    draw_lines(canvas, [status_of(seen.view, notes)], (MARGIN, MARGIN), TEXT)
    if helped:
        lines = [f"{key}:  {meaning}" for key, meaning in KEYS]
        draw_lines(canvas, lines, (MARGIN, MARGIN + 3 * TEXT), TEXT)
    return canvas
