"""What a cashier reads: refusals and times in plain words, by the clock on the stand's wall."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from vitrine.clock import SECOND_NS
from vitrine.mall import Mall
from vitrine.mall.names import names_of
from vitrine.offers.codes import canonical
from vitrine.offers.made_codes import mistyped
from vitrine.schemas import Interaction

LOST: Final = (
    "the store of offers was emptied, and codes of before cannot be checked; "
    "the operator knows what to do"
)
UNKNOWN: Final = "no offer with this code was granted"
MISTYPED: Final = f"{UNKNOWN}; a symbol of it seems mistyped"
NO_REDEMPTION: Final = "this till has no such redemption of this code"
TOO_LATE: Final = "a redemption can be cancelled within 15 minutes only"


class Words:
    """Tell about codes in a stand's words and times, where tills of it ask."""

    def __init__(self, mall: Mall, stand_id: str) -> None:
        self._names = names_of(mall)
        stand = mall.stand(stand_id)
        # A till of a stand that is configured no more still reads its redemptions.
        self._zone = ZoneInfo(stand.time_zone if stand is not None else "UTC")

    def iso(self, at_ns: int) -> str:
        """Return a time as ISO 8601, in seconds."""
        return self._local(at_ns).isoformat(timespec="seconds")

    def used(self, redemption: Interaction, now_ns: int) -> str:
        """Return when and where a code was used."""
        local = self._local(redemption.at_ns)
        day = f"{local.day} {local:%B}"
        if local.year != self._local(now_ns).year:
            day += f" {local.year}"
        stand_id = redemption.redeemed_at or redemption.stand_id
        return f"used on {day} at {local:%H:%M} at {self._place(stand_id)}"

    def elsewhere(self, stand_id: str) -> str:
        """Return where a code is good."""
        return f"good at {self._place(stand_id)} only"

    def _place(self, stand_id: str) -> str:
        return f"stand {self._names.stand(stand_id)}"

    def _local(self, at_ns: int) -> datetime:
        return datetime.fromtimestamp(at_ns // SECOND_NS, self._zone)


def unknown(code: str) -> str:
    """Return what is wrong with a code that nobody was granted."""
    if mistyped(canonical(code)):
        return MISTYPED
    return UNKNOWN
