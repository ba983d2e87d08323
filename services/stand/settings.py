"""Settings of the stand's web server."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings


class StandSettings(EnvironmentSettings):
    """Hold the variables `VITRINE_STAND_…`."""

    prefix: ClassVar[str] = "VITRINE_STAND_"
    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=prefix,
    )

    port: int = Field(
        8000, ge=0, le=65535, description="Of the stand pages; 0 for a free one."
    )
    console_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Where the console is, as http://HOST:PORT; `/cameras` shows its live view.",
    )
    player_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="What screens need to play; without it every browser may.",
    )
    till_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="What tills send as `Authorization: Bearer …` to redeem codes.",
    )
