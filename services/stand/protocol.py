"""Messages between the web server and the players, beside the reports in `commands`.

Events go to players over a WebSocket, each in a `Frame`; reports and redemptions come as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vitrine.mall.campaigns import Fit
from vitrine.mall.creative_files import Kind
from vitrine.mall.stands import Language
from vitrine.programme.commands import (
    LONGEST_TOKEN,
    Command,
    PlayerId,
    PlayReport,
)
from vitrine.programme.licences import Licence
from vitrine.programme.touches import PageKind
from vitrine.schemas import Reactions, Recognition
from vitrine.schemas.base import Nanoseconds

# Players send 20 at a time; with tokens of the greatest length 200 fit the limit of a request.
MOST_PLAYS: Final = 200


class Frame(BaseModel):
    """Carry one event to a player, as the text of a frame."""

    event: str
    data: dict[str, Any]
    """Fields of the event's model."""


class PlayEvent(BaseModel):
    """Tell a player to show a creative: after the current one, or at once with `cut`.

    Event `play`.
    """

    command: Command
    token: str
    """Comes back with the report."""
    url: str
    kind: Kind
    fit: Fit = "cover"
    title: str = ""
    """What people call it; empty from a server of before."""
    cut: bool
    now_ns: int
    steady_ns: int = 0
    """Of the stand's monotonic clock, as in all events; 0 from a server of before."""
    start_by_ns: int | None = None
    """The command expires then; None from a server of before."""
    answers_touch: bool = False
    """A touch may bring something of the campaign, which then comes instead of the dialog."""
    probe: int | None = None
    """The code to show in a corner of the picture for some seconds; mostly none."""


class LicensedCreative(BaseModel):
    """Name a creative that a player may show while the stand is away, and its licence."""

    licence: Licence
    token: str
    """Comes back with each report."""
    url: str
    kind: Kind
    fit: Fit
    title: str
    category: str = ""
    """Of its campaign: other advertisers of the same one never follow it directly."""
    rank: int = 0
    """Others come where nothing of a lower rank may be shown."""


class CountedPlay(BaseModel):
    """Name a play of the last hour that counts for the cap of its campaign."""

    campaign_id: str
    command_id: str
    start_ns: int


class LicencesEvent(BaseModel):
    """Tell the player in charge what it may show on its own; replaces what it was told before.

    Event `licences`.
    """

    licensed: Sequence[LicensedCreative]
    counted: Sequence[CountedPlay] = ()
    """What the stand knows of; the player counts on from there."""
    now_ns: int
    steady_ns: int


class OfferEvent(BaseModel):
    """Tell the player in charge to show an offer over the creative. Event `offer`."""

    offer_id: str
    text: str
    code: str
    advertiser: str
    """What people call it."""
    seconds: float
    picture: str = ""
    """QR code of an invitation, as the address of a picture; then neither text nor code."""


class StateEvent(BaseModel):
    """Tell players the server's clocks and the audience, a few times a second. Event `state`."""

    now_ns: int
    steady_ns: int = 0
    people: int
    attending: int
    in_charge: int
    """Session of the player that shows the plays; the others wait."""
    recognition: Recognition
    reactions: Reactions = "off"
    responsible: str = ""
    """Who is responsible for the cameras; empty where nobody is named."""
    privacy: str = ""
    """Address of the privacy page, where the QR code of the notice leads; empty without one."""
    languages: Sequence[Language] = ("en",)
    touch: bool = True
    """The screen can be touched, so that the page invites to it."""


class HelloEvent(BaseModel):
    """Open every connection. Event `hello`."""

    session: int
    now_ns: int
    steady_ns: int = 0


class AliveEvent(BaseModel):
    """Tell that the connection works, when nothing else was sent. Event `alive`."""

    now_ns: int
    steady_ns: int = 0


class SeenEvent(BaseModel):
    """Tell a player that somebody saw its refused reports, as many as it told of. Event `seen`."""

    count: int


class KeptRefusals(BaseModel):
    """Tell of refused reports that a player keeps until somebody has seen them."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=1, lt=2**53)
    """With those that it had no room for."""
    reasons: list[Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,20}$")]] = Field(
        max_length=20
    )
    """In words of this version of the stand, or of one before."""


class KeptFiles(BaseModel):
    """Tell how many of the creatives that a page may show on its own its browser keeps."""

    model_config = ConfigDict(extra="forbid")

    kept: int | None = Field(ge=0, lt=2**53)
    """None from a browser that keeps no files: not over TLS, nor on this machine."""
    licensed: int = Field(ge=0, lt=2**53)


class PlayReports(BaseModel):
    """Report finished plays, oldest first."""

    model_config = ConfigDict(extra="forbid")

    plays: list[PlayReport] = Field(min_length=1, max_length=MOST_PLAYS)
    kept: bool = True
    """False from a player whose storage is blocked or full."""
    refused: KeptRefusals | None = None
    files: KeptFiles | None = None
    """None from a virtual player, and a page of before."""


FailureReason = Literal["does-not-load", "takes-too-long", "throws"]


class FailureReport(BaseModel):
    """Report that a creative could not be shown; `token` is that of its command."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=LONGEST_TOKEN)]
    reason: FailureReason


class InteractionReport(BaseModel):
    """Report what a person did on the page; `token` is that of the play then on the screen.

    `number` counts them within the play, from 0. Only an opt-out may come without a token.
    """

    model_config = ConfigDict(extra="forbid")

    kind: PageKind
    at_ns: Nanoseconds
    token: Annotated[str, Field(max_length=LONGEST_TOKEN)] | None = None
    number: Annotated[int, Field(ge=0)] = 0
    start_ns: Nanoseconds | None = None
    """Start of the play, where the token is a licence."""


class NoticeReport(BaseModel):
    """Report that a page shows the notice now, and what its words say it does."""

    model_config = ConfigDict(extra="forbid")

    player_id: PlayerId
    recognition: Recognition
    reactions: Reactions = "off"
    """Pages of before say nothing of them."""


class RefusedReport(BaseModel):
    """Name a report that can never be accepted, and the reason."""

    play_id: str
    reason: str
    code: str = ""
    """The reason in a word, as the metric has it; empty from a server of before."""


class Acknowledged(BaseModel):
    """Answer that the bus has the accepted plays; players report neither these nor the refused."""

    accepted: Sequence[str]
    refused: Sequence[RefusedReport] = ()


class RedeemRequest(BaseModel):
    """Ask to use up a code that a customer shows at the till."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(min_length=1, max_length=200)]


class Redeemed(BaseModel):
    """Answer that the code is used up now."""

    campaign_id: str
    offer_id: str
    at_ns: int
