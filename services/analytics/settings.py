"""Settings of analytics: how it cuts time, and in what steps it releases totals."""

from __future__ import annotations

from importlib.util import find_spec
from math import ceil
from typing import ClassVar, Final

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.campaigns.stand import Rules
from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.settings import EnvironmentSettings

NEEDS_OPENDP: Final = (
    "VITRINE_ANALYTICS_PRIVATE_EPSILON needs OpenDP: pip install 'vitrine[private]'"
)


class AnalyticsSettings(EnvironmentSettings):
    """Environment `VITRINE_ANALYTICS_…`; all times are event time."""

    prefix: ClassVar[str] = "VITRINE_ANALYTICS_"
    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=prefix,
    )

    port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description=(
            "Of the campaigns' pages, 0 for a free one; without it there are none."
        ),
    )
    window_s: int = Field(
        300, ge=1, le=3600, description="Length of a campaign window."
    )
    grace_s: int = Field(
        90,
        ge=0,
        le=3600,
        description="How long after its end a window waits for events.",
    )
    # A screen may hand in the plays of a day when its stand is back.
    horizon_s: int = Field(
        108_000,
        ge=600,
        description="Older events are refused; younger ones are kept.",
    )
    k_anonymity: int = Field(
        10,
        ge=1,
        description="Totals are released in steps of at least so many people; 1 for at once.",
    )
    # Where both keep steps of fewer true people below one in a thousand, for a k of 10:
    # `python -m benchmarks.release` (docs/metrics.md, "Release").
    visitors_recognised: float = Field(
        3.1,
        ge=1,
        description=(
            "A step needs so many visitors for each of these people, as one person may be "
            "several visitors."
        ),
    )
    visitors_unrecognised: float = Field(
        6.2,
        ge=1,
        description="The same at stands without recognition, where one is more of them.",
    )

    private_epsilon: float = Field(
        0,
        ge=0,
        le=10,
        description=(
            "Budget of a visitor, stand and day: figures are noisy numbers of final days, instead "
            "of steps; 0 for steps. Needs the extra `private`."
        ),
    )

    def rules(self) -> Rules:
        """Return the settings as the domain takes them. Raises ConfigurationError."""
        if self.private_epsilon and find_spec("opendp") is None:
            raise ConfigurationError(NEEDS_OPENDP)
        return Rules(
            window_ns=self.window_s * SECOND_NS,
            grace_ns=self.grace_s * SECOND_NS,
            horizon_ns=self.horizon_s * SECOND_NS,
            k_anonymity=self.visitors(self.visitors_recognised),
            k_unrecognised=self.visitors(self.visitors_unrecognised),
            epsilon=self.private_epsilon,
        )

    def visitors(self, of_each: float) -> int:
        """Return how many visitors a step needs; one person is no step to hide in."""
        if self.k_anonymity == 1:
            return 1
        # Not above by a rounding error: 10 times 6.2 is 62.
        return ceil(round(self.k_anonymity * of_each, 6))
