"""The programme of one stand: when a play is due, which one, and what it may cut short."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from vitrine.clock import SECOND_NS, Moment
from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.programme.audience import Audience
from vitrine.programme.chooser import Chooser, Turn
from vitrine.programme.commands import Command, PlayerKind
from vitrine.programme.frequency import Frequency
from vitrine.programme.picking import Pick
from vitrine.programme.playlist import Choice, Usable, chosen, running
from vitrine.programme.rotation import Rotation
from vitrine.programme.screen import PlannedPlay, Screen
from vitrine.schemas import LONGEST_REASON, Play

# Chosen, not measured: whatever conditions say, nobody can read more than six switches a minute.
BETWEEN_CUTS_NS: Final = 10 * SECOND_NS
"""Time from one play that cut another to the next one that may."""


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
    frequency: Frequency = field(default_factory=Frequency)
    chooser: Chooser = field(init=False)
    _mall: Mall | None = None
    """The configuration of the last decision."""
    _issued: int = 0
    _cut_ns: int | None = None
    """Start of the last play that cut another, by the steady clock."""

    def __post_init__(self) -> None:
        self.chooser = Chooser(self.audience)

    def without_player(self) -> None:
        """Forget the screen: nobody shows plays now."""
        self.screen = None

    def ended(self, play_id: str, end_ns: int) -> None:
        """Take in when a play ended, as the player reports; by the steady clock."""
        if self.screen is not None:
            command_id = play_id.rpartition(".")[2]
            self.screen.ended(command_id, end_ns)

    def reported(self, mall: Mall, play: Play, now: Moment) -> None:
        """Take in a play that was on the screen: the next one may begin, and caps count it.

        Also one that a page showed on its own, or that a process of before decided.
        """
        # After its clock was set, a play may be of the future.
        ended = now.at_utc(min(play.end_ns, now.utc_ns))
        self.ended(play.play_id, ended.steady_ns)
        command_id = play.play_id.rpartition(".")[2]
        start = now.at_utc(min(play.start_ns, now.utc_ns))
        for campaign in mall.campaigns:
            if campaign.id == play.campaign_id:
                self.frequency.played(campaign, command_id, start.steady_ns)

    def failed(self, command_id: str) -> None:
        """Take in that the creative of a command cannot be shown: it counts for no cap."""
        if self.screen is None:
            return
        for play in (self.screen.current, self.screen.following):
            if play is not None and play.command.command_id == command_id:
                self.frequency.take_back(play.campaign, command_id)
        self.screen.failed(command_id)

    def next_play(
        self,
        mall: Mall,
        version: str,
        stand: Stand,
        player: Player,
        now: Moment,
        usable: Usable,
        pick: Pick | None = None,
    ) -> PlannedPlay | None:
        """Return the play whose command the player is to get now; None while nothing is due.

        `version` is the configuration's; `pick` chooses among the creatives of a campaign.
        """
        screen = self._screen_of(player)
        screen.advance(now.steady_ns)
        self._adopt(mall)
        self.audience.time_zone = stand.time_zone
        self._look(screen, now)
        start_ns = screen.next_start(now.steady_ns)
        cut = start_ns is None
        if start_ns is None:
            if not self._may_cut(screen, now):
                return None
            start_ns = now.steady_ns
        start = now.at_steady(start_ns)
        turn = Turn(
            stand=stand,
            campaigns=running(mall, stand, start.utc_ns),
            now=now,
            start=start,
            cut=cut,
            current=screen.current,
            usable=self._within_caps(
                usable, now, start, None if cut else screen.current
            ),
            pick=pick,
        )
        answer = self.chooser.choose(turn)
        if answer is None:
            return None
        choice = answer.choice
        command = self._command(
            choice,
            version,
            player,
            now.utc_ns,
            responds=answer.responds,
        )
        play = PlannedPlay(
            command,
            choice.campaign,
            choice.creative,
            cut,
            now.steady_ns,
            choice.picked,
            answer.answers,
        )
        if cut:
            self._cut_ns = now.steady_ns
        self.frequency.played(choice.campaign, command.command_id, start.steady_ns)
        screen.send(play)
        return play

    def may_follow(
        self,
        mall: Mall,
        stand: Stand,
        now: Moment,
        usable: Usable,
    ) -> list[Choice]:
        """Return what the rotation may bring when the current play ends; changes nothing."""
        start = now
        current = None if self.screen is None else self.screen.current
        if self.screen is not None and current is not None:
            start = now.at_steady(max(now.steady_ns, self.screen.end_ns))
        rotation: Rotation = deepcopy(self.chooser.rotation)
        candidates = rotation.candidates(
            running(mall, stand, start.utc_ns),
            stand,
            start.utc_ns,
            self._within_caps(usable, now, start, current),
            self.chooser.last,
        )
        return [chosen(one, candidates, stand, start.utc_ns) for one in candidates]

    def _within_caps(
        self,
        usable: Usable,
        now: Moment,
        start: Moment,
        stays: PlannedPlay | None,
    ) -> Usable:
        """Return `usable` for campaigns whose caps allow a play from `start` on.

        `stays` is the play that stays on the screen until then.
        """
        people = self.audience.present(now.utc_ns)

        def allowed(campaign: Campaign, creative: Creative) -> bool:
            follows = None
            if stays is not None and stays.campaign.id == campaign.id:
                follows = stays.command.command_id
            if not self.frequency.allows(campaign, start.steady_ns, people, follows):
                return False
            return usable(campaign, creative)

        return allowed

    def _adopt(self, mall: Mall) -> None:
        """Forget campaigns that are configured no more."""
        if mall is self._mall:
            return
        self._mall = mall
        ids = {campaign.id for campaign in mall.campaigns}
        self.frequency.keep_only(ids)

    def _is_last(self, campaign: Campaign) -> bool:
        last = self.chooser.last
        return last is not None and last.id == campaign.id

    def _screen_of(self, player: Player) -> Screen:
        """A new connection begins with a play of its own."""
        if self.screen is None or self.screen.session != player.session:
            self.screen = Screen(player.session)
        return self.screen

    def _look(self, screen: Screen, now: Moment) -> None:
        """Count the play on the screen for those who look at it."""
        play = screen.current
        if play is None:
            return
        self.frequency.look(
            self.audience.present(now.utc_ns),
            play.campaign,
            play.command.command_id,
            now.steady_ns,
        )

    def _may_cut(self, screen: Screen, now: Moment) -> bool:
        if not screen.may_cut(now.steady_ns):
            return False
        return self._cut_ns is None or now.steady_ns - self._cut_ns >= BETWEEN_CUTS_NS

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
            reason=choice.reason[:LONGEST_REASON],
            probability=choice.probability,
            alternatives=dict(choice.alternatives),
            arm=choice.arm,
            arm_probability=choice.arm_probability,
            slot_ns=choice.slot_ns,
            config_version=version,
            issued_ns=now_ns,
            responds=responds,
        )
