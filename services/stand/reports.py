"""Reports of players, on their way from the web server to the bus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prometheus_client import Counter

from vitrine.bus import Outgoing
from vitrine.clock import SECOND_NS, Moment
from vitrine.programme.licences import OFFLINE
from vitrine.programme.recent import RecentIds
from vitrine.schemas import Interaction, Play
from vitrine.services.stand.counters import Display, count_not_me
from vitrine.services.stand.stages import Stages
from vitrine.services.stand.switchboard import Submission
from vitrine.telemetry import metrics
from vitrine.topics import INTERACTIONS, PLAYS

# Chosen, not measured: the plays of ten stands for an hour; a repetition comes within seconds.
# The ids take some 500 kB. Whatever falls out is a duplicate on the bus, which readers recognise
# by its id.
REMEMBERED_PLAYS: Final = 5_000
"""Plays that are not published again when a player repeats its report."""
# Chosen, not measured: the same, for fewer.
REMEMBERED_INTERACTIONS: Final = 2_000
"""Interactions that are not published again when a page repeats its report."""


class Reports:
    """Turn submissions into records, and answer them when the bus has the records."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._known_plays = RecentIds(REMEMBERED_PLAYS)
        self._known_interactions = RecentIds(REMEMBERED_INTERACTIONS)

    def play_records(self, plays: Sequence[Play], now: Moment) -> list[Outgoing]:
        """Return the records of plays that are not known yet; their stands take note of them."""
        records = []
        for play in plays:
            if play.play_id in self._known_plays:
                continue
            records.append(Outgoing(PLAYS, play.stand_id, play))
            stage = self._stages.stage(play.stand_id)
            if stage is not None:
                stage.tally.count_play(play)
                stage.director.reported(self._stages.mall, play, now)
        return records

    def interaction_records(
        self, interactions: Sequence[Interaction]
    ) -> list[Outgoing]:
        """Return the records of interactions; their stands count them."""
        records = []
        for interaction in interactions:
            records.append(Outgoing(INTERACTIONS, interaction.stand_id, interaction))
            stage = self._stages.stage(interaction.stand_id)
            if stage is not None:
                stage.tally.count_interaction(interaction)
                if interaction.kind == "not-me":
                    count_not_me(interaction.stand_id)
        return records

    def for_visits(self, interaction: Interaction, now_ns: int) -> list[Interaction]:
        """Return an opt-out once for every visit that is present, and others as they are.

        The page cannot know who of those present touched it. With nobody identified it stays one.
        What the bus has already is left out.
        """
        if interaction.interaction_id in self._known_interactions:
            return []
        stage = self._stages.stage(interaction.stand_id)
        if stage is None or interaction.kind != "opt-out":
            return [interaction]
        audience = stage.director.audience
        visits = set()
        for person in audience.present(now_ns):
            identity = audience.identity(person)
            if identity is not None:
                visits.add(identity.visit_id)
        if not visits:
            return [interaction]
        copies = []
        for visit in sorted(visits):
            copy = interaction.model_copy(
                update={
                    "interaction_id": f"{interaction.interaction_id}.{visit}",
                    "visit_id": visit,
                }
            )
            copies.append(copy)
        return copies

    def answer(self, submissions: Sequence[Submission]) -> None:
        """Tell the players that the bus has what they submitted."""
        for submission in submissions:
            # Known only now: a play that was not published must be taken again.
            for play in submission.plays:
                if play.play_id not in self._known_plays:
                    self._count(play)
                self._known_plays.add(play.play_id)
            for interaction in submission.interactions:
                self._known_interactions.add(interaction.interaction_id)
            submission.durable.set_result(None)

    def _count(self, play: Play) -> None:
        # A stand of another process is counted there: an alert would wait here for more.
        if self._stages.stage(play.stand_id) is None:
            return
        metrics.PLAYS_FINISHED.labels(play.stand_id).inc()
        if play.reason == OFFLINE:
            metrics.PLAYS_OFFLINE.labels(play.stand_id).inc()
        # A virtual player has no screen that somebody could look after.
        if play.player == "page":
            unproven_ns = play.end_ns - play.start_ns - play.proven_ns
            _screen_time(play, "proven").inc(play.proven_ns / SECOND_NS)
            _screen_time(play, "unproven").inc(unproven_ns / SECOND_NS)


def _screen_time(play: Play, display: Display) -> Counter:
    return metrics.SCREEN_SECONDS.labels(play.stand_id, display)
