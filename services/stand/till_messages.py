"""What tills send and get, as OpenAPI has it. Times are those of the stand's wall, ISO 8601."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from vitrine.offers.codes import LONGEST_CODE
from vitrine.schemas import Id, Sale

# As typed or scanned, with hyphens, spaces and line ends.
TypedCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2 * LONGEST_CODE,
        description="As typed or scanned: case, spaces, hyphens and line ends do not matter.",
        examples=["spring-a1b2"],
    ),
]


class CheckRequest(BaseModel):
    """Ask what a code is worth; nothing is used up."""

    model_config = ConfigDict(extra="forbid")

    code: TypedCode


class TillRedeemRequest(BaseModel):
    """Ask to use up a code."""

    model_config = ConfigDict(extra="forbid")

    code: TypedCode
    request_id: Annotated[
        str,
        Field(
            max_length=80,
            description=(
                "The till's own name for this request, such as the number of the receipt: the "
                "same again gives the same answer, and redeems nothing twice."
            ),
        ),
    ] = ""
    sale: Sale | None = Field(
        None,
        description="What is paid after the discount, in minor units such as cents.",
    )


class CancelRequest(BaseModel):
    """Ask to take back a redemption of this till, within 15 minutes."""

    model_config = ConfigDict(extra="forbid")

    code: TypedCode
    redemption_id: Id


class Redemption(BaseModel):
    """Hold a redemption."""

    redemption_id: str
    stand_id: str
    """Where it was redeemed."""
    till_id: str | None
    at: str
    sale: Sale | None


class Worth(BaseModel):
    """Hold what a code was granted for."""

    campaign_id: str
    advertiser: str
    offer_id: str
    text: str
    """What the offer says."""
    granted_stand_id: str
    granted_at: str


class Checked(Worth):
    """Answer what a code is worth here and now."""

    state: Literal["good", "used", "elsewhere"]
    message: str
    """The state as a sentence, for the cashier."""
    redemption: Redemption | None = None


class Redeemed(Worth):
    """Answer that the code is used up."""

    redemption: Redemption


class Cancelled(BaseModel):
    """Answer that a redemption is taken back, and its code is good again."""

    redemption_id: str
    at: str


class Row(BaseModel):
    """Hold a line of the export."""

    at: str
    kind: Literal["redeemed", "cancelled"]
    redemption_id: str
    till_id: str | None
    campaign_id: str
    advertiser: str
    offer_id: str
    granted_stand_id: str
    sale_minor: int | None
    sale_currency: str | None


class Export(BaseModel):
    """Answer the redemptions of a stand, oldest first."""

    stand_id: str
    rows: Sequence[Row]
