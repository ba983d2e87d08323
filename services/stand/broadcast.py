"""The state of every stand, for its players and for the operator's page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from vitrine.clock import Moment
from vitrine.mall import Stand
from vitrine.mall.names import names_of
from vitrine.services.stand.creatives import kind, url
from vitrine.services.stand.live import (
    LiveView,
    OnScreen,
    StandView,
    on_screen,
    stand_view,
)
from vitrine.services.stand.protocol import KeptRefusals, StateEvent
from vitrine.services.stand.stages import Stage, Stages
from vitrine.services.stand.switchboard import Connection, Switchboard
from vitrine.telemetry import metrics

# Chosen, not measured: the operator's page moves, and a player notices within a quarter of a
# second that another one is in charge.
STATE_EVERY_S: Final = 0.25


class Broadcast:
    """Tell players the clock and the audience, and the operator the live figures."""

    def __init__(self, stages: Stages, switchboard: Switchboard) -> None:
        self._stages = stages
        self._switchboard = switchboard
        self._due_s = 0.0
        """Of the monotonic clock."""

    @property
    def due(self) -> bool:
        """True when it is time for the next one."""
        return time.monotonic() >= self._due_s

    def send(
        self,
        now: Moment,
        started_ns: int,
        problems: Sequence[str],
    ) -> None:
        """Send the state of all stands now; `problems` are sentences for the operator."""
        self._due_s = time.monotonic() + STATE_EVERY_S
        views = []
        troubles = []
        unseen = {}
        for stand, stage in self._stages.served():
            connection = self._switchboard.in_charge(stand.id)
            views.append(self._tell_players(stand, stage, connection, now))
            troubles += _silence(stand, connection)
            if connection is not None and not connection.keeps:
                troubles.append(
                    f"stand {stand.id}: the browser of the screen keeps nothing, its storage "
                    "is blocked or full; what it has not reported is lost when it ends"
                )
            if connection is not None and connection.refused is not None:
                unseen[stand.id] = _refusals(stand, connection.refused)
        live = LiveView(
            now_ns=now.utc_ns,
            started_ns=started_ns,
            stands=views,
            names=names_of(self._stages.mall).given,
            problems=[*problems, *troubles],
            unseen=unseen,
        )
        self._switchboard.show(live)

    def _tell_players(
        self,
        stand: Stand,
        stage: Stage,
        connection: Connection | None,
        now: Moment,
    ) -> StandView:
        player = None
        session = 0
        if connection is not None and connection.player is not None:
            player = connection.player.kind
            session = connection.player.session
        view = stand_view(
            stand,
            stage.director.audience,
            stage.tally,
            player,
            _on_screen(stage, now),
            now.utc_ns,
        )
        state = StateEvent(
            now_ns=now.utc_ns,
            steady_ns=now.steady_ns,
            people=view.people,
            attending=view.attending,
            in_charge=session,
            recognition=stand.recognition,
            languages=stand.languages,
        )
        self._switchboard.tell(stand.id, "state", state)
        return view


def _silence(stand: Stand, connection: Connection | None) -> list[str]:
    """Return the problem of a player in charge that reports nothing, and set the gauge."""
    silent = connection is None or connection.silent
    metrics.STAND_SILENT.labels(stand.id).set(silent)
    if connection is None or connection.player is None or not connection.silent:
        return []
    player_id = connection.player.player_id
    return [
        f"stand {stand.id}: player {player_id} does not report its plays; "
        "look at the screen and start its browser again"
    ]


def _refusals(stand: Stand, refused: KeptRefusals) -> str:
    reasons = ", ".join(refused.reasons)
    return (
        f"stand {stand.id}: the screen keeps {refused.count} proofs of play that were refused "
        f"({reasons}); the log of stand has each of them"
    )


def _on_screen(stage: Stage, now: Moment) -> OnScreen | None:
    screen = stage.director.screen
    if screen is None or screen.current is None:
        return None
    play = screen.current
    since = now.at_steady(screen.since_ns)
    return on_screen(
        play.command,
        since.utc_ns,
        url(play.campaign, play.creative),
        kind(play.creative),
    )
