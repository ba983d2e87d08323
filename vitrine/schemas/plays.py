"""Define what was on the screen, and what people did there."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from vitrine.clock import SECOND_NS
from vitrine.schemas.base import Event, Id, Nanoseconds

# What a play may be, to the stand that takes it and to analytics that counts it.
# Chosen, not measured: the page and the virtual player end each play at its `seconds`; what is
# left is rounding, and the timers of pages of before.
LONG_NS: Final = SECOND_NS
"""Time by which a play may last longer than its creative."""
# Chosen, not measured: a player hears within a second or so that another one took over, and the
# clocks of two players may differ by the time that an event takes to them.
OVERLAP_NS: Final = 2 * SECOND_NS
"""Time for which a play may run at the same time as others of its stand, in all."""
# As in the configuration (`Creative.seconds`), and what a play may be too long.
LONGEST_NS: Final = 600 * SECOND_NS + LONG_NS
"""Time that no play exceeds."""

# Chosen, not measured: longer than most people stay, so that few of them see both arms, and short
# enough for 288 slots a day. Configuration and reports speak of 5-minute slots, so it is no
# setting.
SLOT_NS: Final = 300 * SECOND_NS
"""Length of a slot, the unit of experiments; slots begin at its multiples, UTC."""
LONGEST_REASON: Final = 200
"""Characters of the words that say why something was shown."""
# As many as a decision tells of.
MOST_ALTERNATIVES: Final = 8
"""Other creatives that a play names, which might have been shown instead."""

Probability = Annotated[
    float,
    Field(gt=0, le=1),
]
Alternatives = Annotated[
    dict[Id, Probability],
    Field(max_length=MOST_ALTERNATIVES),
]
"""`campaign/creative` → the probability with which it would have been shown."""
Arm = Literal["adaptive", "plain"]
Doubt = Literal["early", "future", "long", "short", "overlap"]
InteractionKind = Literal[
    "touch",
    "offer-shown",
    "offer-redeemed",
    "redemption-cancelled",
    "opt-out",
    "not-me",
]


class Play(Event):
    """Report that a creative was on a screen, as the player that drew it says."""

    play_id: Id
    stand_id: Id
    campaign_id: Id
    advertiser: Id
    creative_id: Id
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    completed: bool
    player: Literal["page", "virtual"]
    reason: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST_REASON),
    ]
    """The reason for this creative, in words."""
    probability: Probability
    """The probability with which the rules and the draw chose it, given all that came before."""
    arm: Arm
    slot_ns: Nanoseconds
    """Start of the 5-minute slot that fixed the arm."""
    config_version: Id
    doubtful: Doubt | None = None
    """What was reported and cannot have been; the times are the nearest possible ones."""
    proven_ns: Nanoseconds = 0
    """Time for which the page proved that a browser drew it; the rest is unproven."""
    alternatives: Alternatives = Field(default_factory=dict)
    """What might have been shown instead, the likeliest; none where it was certain."""
    arm_probability: Probability | None = None
    """The probability with which the slot got this arm; plays before version 5 do not tell."""

    @property
    def occurred_at_ns(self) -> int:
        return self.end_ns

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.end_ns < self.start_ns:
            raise ValueError("a play ends before it starts")
        if self.proven_ns > self.end_ns - self.start_ns:
            raise ValueError("more time is proven than the play lasted")
        return self


class Sale(Event):
    """Hold what was paid where a code was redeemed: integer minor units, such as cents."""

    minor: Annotated[int, Field(ge=0, lt=2**53)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """ISO 4217."""


class Interaction(Event):
    """Report something a person did at a stand, or the stand did for a person."""

    interaction_id: Id
    stand_id: Id
    kind: InteractionKind
    at_ns: Nanoseconds
    play_id: Id | None = None
    campaign_id: Id | None = None
    advertiser: Id | None = None
    creative_id: Id | None = None
    offer_id: Id | None = None
    visit_id: Id | None = None
    redeemed_at: Id | None = None
    """Stand of the till that redeemed a code; `stand_id` is where it was granted."""
    till_id: Id | None = None
    sale: Sale | None = None
    cancels: Id | None = None
    """The redemption that is taken back; `at_ns` is its time, as it is the one that changes."""
    cancelled_at_ns: Nanoseconds | None = None
    slot_ns: Nanoseconds | None = None
    """Start of the slot of the play that granted the offer, however late it is redeemed."""
    config_version: Id

    @property
    def occurred_at_ns(self) -> int:
        return self.at_ns
