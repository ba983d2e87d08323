"""The programme of one stand: when a play is due, which one, and what it may cut short."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from vitrine.clock import SECOND_NS, Moment
from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.programme.arms import uniform
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command, PlayerKind
from vitrine.programme.playlist import (
    Choice,
    Usable,
    response,
    rotation,
    rotation_draw,
    running,
)
from vitrine.programme.screen import PlannedPlay, Screen

# Chosen, not measured: a score around the threshold must not make the screen flicker.
COOL_DOWN_NS: Final = 30 * SECOND_NS
"""Time from the start of a response to the earliest start of the same one."""


@dataclass(frozen=True, slots=True)
class Player:
    """Name a player that shows the plays."""

    player_id: str
    kind: PlayerKind
    session: int
    """Changes with each connection."""


@dataclass(slots=True)
class Director:
    """Decide the plays of one stand.

    The steady clock decides when a play is due; UTC which day it is, and what a record says.
    Randomness comes from the stand's id, the time and the number of the play: a replay repeats it.
    """

    stand_id: str
    audience: Audience = field(default_factory=Audience)
    screen: Screen | None = None
    """The screen of the player in charge; None without one."""
    _issued: int = 0
    _rotated: int = 0
    _offset: float | None = None
    """Start of the rotation, drawn at its first play."""
    _responded: dict[tuple[str, str], int] = field(default_factory=dict)
    """(campaign, creative) → start of its last response, by the steady clock."""

    def without_player(self) -> None:
        """Forget the screen: nobody shows plays now."""
        self.screen = None

    def ended(self, play_id: str, end_ns: int) -> None:
        """Take in when a play ended, as the player reports; by the steady clock."""
        if self.screen is not None:
            command_id = play_id.rpartition(".")[2]
            self.screen.ended(command_id, end_ns)

    def failed(self, command_id: str) -> None:
        """Take in that the creative of a command cannot be shown."""
        if self.screen is not None:
            self.screen.failed(command_id)

    def next_play(
        self,
        mall: Mall,
        version: str,
        stand: Stand,
        player: Player,
        now: Moment,
        usable: Usable,
    ) -> PlannedPlay | None:
        """Return the play whose command the player is to get now; None while nothing is due.

        `version` is the configuration's.
        """
        screen = self._screen_of(player)
        screen.advance(now.steady_ns)
        start_ns = screen.next_start(now.steady_ns)
        cut = start_ns is None
        if start_ns is None:
            if not screen.may_cut(now.steady_ns):
                return None
            start_ns = now.steady_ns
        start = now.at_steady(start_ns)
        choice = self._response(
            mall,
            stand,
            now,
            start,
            usable,
        )
        responds = choice is not None
        if choice is None:
            if cut:
                return None
            choice = self._rotation(mall, stand, start.utc_ns, usable)
        command = self._command(
            choice,
            version,
            player,
            now.utc_ns,
            responds=responds,
        )
        play = PlannedPlay(
            command,
            choice.campaign,
            choice.creative,
            cut,
            now.steady_ns,
        )
        screen.send(play)
        return play

    def _screen_of(self, player: Player) -> Screen:
        """A new connection begins with a play of its own."""
        if self.screen is None or self.screen.session != player.session:
            self.screen = Screen(player.session)
        return self.screen

    def _response(
        self,
        mall: Mall,
        stand: Stand,
        now: Moment,
        start: Moment,
        usable: Usable,
    ) -> Choice | None:
        def rested(campaign: Campaign, creative: Creative) -> bool:
            last_ns = self._responded.get((campaign.id, creative.id))
            if last_ns is not None and start.steady_ns - last_ns < COOL_DOWN_NS:
                return False
            return usable(campaign, creative)

        choice = response(
            running(mall, stand, now.utc_ns),
            stand,
            self.audience,
            now.utc_ns,
            start.utc_ns,
            uniform("response", stand.id, start.utc_ns),
            rested,
        )
        if choice is not None:
            rests = (choice.campaign.id, choice.creative.id)
            self._responded[rests] = start.steady_ns
        return choice

    def _rotation(
        self,
        mall: Mall,
        stand: Stand,
        start_ns: int,
        usable: Usable,
    ) -> Choice:
        if self._offset is None:
            self._offset = uniform("rotation", stand.id, start_ns)
        draw = rotation_draw(self._offset, self._rotated)
        self._rotated += 1
        campaigns = running(mall, stand, start_ns)
        return rotation(
            campaigns,
            stand,
            start_ns,
            draw,
            usable,
        )

    def _command(
        self,
        choice: Choice,
        version: str,
        player: Player,
        now_ns: int,
        *,
        responds: bool,
    ) -> Command:
        self._issued += 1
        seed = f"{self.stand_id}\x1f{player.player_id}\x1f{now_ns}\x1f{self._issued}"
        return Command(
            command_id=blake2b(seed.encode(), digest_size=10).hexdigest(),
            stand_id=self.stand_id,
            player_id=player.player_id,
            player=player.kind,
            campaign_id=choice.campaign.id,
            advertiser=choice.campaign.advertiser,
            creative_id=choice.creative.id,
            seconds=choice.creative.seconds,
            reason=choice.reason,
            probability=choice.probability,
            arm=choice.arm,
            slot_ns=choice.slot_ns,
            config_version=version,
            issued_ns=now_ns,
            responds=responds,
        )
