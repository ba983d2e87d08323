"""The choice of what comes next at one stand: an answer to somebody, or the rotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vitrine.clock import SECOND_NS, Moment
from vitrine.mall import Campaign, Creative, Response, Stand
from vitrine.programme.arms import arm, uniform
from vitrine.programme.audience import Audience, in_words
from vitrine.programme.commands import Command
from vitrine.programme.picking import Pick
from vitrine.programme.playlist import (
    HOUSE,
    Candidate,
    Choice,
    Usable,
    chosen,
    drawn,
    responding,
)
from vitrine.programme.rotation import Rotation
from vitrine.programme.screen import PlannedPlay

# Chosen, not measured: a score around the threshold must not make the screen flicker.
COOL_DOWN_NS: Final = 30 * SECOND_NS
"""Time from the start of a response to the earliest start of the same one."""
# Chosen, not measured: who stays sees it three times, and then something else.
MOST_REPEATS: Final = 2
"""Times in a row that `then: repeat` shows a creative again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Hold what a decision is about."""

    stand: Stand
    campaigns: Sequence[Campaign]
    """Those that are on when the play starts."""
    now: Moment
    start: Moment
    cut: bool
    """The play would end the one on the screen."""
    current: PlannedPlay | None
    """On the screen now."""
    usable: Usable
    """Its file can be shown, and its caps allow it."""
    pick: Pick | None = None
    """Chooses among the creatives of a campaign."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold a choice, and whether it shows somebody more."""

    choice: Choice
    responds: bool
    answers: str | None = None
    """The play whose creative brings it, by a response of its own; None for others."""


