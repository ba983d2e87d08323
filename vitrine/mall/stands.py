"""Describe stands: screens, and how people in front of them are measured."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from vitrine.mall.cameras import Mount
from vitrine.mall.hours import Hours, is_open
from vitrine.mall.part import Part
from vitrine.mall.texts import DisplayName, Name, ShownLine, TimeZone, WebPage
from vitrine.schemas.base import Share
from vitrine.schemas.notice import Recognition

Metres = Annotated[float, Field(ge=0.05, le=50)]
# Decimal fractions that add up to 1 do so in binary only nearly.
WEIGHTS_TOLERANCE = 1e-6


class Screen(Part):
    """Hold a screen's size, and the place of cameras without `mount` or `cone` of their own."""

    width_m: Metres = Field(1.2, description="Width in metres.", examples=[1.2])
    height_m: Metres = Field(0.7, description="Height in metres.", examples=[0.7])
    camera: Mount = Field(
        "above",
        description="The edge where cameras sit that do not say otherwise.",
        examples=["above"],
    )
    touch: bool = Field(
        True,
        description=(
            "False for a screen that cannot be touched: its page does not ask people to."
        ),
        examples=[False],
    )


class Zone(Part):
    """Limit who is at the stand, by face height as a share of the picture's height."""

    min_face: Share = Field(
        0.05,
        description="Smaller faces are too far away to count.",
        examples=[0.05],
    )
    max_face: Share = Field(
        0.6,
        description="Larger faces are too near to count.",
        examples=[0.6],
    )

    @field_validator("max_face")
    @classmethod
    def _in_order(cls, max_face: float, info: ValidationInfo) -> float:
        min_face = info.data.get("min_face", 0)
        if min_face >= max_face:
            raise ValueError(
                f"min_face must be smaller than max_face, not {min_face:g} and {max_face:g}"
            )
        return max_face


class Weights(Part):
    """Hold the weights of the parts of the engagement score; they add up to 1."""

    attention: Share = Field(
        0.5,
        description="Weight of looking at the screen.",
        examples=[0.5],
    )
    proximity: Share = Field(
        0.2,
        description="Weight of standing near.",
        examples=[0.2],
    )
    response: Share = Field(
        0.2,
        description="Weight of the expression's response.",
        examples=[0.2],
    )
    steadiness: Share = Field(
        0.1,
        description="Weight of standing still.",
        examples=[0.1],
    )

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = self.attention + self.proximity + self.response + self.steadiness
        if abs(total - 1) > WEIGHTS_TOLERANCE:
            raise ValueError(f"weights must add up to 1, not {total:g}")
        return self


Language = Literal["ar", "de", "en", "es", "fr"]
"""Languages of the page: each has a catalogue in services/stand/pages/languages."""


class Stand(Part):
    """Hold one screen and how people in front of it are measured."""

    id: Name = Field(
        description="Name in addresses, metrics and logs; unique among stands.",
        examples=["north"],
    )
    name: DisplayName | None = Field(
        None,
        description="Name for people, in any script; without it, the id.",
        examples=["Nordeingang, Erdgeschoß"],
    )
    time_zone: TimeZone = Field(
        "UTC",
        description="Zone of its days and clock times.",
        examples=["Europe/Berlin"],
    )
    hours: tuple[Hours, ...] = Field(
        (),
        description=(
            "Opening hours, in the time zone. Outside them its cameras are not analysed, and "
            "nothing counts as missing; without them it is always open."
        ),
        examples=[["mon-sat 09:00-20:00", "sun 11:00-18:00"]],
    )
    languages: tuple[Language, ...] = Field(
        ("en",),
        min_length=1,
        description=(
            "What its page says to people, in one language after the other. Offers and creatives "
            "say what their campaign says."
        ),
        examples=[["de", "en"]],
    )
    recognition: Recognition = Field(
        "none",
        description=(
            "`enrolled` recognises customers who asked for it, `key-in-hand` those alone whose "
            "phone allows it there and then; `none` nobody."
        ),
        examples=["none"],
    )
    reactions: Literal["off", "expression"] = Field(
        "off",
        description=(
            "`expression` judges how those who look at the screen react, in four groups of "
            "expressions, and tells reports which creatives faces reacted to; the notice says so. "
            "`off` judges nobody."
        ),
        examples=["expression"],
    )
    clothes: bool = Field(
        True,
        description=(
            "Colours of hair, skin and clothes, kept in memory for seconds, tell people apart who "
            "cross or turn away. `false` keeps none, and counts crowds less exactly."
        ),
        examples=[False],
    )
    display_probe: bool = Field(
        False,
        description=(
            "One play in eight shows a small code in a corner for three seconds, by which "
            "pictures of the screen prove it (`vitrine probe`)."
        ),
        examples=[True],
    )
    notice: Literal["screen", "sign"] = Field(
        "screen",
        description=(
            "Who tells people of a live camera before it is analysed: `screen`, the page of the "
            "stand, without which no picture is; `sign`, a printed one, which you put up."
        ),
        examples=["screen"],
    )
    responsible: ShownLine | None = Field(
        None,
        description=(
            "Who is responsible for the camera and answers questions; the notice names them."
        ),
        examples=["Mall Management, first floor, privacy@mall.example"],
    )
    privacy_url: WebPage | None = Field(
        None,
        description=(
            "Your own privacy page, where the notice's QR code leads; without it, to the page "
            "`/privacy/ID` of the stand."
        ),
        examples=["https://mall.example/privacy"],
    )
    screen: Screen = Field(
        Screen(),
        description="Size of the screen, and where cameras sit at it.",
        examples=[{"width_m": 1.2, "height_m": 0.7, "camera": "above"}],
    )
    zone: Zone = Field(
        Zone(),
        description="Who is near enough to count.",
        examples=[{"min_face": 0.05, "max_face": 0.6}],
    )
    weights: Weights = Field(
        Weights(),
        description="Weights of the engagement score.",
        examples=[
            {"attention": 0.5, "proximity": 0.2, "response": 0.2, "steadiness": 0.1}
        ],
    )

    def is_open(self, at_ns: int) -> bool:
        """Return true at a time within its opening hours."""
        return is_open(self.hours, self.time_zone, at_ns)
