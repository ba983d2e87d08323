"""Effects as they were computed last, so that a scrape computes none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from redis import Redis

from vitrine.campaigns.totals import line_of
from vitrine.effects.effect import Effect, effects
from vitrine.errors import Unavailable
from vitrine.stores.campaign_figures import released_campaigns
from vitrine.stores.campaign_plans import look_as_planned
from vitrine.stores.campaign_slots import load_slots

logger = logging.getLogger(__name__)

EVERY_S: Final = 60.0
"""Between two computations. Chosen, not measured: a slot lasts 300 s.

The effects of one campaign at 20 stands with 30 days of slots take 3.4 s of a core.
"""


class Computed(NamedTuple):
    """Hold the effects of a campaign, and by what mark to know the slots that they came from."""

    mark: int
    effects: Sequence[Effect]


NOTHING: Final = Computed(0, ())


class KnownEffects:
    """Hold the effects of released slots by campaign and origin, computed where slots changed."""

    def __init__(
        self,
        connect: Callable[[], Redis],
        exports: Callable[[], bool],
    ) -> None:
        self._connect = connect
        self._exports = exports
        self._known: dict[str, Computed] = {}

    def __call__(self, line: str) -> Sequence[Effect]:
        """Return the effects of a `CampaignFigures.line`; none before they were computed."""
        return self._known.get(line, NOTHING).effects

    def look(self) -> None:
        """Compute the effects of all campaigns, if this worker shows them."""
        if not self._exports():
            self._known = {}
            return
        try:
            with self._connect() as redis:
                self._known = self._computed(redis)
        except Unavailable as error:
            logger.warning("effects stay as they are: %s", error)

    def _computed(self, redis: Redis) -> dict[str, Computed]:
        """Return the effects of all campaigns. Raises Unavailable."""
        found = {}
        for campaign_id, origin in released_campaigns(redis):
            slots = load_slots(redis, campaign_id, "released", origin)
            look_as_planned(redis, campaign_id, origin, slots)
            line = line_of(campaign_id, origin)
            mark = hash(tuple(slots))
            before = self._known.get(line)
            if before is None or before.mark != mark:
                before = Computed(mark, effects(slots))
            found[line] = before
        return found
