"""Define frames and the faces seen in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vitrine.schemas.base import Event, Id, Nanoseconds, Share

Pixels = Annotated[
    float,
    Field(ge=-20_000, le=20_000),
]
Degrees = Annotated[
    float,
    Field(ge=-180, le=180),
]
Size = Annotated[
    int,
    Field(ge=1, le=20_000),
]


class FrameMeta(Event):
    """Hold the `meta` header of a frame.

    With `ended`, the source closed and the record holds no picture.
    """

    camera_id: Id
    stand_id: Id
    captured_at_ns: Nanoseconds
    width: Size
    height: Size
    live: bool = False
    """True for a camera: a late frame is worth less than the next. Not for files and replays."""
    synthetic: bool = False
    ended: bool = False

    @property
    def occurred_at_ns(self) -> int:
        return self.captured_at_ns


class Expression(Event):
    """Hold the measures of a face's expression.

    All but `shown` are taken from the frontalised landmarks, in units of the distance between the
    outer corners of the eyes.
    """

    mouth_open: float = Field(ge=-5, le=5)
    mouth_width: float = Field(ge=-5, le=5)
    brow_raise: float = Field(ge=-5, le=5)
    eye_open: float = Field(ge=-5, le=5)
    shown: Share | None = None
    """Probability of any expression at all; None where no network judged it."""


class SealedVector(Event):
    """Hold an embedding, or groups of expressions, under AES-GCM; `Face` says who has the key."""

    model: Id
    key_id: Id
    sealed: Annotated[
        str,
        Field(min_length=1, max_length=20_000),
    ]
    """Base64 of nonce and ciphertext of the float32 vector."""


class Face(Event):
    """Hold one face of one frame; coordinates in pixels of the frame, angles in degrees.

    Yaw > 0 turns towards the image's right, pitch > 0 looks up, roll > 0 tilts clockwise in the
    image.
    """

    track_id: Id
    box: tuple[Pixels, Pixels, Pixels, Pixels]
    """x, y, width, height; may reach over the edge of the picture."""
    score: Share
    points: Annotated[
        tuple[tuple[Pixels, Pixels], ...],
        Field(min_length=68, max_length=68),
    ]
    """iBUG 68-point order."""
    yaw: Degrees
    pitch: Degrees
    roll: Degrees
    quality: Share
    """Fitness of this view for recognition: 0 for useless, 1 for the best."""
    expression: Expression
    embedding: SealedVector | None = None
    """Only `landmarks` and `identity` have the key."""
    groups: SealedVector | None = None
    """Probabilities of the expression's groups, in the order of `ExpressionGroup`, where this view
    was judged and the stand asks for it; only `landmarks` and `engagement` have the key."""


class FrameFaces(Event):
    """Report all faces of one frame, or none; with `ended`, the camera's source closed."""

    camera_id: Id
    stand_id: Id
    captured_at_ns: Nanoseconds
    width: Size
    height: Size
    faces: Annotated[tuple[Face, ...], Field(max_length=200)]
    synthetic: bool = False
    ended: bool = False

    @property
    def occurred_at_ns(self) -> int:
        return self.captured_at_ns
