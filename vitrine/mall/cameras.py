"""Describe cameras."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from vitrine.mall.address import CameraAddress
from vitrine.mall.part import Part
from vitrine.mall.texts import EXPECTED, Name
from vitrine.schemas.base import Share

RATIO = re.compile(r"(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?")


# A picture in 100 s. Far below, the time between two is too large for a number of nanoseconds.
SLOWEST_FPS = 0.01


def _aspect(value: object) -> object:
    """Return `16:9` as a number; what is wrong is left to the limits of the field."""
    if not isinstance(value, str):
        return value
    found = RATIO.fullmatch(value)
    if found is None:
        raise ValueError('expected a ratio like "16:9" or a number like 1.78')
    width, height = found.groups("1")
    if float(height) == 0:
        raise ValueError("a ratio has no 0 after the colon")
    return float(width) / float(height)


def _whole(value: object) -> object:
    """Return digits as a number: a choice of numbers takes no text."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value


# Film is 2.4 wide, a corridor camera 0.56; beyond is a mistake.
Aspect = Annotated[
    float,
    BeforeValidator(_aspect, json_schema_input_type=float | str),
    Field(
        ge=0.25,
        le=4,
        json_schema_extra={
            EXPECTED: "a ratio such as 16:9, or a number from 0.25 to 4"
        },
    ),
]
Turn = Annotated[Literal[90, 180, 270], BeforeValidator(_whole)]
Mount = Literal["above", "below", "left", "right", "centre"]
"""The place of a camera at the screen; left and right are those of a person who faces it."""


# Chosen, not measured: a screen of 1.8 x 1.4 m reaches so far for a person who
# stands 2 m before its middle.
HALF_YAW_DEG: Final = 25.0
HALF_PITCH_DEG: Final = 20.0


class ConeSetting(Part):
    """Hold the head poses of people who look at the screen, as a camera sees them.

    Degrees as in `Face`.
    """

    yaw: float = Field(
        0.0,
        ge=-90,
        le=90,
        description="Degrees to the side, of somebody who looks at the middle of the screen.",
        examples=[31],
    )
    pitch: float = Field(
        0.0,
        ge=-60,
        le=60,
        description="Degrees up or down, likewise.",
        examples=[-7],
    )
    half_yaw: float = Field(
        HALF_YAW_DEG,
        ge=5,
        le=90,
        description="Degrees to either side of it that still look at the screen.",
        examples=[25],
    )
    half_pitch: float = Field(
        HALF_PITCH_DEG,
        ge=5,
        le=60,
        description="Degrees above and below it that still look at the screen.",
        examples=[20],
    )


class Camera(Part):
    """Hold one camera and its policies."""

    id: Name = Field(
        description="Name in addresses, metrics and logs; unique among cameras.",
        examples=["north-1"],
    )
    uri: CameraAddress = Field(
        description=(
            "Where pictures come from: device index, rtsp or http(s) address, video, folder of "
            "images, or `synthetic:?people=4`. A relative path begins at the configuration folder."
        ),
        examples=["rtsp://10.0.0.5/stream1"],
    )
    stand: Name = Field(
        description="The stand that it watches, by its id.",
        examples=["north"],
    )
    fps: float = Field(
        10,
        ge=SLOWEST_FPS,
        le=120,
        description="Pictures a second that are analysed at most.",
        examples=[10],
    )
    width: int = Field(
        640,
        ge=64,
        le=4096,
        description="Pixels that pictures are scaled down to; never up.",
        examples=[640],
    )
    transport: Literal["tcp", "udp"] = Field(
        "tcp",
        description="The way that rtsp pictures travel.",
        examples=["tcp"],
    )
    loop: bool = Field(
        False,
        description="Begin a recording or folder again when it has ended.",
        examples=[True],
    )
    aspect: Aspect | None = Field(
        None,
        description="True width over height of the pictures, where their pixels are not square.",
        examples=["16:9"],
    )
    rotate: Turn | None = Field(
        None,
        description=(
            "Degrees clockwise that bring the pictures upright; after `aspect`, before the mask."
        ),
        examples=[90],
    )
    flip: Literal["horizontal", "vertical"] | None = Field(
        None,
        description=(
            "Mirror left and right, or top and bottom; after `rotate`, before the mask."
        ),
        examples=["horizontal"],
    )
    overload: Literal["drop", "wait"] | None = Field(
        None,
        description=(
            "What to do when workers do not keep up; without it live cameras drop, files wait."
        ),
        examples=["drop"],
    )
    mask: tuple[tuple[Share, Share], ...] = Field(
        (),
        description=(
            "Polygon, as shares of width and height, that is blackened before anything else is "
            "done."
        ),
        examples=[[[0, 0], [0.2, 0], [0.2, 1], [0, 1]]],
    )
    mount: Mount | None = Field(
        None,
        description=(
            "The edge of the screen where it sits; without it, the screen's `camera`. Left and "
            "right are those of a person who faces the screen."
        ),
        examples=["left"],
    )
    cone: ConeSetting | None = Field(
        None,
        description=(
            "For a camera that sits elsewhere, such as beside the screen; `vitrine calibrate` "
            "measures it."
        ),
        examples=[{"yaw": 31, "pitch": -7}],
    )

    @field_validator("cone")
    @classmethod
    def _one_place(
        cls,
        cone: ConeSetting | None,
        info: ValidationInfo,
    ) -> ConeSetting | None:
        if cone and info.data.get("mount"):
            raise ValueError(
                "mount and cone both say where the screen is, expected one of them"
            )
        return cone
