"""What the web server and the players say to each other, beside the reports in `commands`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from vitrine.programme.commands import Command, PlayReport
from vitrine.schemas import Id
from vitrine.schemas.base import Nanoseconds
from vitrine.services.stand.live import Kind


class PlayEvent(BaseModel):
    """Show a creative: after what is on the screen, or at once with `cut`. Event `play`."""

    command: Command
    token: str
    """Comes back with the report."""
    url: str
    kind: Kind
    cut: bool
    now_ns: int


class OfferEvent(BaseModel):
    """Show an offer over the creative. Event `offer`."""

    offer_id: str
    text: str
    code: str
    advertiser: str
    seconds: float


class StateEvent(BaseModel):
    """The server's clock and the audience; a few times a second. Event `state`."""

    now_ns: int
    people: int
    attending: int
    in_charge: int
    """Session of the player that shows the plays; the others wait."""
    recognition: Literal["none", "enrolled"]


class HelloEvent(BaseModel):
    """First on every connection. Event `hello`."""

    session: int
    now_ns: int


class PlayReports(BaseModel):
    """Finished plays, oldest first."""

    model_config = ConfigDict(extra="forbid")

    plays: Annotated[list[PlayReport], Field(min_length=1, max_length=200)]


class InteractionReport(BaseModel):
    """What a person did on the page; `token` is that of the play then on the screen."""

    model_config = ConfigDict(extra="forbid")

    interaction_id: Annotated[Id, Field(max_length=100)]
    kind: Literal["touch", "opt-out"]
    at_ns: Nanoseconds
    token: Annotated[str, Field(max_length=4000)] | None = None


class RefusedReport(BaseModel):
    """A report that can never be accepted, and why."""

    play_id: str
    reason: str


class Acknowledged(BaseModel):
    """The bus has the accepted plays; players drop these and the refused ones."""

    accepted: Sequence[str]
    refused: Sequence[RefusedReport] = ()


class RedeemRequest(BaseModel):
    """A code that a customer shows at the till."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(min_length=1, max_length=100)]


class Redeemed(BaseModel):
    """The code is used up now."""

    campaign_id: str
    offer_id: str
    at_ns: int
