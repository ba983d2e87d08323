"""Licences: plays that a screen may make on its own while the stand is away.

They are issued beforehand. A licence stands for one creative in the plain rotation of one stand and
one player, for a span in which the same campaigns run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.mall.hours import local_time
from vitrine.programme.arms import arm_of, probability_of, slot_start
from vitrine.programme.commands import (
    CLOCK_TOLERANCE_NS,
    Command,
    Decision,
    Refused,
)
from vitrine.programme.playlist import Choice, Usable, plain_choices, running
from vitrine.schemas import SLOT_NS
from vitrine.schemas.base import Nanoseconds, Share

OFFLINE: Final = "offline"
"""The reason of a play that a player made on its own."""
# A day, as the stand may be away for one, and what passes until licences are issued anew.
LICENSED_NS: Final = 25 * 3600 * SECOND_NS
"""Time for which licences are issued."""
MILLISECONDS: Final = 1_000_000
"""Nanoseconds in a millisecond: a browser counts in these."""


class Licence(Decision):
    """Allow one player to show a creative whenever the stand does not say what to show.

    The probability is that of the creative in the plain rotation of the span.
    """

    licence_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,20}$")]
    holdout: Share
    from_ns: Nanoseconds
    until_ns: Nanoseconds
    """No play begins at this time or later."""
    per_hour: Annotated[int, Field(ge=1)] | None = None
    """Plays of the campaign in any 60 minutes, with those that the stand asked for; None without a
    limit."""

    def command_at(self, start_ns: int) -> Command:
        """Return the command that a play from `start_ns` on stands under.

        Its id comes from the second of the start, so that a second is used once. Raises Refused
        after the span; a start before it is left to the rules for all plays.
        """
        if start_ns >= self.until_ns + CLOCK_TOLERANCE_NS:
            raise Refused("expired", "the licence had ended when the play started")
        issued_ns = min(max(start_ns, self.from_ns), self.until_ns)
        since_ms = start_ns // MILLISECONDS - self.from_ns // MILLISECONDS
        second = max(0, since_ms // 1000)
        allowed = self.model_dump(include=set(Decision.model_fields))
        # As drawn, though nothing adapts: what the network does must not choose the arm.
        arm = arm_of(self.campaign_id, self.holdout, self.stand_id, issued_ns)
        return Command(
            **allowed,
            command_id=f"{self.licence_id}x{second}",
            reason=OFFLINE,
            arm=arm,
            arm_probability=probability_of(self.holdout, arm),
            slot_ns=slot_start(issued_ns),
            issued_ns=issued_ns,
            responds=False,
            per_hour=self.per_hour,
        )


@dataclass(frozen=True, slots=True)
class Licensed:
    """Hold a licence, with what it allows to show."""

    licence: Licence
    campaign: Campaign
    creative: Creative
    rank: int
    """0 of what comes first; others come where nothing of a lower rank may be shown."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Hold a time in which the same creatives rotate."""

    from_ns: int
    until_ns: int
    campaigns: Sequence[Campaign]


def licences(
    mall: Mall,
    version: str,
    stand: Stand,
    player_id: str,
    now_ns: int,
    usable: Usable,
) -> list[Licensed]:
    """Return what a page may show on its own from now on; `version` is the configuration's.

    Spans begin at whole milliseconds, as a browser counts.
    """
    issued = []
    from_ns = now_ns - now_ns % MILLISECONDS
    for span in _spans(mall, stand, from_ns):
        for rank, choices in enumerate(_ranks(span, stand, usable)):
            for choice in choices:
                licence = _licence(choice, span, version, stand, player_id)
                found = Licensed(licence, choice.campaign, choice.creative, rank)
                issued.append(found)
    return issued


def _licence(
    choice: Choice,
    span: _Span,
    version: str,
    stand: Stand,
    player_id: str,
) -> Licence:
    campaign = choice.campaign
    creative = choice.creative
    seed = (
        f"{stand.id}\x1f{player_id}\x1f{span.from_ns}\x1f{campaign.id}\x1f{creative.id}"
    )
    return Licence(
        licence_id=blake2b(seed.encode(), digest_size=10).hexdigest(),
        stand_id=stand.id,
        player_id=player_id,
        player="page",
        campaign_id=campaign.id,
        advertiser=campaign.advertiser,
        creative_id=creative.id,
        seconds=creative.seconds,
        probability=choice.probability,
        holdout=campaign.holdout,
        config_version=version,
        from_ns=span.from_ns,
        until_ns=span.until_ns,
        per_hour=campaign.caps.per_hour,
    )


def _ranks(span: _Span, stand: Stand, usable: Usable) -> Iterator[list[Choice]]:
    """Yield what comes first, then what comes when that was shown as often as it may, and so on.

    The last of them has something without a cap.
    """
    left = span.campaigns
    while True:
        choices = plain_choices(left, stand, span.from_ns, usable)
        yield choices
        caps = [choice.campaign.caps.per_hour for choice in choices]
        if None in caps:
            return
        priority = choices[0].campaign.priority
        left = [campaign for campaign in left if campaign.priority < priority]


def _spans(mall: Mall, stand: Stand, now_ns: int) -> Iterator[_Span]:
    """Yield the spans of the licensed time, in order; the rotation changes where slots begin."""
    end_ns = now_ns + LICENSED_NS
    from_ns = now_ns
    rotation = _rotation(mall, stand, from_ns)
    for slot_ns in range(slot_start(now_ns) + SLOT_NS, end_ns, SLOT_NS):
        later = _rotation(mall, stand, slot_ns)
        if later != rotation:
            yield _Span(from_ns, slot_ns, [campaign for campaign, _ in rotation])
            from_ns = slot_ns
            rotation = later
    yield _Span(from_ns, end_ns, [campaign for campaign, _ in rotation])


def _rotation(
    mall: Mall,
    stand: Stand,
    at_ns: int,
) -> list[tuple[Campaign, Sequence[Creative]]]:
    """Return the campaigns that a screen may show on its own, and their creatives.

    It sees nobody, so campaigns that count what each visitor saw wait for the stand.
    """
    local = local_time(at_ns, stand.time_zone)
    found: list[tuple[Campaign, Sequence[Creative]]] = []
    for campaign in running(mall, stand, at_ns):
        if campaign.caps.per_visitor is not None:
            continue
        creatives = [c for c in campaign.creatives if c.rotates(local)]
        found.append((campaign, creatives))
    return found
