"""Settings of reports that are sent: the mail server, and what signs a webhook."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings


class ReportSettings(EnvironmentSettings):
    """Environment `VITRINE_REPORT_…`, read by `vitrine report --mail` and `--webhook`."""

    prefix: ClassVar[str] = "VITRINE_REPORT_"
    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=prefix,
    )

    mail_server: SecretStr | None = Field(
        None,
        description=(
            "Server that sends reports: smtp://USER:PASSWORD@HOST:587 (STARTTLS; without it "
            "on this machine only) or smtps://USER:PASSWORD@HOST:465."
        ),
    )
    mail_from: str | None = Field(
        None,
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="Address that reports come from.",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="What signs reports that go to a webhook.",
    )
