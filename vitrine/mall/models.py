"""Describe the mall: cameras, stands, campaigns. Frozen, checked when built."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from vitrine.mall.address import CameraAddress
from vitrine.schemas import Id
from vitrine.schemas.base import Percent, Share

Name = Annotated[Id, Field(max_length=60)]
"""An id of the configuration: ids that are made of several of them stay below the limit of `Id`."""
Metres = Annotated[float, Field(gt=0, le=50)]
# 48 bits of SHA-256: enough to tell the versions of one configuration apart.
VERSION_DIGITS = 12
# Decimal fractions that add up to 1 do so in binary only nearly.
WEIGHTS_TOLERANCE = 1e-6


class Part(BaseModel):
    """Hold a part of the configuration files: frozen, without unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        hide_input_in_errors=True,
    )


RATIO = re.compile(r"(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?")


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


# Film is 2.4 wide, a corridor camera 0.56; beyond is a mistake, such as 16:9 without quotes,
# which some readers of YAML take for 969.
Aspect = Annotated[float, BeforeValidator(_aspect), Field(ge=0.25, le=4)]

Mount = Literal["above", "below", "left", "right", "centre"]
"""The place of a camera at the screen; left and right are those of a person who faces it."""


class ConeCentre(Part):
    """Hold the head pose of a person who looks at the middle of the screen, as a camera sees it.

    Degrees as in `Face`.
    """

    yaw: float = Field(0.0, ge=-90, le=90)
    pitch: float = Field(0.0, ge=-60, le=60)


class Camera(Part):
    """Hold one camera and its policies."""

    id: Name
    uri: CameraAddress
    """Device index, rtsp or http(s) URL, video, folder of images, or `synthetic:?people=4`."""
    stand: Name
    fps: float = Field(10, gt=0, le=120)
    width: int = Field(640, ge=64, le=4096)
    """Pictures are scaled down to this width; never up."""
    transport: Literal["tcp", "udp"] = "tcp"
    """The way that rtsp pictures travel."""
    loop: bool = False
    """Begin a recording or folder again when it has ended."""
    aspect: Aspect | None = None
    """True width over height of the pictures, like `"16:9"`, where their pixels are not square."""
    rotate: Literal[90, 180, 270] | None = None
    """Degrees clockwise that bring the pictures upright; after `aspect`, before the mask."""
    flip: Literal["horizontal", "vertical"] | None = None
    """Mirror left and right, or top and bottom; after `rotate`, before the mask."""
    overload: Literal["drop", "wait"] | None = None
    """What to do when workers do not keep up; by default live cameras drop, files wait."""
    mask: tuple[tuple[Share, Share], ...] = ()
    """Polygon, as shares of width and height, that is blackened before anything else is done."""
    mount: Mount | None = None
    """The edge of the screen where it sits; the screen's `camera` unless given."""
    cone: ConeCentre | None = None
    """Given for a camera that sits elsewhere, such as beside the screen."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.mount and self.cone:
            raise ValueError(
                "mount and cone both say where the screen is, expected one of them"
            )
        return self


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(
            f"unknown time zone {name!r}, expected a name like Europe/Berlin"
        )
    return name


class Screen(Part):
    """Hold a screen's size, and the place of cameras without `mount` or `cone` of their own."""

    width_m: Metres = 1.2
    height_m: Metres = 0.7
    camera: Mount = "above"


class Zone(Part):
    """Limit who is at the stand, by face height as a share of the picture's height."""

    min_face: Share = 0.05
    max_face: Share = 0.6

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_face >= self.max_face:
            raise ValueError("min_face must be smaller than max_face")
        return self


class Weights(Part):
    """Hold the weights of the parts of the engagement score; they add up to 1."""

    attention: Share = 0.5
    proximity: Share = 0.2
    response: Share = 0.2
    steadiness: Share = 0.1

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = self.attention + self.proximity + self.response + self.steadiness
        if abs(total - 1) > WEIGHTS_TOLERANCE:
            raise ValueError(f"weights must add up to 1, not {total:g}")
        return self


