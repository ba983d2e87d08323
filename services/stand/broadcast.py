"""The state of every stand, for its players and for the operator's console."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from vitrine.clock import Moment
from vitrine.mall import Stand
from vitrine.services.stand.creatives import Creatives
from vitrine.services.stand.notices import privacy_page
from vitrine.services.stand.overview import Overview
from vitrine.services.stand.protocol import StateEvent
from vitrine.services.stand.resting import Resting
from vitrine.services.stand.stages import Stage, Stages
from vitrine.services.stand.switchboard import Connection, Switchboard
from vitrine.telemetry import metrics

# Chosen, not measured: a player notices within a quarter of a second that another one is in charge.
STATE_EVERY_S: Final = 0.25
# Chosen, not measured: figures that people read, not a film.
SHOW_EVERY_S: Final = 0.5
"""Time between two views of the console."""


class Broadcast:
    """Tell players the clock and the audience, and the operator's console what it shows."""

    def __init__(
        self,
        stages: Stages,
        switchboard: Switchboard,
        resting: Resting,
        creatives: Creatives,
        public_url: str | None = None,
    ) -> None:
        self._stages = stages
        self._public_url = public_url
        self._switchboard = switchboard
        self._overview = Overview(stages, switchboard, resting, creatives)
        self._due_s = 0.0
        """Of the monotonic clock, as the next one."""
        self._show_due_s = 0.0

    @property
    def due(self) -> bool:
        """True when it is time for the next one."""
        return time.monotonic() >= self._due_s

    def send(
        self,
        now: Moment,
        started_ns: int,
        problems: Sequence[str],
        *,
        last: bool = False,
    ) -> None:
        """Send the state of all stands now; `problems` are sentences for the operator.

        The console gets every second one, and the `last`.
        """
        now_s = time.monotonic()
        self._due_s = now_s + STATE_EVERY_S
        for stand, stage in self._stages.served():
            connection = self._switchboard.in_charge(stand.id)
            silent = connection is None or connection.silent
            metrics.STAND_SILENT.labels(stand.id).set(silent)
            self._tell_players(stand, stage, connection, now)
        if last or now_s >= self._show_due_s:
            self._show_due_s = now_s + SHOW_EVERY_S
            self._overview.show(now, started_ns, problems)

    def _tell_players(
        self,
        stand: Stand,
        stage: Stage,
        connection: Connection | None,
        now: Moment,
    ) -> None:
        session = 0
        if connection is not None and connection.player is not None:
            session = connection.player.session
        people = stage.director.audience.present(now.utc_ns)
        state = StateEvent(
            now_ns=now.utc_ns,
            steady_ns=now.steady_ns,
            people=len(people),
            attending=sum(person.attending for person in people),
            in_charge=session,
            recognition=stand.recognition,
            reactions=stand.reactions,
            responsible=stand.responsible or "",
            privacy=privacy_page(stand, self._public_url),
            languages=stand.languages,
            touch=stand.screen.touch,
        )
        self._switchboard.tell(stand.id, "state", state)
