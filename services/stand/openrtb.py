"""How many people look at a play of a stand, as OpenRTB 2.6 has it for digital out of home.

It comes from the released totals alone, over all campaigns of the stand: they advance in steps of
at least ten people, so that no difference of two answers concerns fewer.
"""

from __future__ import annotations

from contextlib import closing
from typing import Final, Literal

from fastapi import HTTPException
from pydantic import BaseModel

from vitrine.errors import Unavailable
from vitrine.services.stand.dependencies import KnownStand, WebOf
from vitrine.stores.campaign_cells import load_stand

PATH: Final = "/audience/{stand_id}/openrtb"
# AdCOM 1.0, list "DOOH Multiplier Measurement Source Types": 1 is a measurement vendor, who has to
# be named by a domain; 2 is the publisher, who runs the screen and this with it.
PUBLISHER: Final = 2


class Qty(BaseModel):
    """Hold the object of the same name (OpenRTB 2.6, 3.2.31)."""

    multiplier: float
    """People who looked, a play."""
    sourcetype: Literal[2] = PUBLISHER


class Impression(BaseModel):
    """Hold what a bid request says of an impression here, its `qty`."""

    qty: Qty


def impression(stand_id: KnownStand, web: WebOf) -> Impression:
    """Return the multiplier of a stand; 404 while nothing of it has been released."""
    try:
        with closing(web.redis()) as redis:
            totals = load_stand(redis, stand_id)
    except Unavailable as error:
        raise HTTPException(503, str(error), {"Retry-After": "2"}) from error
    # Who looked is not told beside noise.
    if totals.ots_noise or not totals.measured_plays:
        raise HTTPException(404, f"nothing of stand {stand_id!r} has been released yet")
    multiplier = round(totals.watchers / totals.measured_plays, 2)
    return Impression(qty=Qty(multiplier=multiplier))
