"""Composition root of `vitrine run engagement`."""

from __future__ import annotations

from vitrine.runtime import Context, Service, ServiceLoop
from vitrine.sealing import Sealer
from vitrine.services.engagement.handler import EngagementHandler
from vitrine.services.engagement.opening import GroupsOpener
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.stores.presence import PresenceStore
from vitrine.topics import FACES


def build(context: Context) -> Service:
    """Return the loop over the faces of all stands.

    Raises ConfigurationError for a key file that cannot be used.
    """
    key_file = context.settings.reactions_key_file
    sealer = Sealer.load(key_file) if key_file is not None else None
    return ServiceLoop(
        service="engagement",
        bus=context.bus,
        topics=[FACES],
        handler=EngagementHandler(
            context.mall,
            context.load(EngagementSettings),
            PresenceStore(context.redis),
            context.clock,
            opener=GroupsOpener(sealer),
            finite=context.finite,
        ),
        health=context.health,
        startup_limit_s=context.settings.startup_limit_s,
    )
