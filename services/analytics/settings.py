"""How analytics cuts time, and in what steps campaign figures are released."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings

SECOND_NS = 1_000_000_000


class AnalyticsSettings(EnvironmentSettings):
    """Environment `VITRINE_ANALYTICS_…`; all times are event time."""

    prefix: ClassVar[str] = "VITRINE_ANALYTICS_"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=prefix)

    window_s: int = Field(
        300, ge=1, le=3600, description="Length of a campaign window."
    )
    grace_s: int = Field(
        90,
        ge=0,
        le=3600,
        description="How long after its end a window waits for events.",
    )
    horizon_s: int = Field(
        86_400, ge=600, description="Older events are refused; younger ones are kept."
    )
    release_step: int = Field(
        10, ge=1, description="Totals are released in steps of so many people."
    )

    @property
    def window_ns(self) -> int:
        """Length of a window."""
        return self.window_s * SECOND_NS

    @property
    def grace_ns(self) -> int:
        """From the end of a window to its closing."""
        return self.grace_s * SECOND_NS

    @property
    def horizon_ns(self) -> int:
        """Age of the oldest event that still changes figures."""
        return self.horizon_s * SECOND_NS
