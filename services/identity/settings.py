"""How sure identity has to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cosine similarities."""

    known: float
    visitor: float


OURS: Final = Thresholds(known=0.57, visitor=0.50)
THRESHOLDS: Final = {
    "embedding_112": OURS,
    "mobilefacenet_112": Thresholds(known=0.50, visitor=0.45),
}
"""By embedding model, as benchmarks/identity_thresholds.py chooses them."""


class IdentitySettings(EnvironmentSettings):
    """Thresholds are cosine similarities; by default those of the model that made the embedding."""

    prefix: ClassVar[str] = "VITRINE_IDENTITY_"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=prefix)

    known_threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="A view is like an enrolled customer from here on; by default what suits the model.",
    )
    visitor_threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="A track is like an earlier visitor from here on; by default what suits the model.",
    )
    neighbours: int = Field(
        3, ge=1, le=25, description="Templates that vote on one view."
    )
    views: int = Field(
        3, ge=1, le=50, description="Good views before a track is decided."
    )
    majority: float = Field(
        0.6, gt=0.5, le=1, description="Share of a track's views that must agree."
    )

    def known(self, model: str) -> float:
        """The least similarity of a view to an enrolled one."""
        return self.known_threshold or THRESHOLDS.get(model, OURS).known

    def visitor(self, model: str) -> float:
        """The least similarity of a track to an earlier visitor."""
        return self.visitor_threshold or THRESHOLDS.get(model, OURS).visitor
