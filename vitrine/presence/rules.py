"""The rules by which presences at a stand are told."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.mall import Stand
from vitrine.presence.attention import Cone


@dataclass(frozen=True, slots=True)
class PresenceRules:
    """Hold what the configuration says about a stand, as one of its cameras sees it."""

    stand: Stand
    cone: Cone
    config_version: str
    bridge_ns: int
    """Shorter gaps do not end a presence."""
    count_static_faces: bool
    """Faces that have never moved count too."""
