"""How sure identity has to be."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings


class IdentitySettings(EnvironmentSettings):
    """Thresholds are cosine similarities, chosen by benchmarks/identity_thresholds.py."""

    prefix: ClassVar[str] = "VITRINE_IDENTITY_"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=prefix)

    known_threshold: float = Field(
        0.50, gt=0, lt=1, description="A view is like an enrolled customer from here on."
    )
    visitor_threshold: float = Field(
        0.45, gt=0, lt=1, description="A track is like an earlier visitor from here on."
    )
    neighbours: int = Field(3, ge=1, le=25, description="Templates that vote on one view.")
    views: int = Field(3, ge=1, le=50, description="Good views before a track is decided.")
    majority: float = Field(0.6, gt=0.5, le=1, description="Share of a track's views that must agree.")
