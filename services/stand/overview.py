"""All stands as the operator's console shows them, and in detail those that somebody opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vitrine.clock import Moment
from vitrine.mall import Stand
from vitrine.mall.names import Names, names_of
from vitrine.programme.playlist import Choice
from vitrine.programme.screen import PlannedPlay
from vitrine.services.stand.concerns import (
    Concern,
    PlayerState,
    Situation,
    concerns_of,
)
from vitrine.services.stand.creatives import Creatives, url
from vitrine.services.stand.detail import StandDetail, stand_detail
from vitrine.services.stand.live import (
    LiveView,
    OnScreen,
    StandView,
    on_screen,
    stand_view,
)
from vitrine.services.stand.resting import Resting
from vitrine.services.stand.stages import Stage, Stages
from vitrine.services.stand.switchboard import Connection, Switchboard

NO_FIGURES: Final = (
    "no stand gets figures of people; "
    "look whether Kafka, ingest, landmarks and engagement run"
)


class Overview:
    """Show the stands that this process decides for."""

    def __init__(
        self,
        stages: Stages,
        switchboard: Switchboard,
        resting: Resting,
        creatives: Creatives,
    ) -> None:
        self._stages = stages
        self._switchboard = switchboard
        self._resting = resting
        self._creatives = creatives

    def show(
        self,
        now: Moment,
        started_ns: int,
        problems: Sequence[str],
    ) -> None:
        """Send all consoles what they show now."""
        names = names_of(self._stages.mall)
        opened = self._switchboard.opened()
        views = []
        for stand, stage in self._stages.served():
            connection = self._switchboard.in_charge(stand.id)
            player = _player_state(connection)
            concerns = self._concerns(stand, stage, player, now, started_ns)
            view = stand_view(
                stand,
                stage.director.audience,
                stage.tally,
                player,
                _current(stage, names, now),
                concerns,
                now.utc_ns,
            )
            views.append(view)
            if stand.id in opened:
                detail = self._detail(stand, stage, connection, names, now)
                self._switchboard.show_detail(detail)
        live = LiveView(
            now_ns=now.utc_ns,
            started_ns=started_ns,
            stands=views,
            problems=[*problems, *_common(views)],
        )
        self._switchboard.show(live)

    def _detail(
        self,
        stand: Stand,
        stage: Stage,
        connection: Connection | None,
        names: Names,
        now: Moment,
    ) -> StandDetail:
        following = _following(stage, names, now)
        choices: list[Choice] = []
        if following is None and connection is not None:
            choices = self._choices(stand, stage, now)
        return stand_detail(
            stand,
            None if connection is None else connection.viewport,
            stage.director.screen,
            following,
            choices,
            None if connection is None else connection.files,
            stage.tally,
            stage.history.since(now.utc_ns),
            names,
        )

    def _choices(self, stand: Stand, stage: Stage, now: Moment) -> list[Choice]:
        """Return what the rotation may bring when the current play ends."""
        usable = self._resting.usable_at(stand.id, self._creatives)
        return stage.director.may_follow(self._stages.mall, stand, now, usable)

    def _concerns(
        self,
        stand: Stand,
        stage: Stage,
        player: PlayerState | None,
        now: Moment,
        started_ns: int,
    ) -> list[Concern]:
        if not stand.is_open(now.utc_ns):
            return []
        recent = stage.tally.recent
        situation = Situation(
            player=player,
            quiet_ns=self._quiet_ns(stand, stage, now.utc_ns, started_ns),
            doubtful=sum(play.doubtful is not None for play in recent),
            plays=len(recent),
            resting=self._resting.problems(stand.id),
        )
        return concerns_of(situation)

    def _quiet_ns(
        self,
        stand: Stand,
        stage: Stage,
        now_ns: int,
        started_ns: int,
    ) -> int | None:
        """Return the time since the last snapshot, or since the start of the stand."""
        cameras = self._stages.mall.cameras
        if not any(camera.stand == stand.id for camera in cameras):
            return None
        latest = stage.director.audience.latest
        heard_ns = started_ns or now_ns
        if latest is not None:
            heard_ns = max(heard_ns, latest.at_ns)
        return now_ns - heard_ns


def _player_state(connection: Connection | None) -> PlayerState | None:
    if connection is None or connection.player is None:
        return None
    return PlayerState(
        player_id=connection.player.player_id,
        kind=connection.player.kind,
        silent=connection.silent,
        keeps=connection.keeps,
        refused=connection.refused,
    )


def _following(stage: Stage, names: Names, now: Moment) -> OnScreen | None:
    screen = stage.director.screen
    if screen is None or screen.following is None:
        return None
    starts = now.at_steady(screen.end_ns)
    return _shown(screen.following, names, starts)


def _current(stage: Stage, names: Names, now: Moment) -> OnScreen | None:
    screen = stage.director.screen
    if screen is None or screen.current is None:
        return None
    since = now.at_steady(screen.since_ns)
    return _shown(screen.current, names, since)


def _shown(play: PlannedPlay, names: Names, since: Moment) -> OnScreen:
    return on_screen(
        play.command,
        names,
        since.utc_ns,
        url(play.campaign, play.creative),
        play.creative,
    )


def _common(views: Sequence[StandView]) -> list[str]:
    """Return a sentence when no stand gets figures: then it is none of their cameras."""
    missing = 0
    for view in views:
        missing += any(concern.kind == "no-figures" for concern in view.concerns)
    if missing > 1 and missing == len(views):
        return [NO_FIGURES]
    return []
