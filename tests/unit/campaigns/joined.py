"""Join the events of one window for the tests of its definitions."""

from __future__ import annotations

from tests.builders import at
from tests.campaign_scenario import (
    window_events,
)
from vitrine.campaigns.totals import Cell, Totals
from vitrine.campaigns.windows import Window, join
from vitrine.schemas import Event

WINDOW = Window(
    "north",
    at(0),
    at(300),
)


SHOE = Cell("spring", "shoe", "north")


SHOE_MORE = Cell("spring", "shoe-more", "north")


def only(*events: Event, window: Window = WINDOW, time_zone: str = "UTC") -> Totals:
    """Join the events; return the totals of the one cell."""
    found = join(
        window,
        window_events(*events),
        time_zone,
    )
    assert list(found) == [SHOE]
    return found[SHOE]
