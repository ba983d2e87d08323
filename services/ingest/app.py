"""The composition root of ingest."""

from __future__ import annotations

from vitrine.runtime import Context, Service
from vitrine.services.ingest.camera import Shared
from vitrine.services.ingest.in_flight import InFlight
from vitrine.services.ingest.pace import FullSpeed, Realtime
from vitrine.services.ingest.pictures import Pictures
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.ingest.supervisor import Ingest
from vitrine.services.ingest.truth import TruthFile

LOOK_EVERY_S = {"memory": 0.002, "kafka": 0.05}
"""How often the bus is asked what the workers have committed, at most."""


def build(context: Context) -> Service:
    """Ingest on the bus of the context."""
    settings = context.load(IngestSettings)
    pictures = Pictures(context.settings.operator_token)
    context.pages["/cameras"] = pictures.answer
    shared = Shared(
        settings=settings,
        bus=context.bus,
        health=context.health,
        in_flight=InFlight(
            context.bus, settings.in_flight, LOOK_EVERY_S[context.settings.bus]
        ),
        pace=FullSpeed() if settings.speed == "max" else Realtime(),
        pictures=pictures,
        truth=TruthFile(settings.truth) if settings.truth is not None else None,
        finite=context.finite,
        startup_limit_s=context.settings.startup_limit_s,
    )
    return Ingest(context.mall, shared)
