"""How sure recognition has to be, for the services that recognise and that enrol."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.customers.rules import RecognitionRules
from vitrine.settings import EnvironmentSettings


class RecognitionSettings(EnvironmentSettings):
    """Hold how sure a decision has to be.

    Thresholds are cosine similarities, by default those of the model that made the embedding. What
    the defaults mean for strangers and customers was measured: docs/recognition.md.
    """

    prefix: ClassVar[str] = "VITRINE_IDENTITY_"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=prefix)

    method: Literal["knn", "fnn"] = Field(
        "knn",
        description="Who names customers: their nearest templates, or a network trained on them.",
    )
    false_accepts: float = Field(
        0.001,
        gt=0,
        lt=1,
        description="Share of strangers' visits that may be taken for a customer's.",
    )
    known_threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="A track is like a customer from here on; by default from FALSE_ACCEPTS.",
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
        description="Nearest templates that vote on a track.",
    )
    views: int = Field(
        2,
        ge=1,
        le=50,
        description="Good views before a track is decided; a very similar one is enough alone.",
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
            neighbours=self.neighbours,
            false_accepts=self.false_accepts,
            tag_customers=self.tag_customers,
            known_threshold=self.known_threshold,
            visitor_threshold=self.visitor_threshold,
        )