@dataclass(slots=True)
class Chooser:
    """Choose the plays of one stand, in order."""

    audience: Audience
    rotation: Rotation = field(default_factory=Rotation)
    last: Campaign | None = None
    """Of the play that was chosen last."""
    _number: int = 0
    """Of the choices that were drawn."""
    _repeats: int = 0
    """Times that the play chosen last was shown again."""
    _answered: dict[tuple[str, ...], int] = field(default_factory=dict)
    """Response → start of its last play, by the steady clock; those of the last half minute."""

    def choose(self, turn: Turn) -> Answer | None:
        """Return what comes; None to go on as it is.

        First what the creative on the screen says itself, then what other creatives wait for, and
        without any of that the rotation, where the play ends anyway.
        """
        repeats = self._repeats
        answer = self._own(turn) or self._awaited(turn)
        if answer is None and not turn.cut:
            choice = self._rotated(turn, turn.usable)
            answer = Answer(choice, responds=False)
        if answer is None:
            return None
        if self._repeats == repeats:
            self._repeats = 0
        self.last = answer.choice.campaign
        return answer

    # What the creative on the screen says

    def _own(self, turn: Turn) -> Answer | None:
        """Return the first response of the creative on the screen that holds and can be."""
        if turn.current is None:
            return None
        command = turn.current.command
        for campaign in turn.campaigns:
            if campaign.id != command.campaign_id:
                continue
            creative = campaign.creative(command.creative_id)
            if creative is not None and self._adapts(campaign, turn):
                return self._response_of(turn, command, campaign, creative)
        return None

    def _adapts(self, campaign: Campaign, turn: Turn) -> bool:
        return arm(campaign, turn.stand.id, turn.start.utc_ns) == "adaptive"

    def _response_of(
        self,
        turn: Turn,
        shown: Command,
        campaign: Campaign,
        creative: Creative,
    ) -> Answer | None:
        for response in creative.responses:
            if not self.audience.meeting(response.when, turn.now.utc_ns):
                continue
            choice = None
            match response.then:
                case "more":
                    choice = self._more(turn, campaign, response)
                case "next":
                    choice = self._next(turn, campaign, creative, response)
                case "repeat":
                    choice = self._repeat(turn, campaign, creative, response)
                case "offer":
                    """It is granted while the play goes on (vitrine/offers)."""
            if choice is None:
                continue
            if response.then == "next":
                return Answer(choice, responds=False)
            return Answer(choice, responds=True, answers=shown.play_id)
        return None

    def _more(
        self,
        turn: Turn,
        campaign: Campaign,
        response: Response,
    ) -> Choice | None:
        more = campaign.creative(response.creative or "")
        if more is None or not turn.usable(campaign, more):
            return None
        answers = (campaign.id, more.id)
        if not self._has_rested(turn, answers):
            return None
        self._note(turn, answers)
        return _certain(turn, campaign, more, response, more.id)

    def _repeat(
        self,
        turn: Turn,
        campaign: Campaign,
        creative: Creative,
        response: Response,
    ) -> Choice | None:
        if turn.cut or self._repeats >= MOST_REPEATS:
            return None
        if not turn.usable(campaign, creative):
            return None
        self._repeats += 1
        return _certain(turn, campaign, creative, response, f"{creative.id} again")

    def _next(
        self,
        turn: Turn,
        campaign: Campaign,
        creative: Creative,
        response: Response,
    ) -> Choice | None:
        """Return what the rotation has instead; None when the play ends anyway."""
        answers = ("next", campaign.id, creative.id)
        if not turn.cut or not self._has_rested(turn, answers):
            return None

        def another(other: Campaign, its: Creative) -> bool:
            if (other.id, its.id) == (campaign.id, creative.id):
                return False
            # Also those whose slot is plain: what one campaign adapts must not show another more
            # or less often in one of its arms, or that arm would seem to have an effect.
            return turn.usable(other, its)

        if self._possible(turn, another)[0].campaign is HOUSE:
            return None
        self._note(turn, answers)
        choice = self._rotated(turn, another)
        return replace(choice, reason=_because(response, f"next after {creative.id}"))

    # What other creatives wait for

    def _awaited(self, turn: Turn) -> Answer | None:
        def ready(campaign: Campaign, creative: Creative) -> bool:
            if self.last is not None and campaign.competes_with(self.last):
                return False
            if not self._has_rested(turn, (campaign.id, creative.id)):
                return False
            return turn.usable(campaign, creative)

        candidates = responding(
            turn.campaigns,
            turn.stand,
            self.audience,
            turn.now.utc_ns,
            turn.start.utc_ns,
            ready,
        )
        if not candidates:
            return None
        draw = uniform("response", turn.stand.id, turn.start.utc_ns)
        choice = drawn(candidates, turn.stand, turn.start.utc_ns, draw)
        self._note(turn, (choice.campaign.id, choice.creative.id))
        return Answer(choice, responds=True)

    def _has_rested(self, turn: Turn, answers: tuple[str, ...]) -> bool:
        last_ns = self._answered.get(answers)
        return last_ns is None or turn.start.steady_ns - last_ns >= COOL_DOWN_NS

    def _note(self, turn: Turn, answers: tuple[str, ...]) -> None:
        """Take note that a response begins; what has rested is forgotten."""
        for other in list(self._answered):
            if self._has_rested(turn, other):
                del self._answered[other]
        self._answered[answers] = turn.start.steady_ns

    # The rotation

    def _possible(self, turn: Turn, usable: Usable) -> list[Candidate]:
        return self.rotation.candidates(
            turn.campaigns,
            turn.stand,
            turn.start.utc_ns,
            usable,
            self.last,
        )

    def _rotated(self, turn: Turn, usable: Usable) -> Choice:
        self._number += 1
        start_ns = turn.start.utc_ns
        draw = uniform("rotation", turn.stand.id, start_ns, self._number)
        return self.rotation.draw(
            turn.campaigns,
            turn.stand,
            start_ns,
            usable,
            self.last,
            draw,
            turn.pick,
        )


def _certain(
    turn: Turn,
    campaign: Campaign,
    creative: Creative,
    response: Response,
    what: str,
) -> Choice:
    """Return the one choice that a response leaves."""
    candidate = Candidate(campaign, creative, weight=1.0)
    choice = chosen(candidate, [candidate], turn.stand, turn.start.utc_ns)
    return replace(choice, reason=_because(response, what))


def _because(response: Response, what: str) -> str:
    return f"{in_words(response.when)}: {what}"
