"""How engagement joins broken tracks, and whom it counts."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings

SECOND_NS = 1_000_000_000


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
    proof_of_life: bool = Field(
        True, description="Faces count once they have moved; else printed ones do too."
    )

    @property
    def bridge_ns(self) -> int:
        """Length of the first gap that ends a presence."""
        return round(self.bridge_s * SECOND_NS)
