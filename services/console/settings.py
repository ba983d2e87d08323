"""Settings of the console."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings


class ConsoleSettings(EnvironmentSettings):
    """Hold the variables `VITRINE_CONSOLE_…`."""

    prefix: ClassVar[str] = "VITRINE_CONSOLE_"
    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=prefix,
    )

    port: int = Field(
        8001, ge=0, le=65535, description="Of the live view; 0 for a free one."
    )
    one_time_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Opens the live view for the first browser that brings it.",
    )
    pictures: bool = Field(
        True,
        description=(
            "The live view shows the pictures; without them, what was measured "
            "on a grey ground."
        ),
    )
    viewers: int = Field(
        16, ge=1, le=1000, description="Browsers that may watch at the same time."
    )
