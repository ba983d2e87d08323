"""Print what a batch costs analytics, with and without hours of history behind it.

python -m benchmarks.analytics

One stand, a batch of six events for every ten seconds of event time: a play, a coverage report,
two people with their identities. The handler runs as in the service, and its changes are
adopted, but nothing is written: a store would hide what the computation costs.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from vitrine.bus import Outgoing, Received, Record, encode
from vitrine.clock import SECOND_NS
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import Coverage, Event, Exposure, Identity, Play
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.topics import COVERAGE, EXPOSURES, IDENTITIES, PLAYS, Topic

STAND = "north"
START_NS = 1_800_000_000 * SECOND_NS
STEP_S = 10
BATCHES_AN_HOUR = 3600 // STEP_S


class NoStore:
    """Keep nothing: every write succeeds at once."""

    def write(self, batch: Any) -> None:
        """Accept the batch."""

    def keep_names(self, names: Any) -> None:
        """Accept the names."""


def events_of(step: int) -> list[tuple[Topic, Event]]:
    """Return the six events that end ten seconds after the step began."""
    begin_ns = START_NS + step * STEP_S * SECOND_NS
    end_ns = begin_ns + STEP_S * SECOND_NS
    play = Play(
        play_id=f"play-{step}",
        stand_id=STAND,
        # Two advertisers in turn, so that no batch is of one cell alone.
        campaign_id=("spring", "coffee")[step % 2],
        advertiser=("acme", "beans")[step % 2],
        creative_id=("shoe", "espresso")[step % 2],
        start_ns=begin_ns,
        end_ns=end_ns,
        completed=True,
        player="virtual",
        reason="rotation",
        probability=0.5,
        arm="adaptive",
        slot_ns=begin_ns // (300 * SECOND_NS) * 300 * SECOND_NS,
        config_version="v1",
    )
    coverage = Coverage(
        camera_id="north-1",
        stand_id=STAND,
        start_ns=begin_ns,
        end_ns=end_ns,
        usable_ns=end_ns - begin_ns,
        frames=100,
        dropped=0,
    )
    events: list[tuple[Topic, Event]] = [(PLAYS, play), (COVERAGE, coverage)]
    for number in range(2):
        track = f"north-1-{begin_ns}-{number}"
        exposure = Exposure(
            stand_id=STAND,
            presence_id=f"{STAND}:{track}",
            part=0,
            final=True,
            track_ids=(track,),
            start_ns=begin_ns + SECOND_NS,
            end_ns=end_ns - SECOND_NS,
            attention=((begin_ns + 2 * SECOND_NS, begin_ns + 6 * SECOND_NS),),
            score_mean=50.0,
            response_mean=0.0,
            response_max=0.0,
            config_version="v1",
        )
        identity = Identity(
            stand_id=STAND,
            track_id=track,
            visitor_id=f"visitor-{step}-{number}",
            visit_id=f"visit-{step}-{number}",
            known=False,
            confidence=0.9,
            reason="new-visitor",
            decided_at_ns=begin_ns + 2 * SECOND_NS,
            config_version="v1",
        )
        events.append((EXPOSURES, exposure))
        events.append((IDENTITIES, identity))
    return events


def batch_of_step(step: int) -> list[Received[Any]]:
    """Return the events of a step as a consumer hands them over."""
    batch = []
    for number, (topic, event) in enumerate(events_of(step)):
        message = encode(Outgoing(topic, STAND, event))
        record = Record(
            topic=topic.name,
            partition=0,
            offset=6 * step + number,
            key=message.key,
            value=message.value,
            headers=message.headers,
            appended_at_ns=event.occurred_at_ns,
        )
        batch.append(Received(event, record))
    return batch


def new_handler() -> AnalyticsHandler:
    """Return a handler that has seen nothing."""
    mall = Mall(
        cameras=(),
        stands=(Stand(id=STAND),),
        campaigns=(),
    )
    store: Any = NoStore()
    return AnalyticsHandler(
        FixedMall(mall),
        store,
        AnalyticsSettings().rules(),
    )


def take(handler: AnalyticsHandler, batch: Sequence[Received[Any]]) -> float:
    """Handle a batch and adopt it; return the seconds that this took."""
    # Events were made before: that is no work of the service.
    began = time.perf_counter()
    outputs = handler.handle(batch)
    handler.published(outputs)
    return time.perf_counter() - began


@click.command()
@click.option(
    "--hours",
    default=6,
    show_default=True,
    help="Hours of history.",
)
@click.option(
    "--batches",
    default=360,
    show_default=True,
    help="Batches to time.",
)
def main(hours: int, batches: int) -> None:
    """Print milliseconds a batch of six events, and events a second, without and with history."""
    table = Table(
        "hours of history", "ms a batch: mean", "median", "worst", "events a second"
    )
    for history_h in (0, hours):
        handler = new_handler()
        first = history_h * BATCHES_AN_HOUR
        for step in range(first):
            batch = batch_of_step(step)
            take(handler, batch)
        # The history was handled, not timed.
        seconds = []
        for step in range(first, first + batches):
            batch = batch_of_step(step)
            seconds.append(take(handler, batch))
        mean = statistics.mean(seconds)
        table.add_row(
            str(history_h),
            f"{mean * 1e3:.3f}",
            f"{statistics.median(seconds) * 1e3:.3f}",
            f"{max(seconds) * 1e3:.2f}",
            f"{6 / mean:,.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
