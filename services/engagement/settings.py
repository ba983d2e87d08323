"""Settings of engagement: how broken tracks are joined, and which faces count."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.clock import SECOND_NS
from vitrine.mall import Camera, Stand
from vitrine.presence.attention import cone_of
from vitrine.presence.rules import PresenceRules
from vitrine.settings import EnvironmentSettings


class EngagementSettings(EnvironmentSettings):
    """Environment `VITRINE_ENGAGEMENT_…`; all times are event time."""

    prefix: ClassVar[str] = "VITRINE_ENGAGEMENT_"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=prefix)

    bridge_s: float = Field(
        2.0,
        ge=0,
        le=10,
        description="Shorter gaps do not end a presence; 0 joins no broken tracks.",
    )
    count_static_faces: bool = Field(
        False,
        description="Faces that never move, such as printed ones, count as people.",
    )

    @property
    def bridge_ns(self) -> int:
        """Return the length of the shortest gap that ends a presence."""
        return round(self.bridge_s * SECOND_NS)

    def rules(
        self,
        stand: Stand,
        config_version: str,
        camera: Camera | None = None,
    ) -> PresenceRules:
        """Return the rules of a stand for one of its cameras.

        Without `camera`, for one that the configuration does not name.
        """
        return PresenceRules(
            stand=stand,
            cone=cone_of(stand.screen, camera),
            config_version=config_version,
            bridge_ns=self.bridge_ns,
            count_static_faces=self.count_static_faces,
        )
