"""Settings of identity."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.customers.rules import RecognitionRules
from vitrine.settings import EnvironmentSettings


class IdentitySettings(EnvironmentSettings):
    """Hold how sure a decision has to be.

    Thresholds are cosine similarities, by default those of the model that made the
    embedding. The other defaults are chosen, not measured: three views are a second
    in front of the camera, as faces are embedded every 0.4 s at most.
    """

    prefix: ClassVar[str] = "VITRINE_IDENTITY_"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=prefix)

    known_threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="A view is like a customer from here on; the default suits the model.",
    )
    visitor_threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="A track is like an earlier one from here on; the default suits the model.",
    )
    neighbours: int = Field(
        3,
        ge=1,
        le=25,
        description="Templates that vote on one view.",
    )
    views: int = Field(
        3,
        ge=1,
        le=50,
        description="Good views before a track is decided.",
    )
    majority: float = Field(
        0.6,
        gt=0.5,
        le=1,
        description="Share of a track's views that must agree.",
    )
    tag_customers: int = Field(
        10,
        ge=1,
        description="Customers who have to share a tag before it is told of any of them.",
    )

    def rules(self) -> RecognitionRules:
        """Return the settings as the domain takes them."""
        return RecognitionRules(
            views=self.views,
            majority=self.majority,
            neighbours=self.neighbours,
            tag_customers=self.tag_customers,
            known_threshold=self.known_threshold,
            visitor_threshold=self.visitor_threshold,
        )