class Stand(Part):
    """Hold one screen and how people in front of it are measured."""

    id: Name
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    recognition: Literal["none", "enrolled"] = "none"
    screen: Screen = Screen()
    zone: Zone = Zone()
    weights: Weights = Weights()


class Condition(Part):
    """Hold what must be true, all given parts at once; for some person where they speak of one."""

    engagement: Percent | None = None
    """The least engagement score."""
    for_seconds: float = Field(0, ge=0, le=600)
    """The score has held for so long."""
    known: bool | None = None
    people: int | None = Field(None, ge=0)
    """At least so many people present."""
    attending: int | None = Field(None, ge=0)
    """At least so many people look at the screen."""


class Creative(Part):
    """Hold one thing to show: an image, a video or an HTML page."""

    id: Name
    file: str = Field(min_length=1)
    seconds: float = Field(8, ge=1, le=600)
    when: Condition | None = None
    """Shown only when this holds; without it, part of the plain rotation."""


class Offer(Part):
    """Hold a discount that the stand may grant."""

    id: Name
    text: str = Field("A discount for you", min_length=1, max_length=200)
    when: Condition
    once_per: Literal["visit", "day", "campaign"] = "day"
    budget: int = Field(gt=0)
    codes: Name
    """Name of the pool of codes: a file `codes/NAME.txt` beside the others, one code a line."""


class Campaign(Part):
    """Hold creatives of one advertiser for some time at some stands."""

    id: Name
    advertiser: Name
    from_: date = Field(alias="from")
    to: date
    stands: tuple[Name, ...] = Field(min_length=1)
    share: float = Field(1.0, gt=0, le=1)
    creatives: tuple[Creative, ...] = Field(min_length=1)
    offers: tuple[Offer, ...] = ()
    holdout: Share = 0.0
    """Share of the 5-minute slots with plain rotation."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.to < self.from_:
            raise ValueError("a campaign ends before it starts")
        if all(creative.when for creative in self.creatives):
            raise ValueError(
                "at least one creative must have no `when`, for the plain rotation"
            )
        _unique("creative", [creative.id for creative in self.creatives])
        _unique("offer", [offer.id for offer in self.offers])
        return self

    def runs(self, day: date, stand_id: str) -> bool:
        """Tell whether the campaign is on at a stand on its local day."""
        if not self.from_ <= day <= self.to:
            return False
        return stand_id in self.stands


class Mall(Part):
    """Hold the whole configuration."""

    cameras: tuple[Camera, ...]
    stands: tuple[Stand, ...]
    campaigns: tuple[Campaign, ...]

    @property
    def version(self) -> str:
        """Return a hash of the content; events carry it."""
        content = self.model_dump_json().encode()
        return sha256(content).hexdigest()[:VERSION_DIGITS]

    def stand(self, stand_id: str) -> Stand | None:
        """Return the stand of that id, if there is one."""
        for stand in self.stands:
            if stand.id == stand_id:
                return stand
        return None

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        stands = [stand.id for stand in self.stands]
        _unique("camera", [camera.id for camera in self.cameras])
        _unique("stand", stands)
        _unique("campaign", [campaign.id for campaign in self.campaigns])
        for camera in self.cameras:
            if camera.stand not in stands:
                raise ValueError(
                    f"camera {camera.id!r} names an unknown stand {camera.stand!r}"
                )
        for campaign in self.campaigns:
            unknown = sorted(set(campaign.stands) - set(stands))
            if unknown:
                raise ValueError(
                    f"campaign {campaign.id!r} names an unknown stand {unknown[0]!r}"
                )
        return self


def _unique(kind: str, ids: Sequence[str]) -> None:
    """Raise ValueError with the first id that is there twice."""
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            raise ValueError(f"{kind} {id_!r} is there twice")
        seen.add(id_)
