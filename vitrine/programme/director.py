"""Decides for one stand: when a play is due, which one, and whether it may cut the current one short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

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
from vitrine.programme.screen import Order, Screen

COOL_DOWN_NS = 30_000_000_000
"""A creative with a condition comes at most once in this time: no flapping."""


@dataclass(frozen=True, slots=True)
class Player:
    """Who shows the plays."""

    player_id: str
    kind: PlayerKind
    session: int
    """Changes with each connection."""


@dataclass(slots=True)
class Director:
    """The programme of one stand. Randomness comes from the stand's id, the time and the play's number."""

    stand_id: str
    audience: Audience = field(default_factory=Audience)
    screen: Screen | None = None
    _issued: int = 0
    _rotated: int = 0
    _offset: float | None = None
    _responded: dict[tuple[str, str], int] = field(default_factory=dict)

    def play_with(self, player: Player | None) -> None:
        """The player now in charge; a new one begins with a play of its own."""
        if player is None:
            self.screen = None
        elif self.screen is None or self.screen.session != player.session:
            self.screen = Screen(player.session)

    def ended(self, play_id: str, end_ns: int) -> None:
        """The player reports when a play ended."""
        if self.screen:
            self.screen.ended(play_id.rpartition(".")[2], end_ns)

    def next_order(
        self,
        mall: Mall,
        version: str,
        stand: Stand,
        player: Player,
        now_ns: int,
        usable: Usable,
    ) -> Order | None:
        """What to send to the player now, if anything; `version` is the configuration's."""
        self.play_with(player)
        assert self.screen is not None  # noqa: S101 - there is a player
        self.screen.advance(now_ns)
        campaigns = running(mall, stand, now_ns)
        start_ns = self.screen.next_start(now_ns)
        cut = start_ns is None and self.screen.may_cut(now_ns)
        if start_ns is None and not cut:
            return None
        at_ns = now_ns if start_ns is None else start_ns
        choice = self._response(campaigns, stand, now_ns, at_ns, usable)
        responds = True
        if choice is None:
            if cut:
                return None
            choice = self._rotation(running(mall, stand, at_ns), stand, at_ns, usable)
            responds = False
        command = self._command(choice, version, player, now_ns, responds=responds)
        order = Order(command, choice.campaign, choice.creative, cut)
        self.screen.send(order)
        return order

    def _response(
        self,
        campaigns: Sequence[Campaign],
        stand: Stand,
        now_ns: int,
        at_ns: int,
        usable: Usable,
    ) -> Choice | None:
        def rested(campaign: Campaign, creative: Creative) -> bool:
            last = self._responded.get((campaign.id, creative.id), -COOL_DOWN_NS)
            return usable(campaign, creative) and at_ns - last >= COOL_DOWN_NS

        draw = uniform("response", stand.id, at_ns)
        choice = response(campaigns, stand, self.audience, now_ns, at_ns, draw, rested)
        if choice:
            self._responded[choice.campaign.id, choice.creative.id] = at_ns
        return choice

    def _rotation(
        self, campaigns: Sequence[Campaign], stand: Stand, at_ns: int, usable: Usable
    ) -> Choice:
        if self._offset is None:
            self._offset = uniform("rotation", stand.id, at_ns)
        draw = rotation_draw(self._offset, self._rotated)
        self._rotated += 1
        return rotation(campaigns, stand, at_ns, draw, usable)

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
