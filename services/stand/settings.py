"""Settings of the stand's web server."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from vitrine.mall.hosts import public_host
from vitrine.settings import EnvironmentSettings, split_names
from vitrine.web.certificate import Certificate, certificate_of, check_whole
from vitrine.web.names import ORIGIN, host_of, origin_only


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
    analytics_url: str | None = Field(
        None,
        pattern="^https?://",
        description=(
            "Where the campaigns' pages of analytics are, as http://HOST:PORT; "
            "`/campaigns` shows them."
        ),
    )
    creative_hosts: str = Field(
        "",
        description=(
            "Comma-separated names of hosts that creatives may reach, where their campaign "
            "lists them as `hosts`."
        ),
    )
    framed_by: str = Field(
        "",
        description=(
            "Comma-separated origins, as https://HOST:PORT, whose pages may show a stand's page "
            "in a frame."
        ),
    )
    certificate: Path | None = Field(
        None,
        description=(
            "File with the certificate of the pages and those that lead to its authority, as PEM: "
            "the pages are then at https://. `vitrine certificate` makes one."
        ),
    )
    certificate_key: Path | None = Field(
        None, description="File with the certificate's key, as PEM."
    )
    public_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description=(
            "A second port, with the pages for customers' phones and nothing else; 0 for a free "
            "one, none without it."
        ),
    )
    public_url: str | None = Field(
        None,
        description=(
            "The address by which phones reach the privacy pages, as https://HOST; the QR code of "
            "the notice leads there."
        ),
    )
    customers_url: str | None = Field(
        None,
        description=(
            "The address by which phones reach the pages of `customers`, as https://HOST; the "
            "privacy pages of stands that recognise customers lead there."
        ),
    )
    public_certificate: Path | None = Field(
        None,
        description=(
            "File with the certificate of the second port, as PEM; a renewed one is taken without "
            "a restart."
        ),
    )
    public_certificate_key: Path | None = Field(
        None, description="File with the key of the second port's certificate, as PEM."
    )
    player_token: SecretStr | None = Field(
        None,
        min_length=16,
        description=(
            "What screens need to play, or `sha256:` and its digest; "
            "without it every browser may."
        ),
    )
    till_token: SecretStr | None = Field(
        None,
        min_length=16,
        description=(
            "What tills send as `Authorization: Bearer …` to redeem codes, "
            "or `sha256:` and its digest."
        ),
    )

    audience_token: SecretStr | None = Field(
        None,
        min_length=16,
        description=(
            "What other signage systems inside the site send as `Authorization: Bearer …` to "
            "`/audience/STAND`, or `sha256:` and its digest."
        ),
    )
    offers_mark: Path | None = Field(
        None,
        description=(
            "File that outlives the store, and says that it has granted offers: without the "
            "store they stop until the operator says how to go on."
        ),
    )
    webhook_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Server that is told of grants, redemptions and cancellations of offers.",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="What signs the messages to VITRINE_STAND_WEBHOOK_URL.",
    )

    @model_validator(mode="after")
    def _signed_webhook(self) -> Self:
        if (self.webhook_url is None) != (self.webhook_secret is None):
            raise ValueError(
                "VITRINE_STAND_WEBHOOK_URL and VITRINE_STAND_WEBHOOK_SECRET belong together: "
                "set both or none"
            )
        return self

    @model_validator(mode="after")
    def _whole_pair(self) -> Self:
        check_whole(
            self.certificate,
            self.certificate_key,
            "VITRINE_STAND_CERTIFICATE",
        )
        check_whole(
            self.public_certificate,
            self.public_certificate_key,
            "VITRINE_STAND_PUBLIC_CERTIFICATE",
        )
        return self

    @field_validator("public_url", "customers_url")
    @classmethod
    def _origin_only(cls, url: str | None) -> str | None:
        """Return the address unchanged. Raises ValueError for one with a path."""
        if url is None:
            return None
        return origin_only(url, "https://screens.example")

    @field_validator("creative_hosts")
    @classmethod
    def _public_hosts(cls, hosts: str) -> str:
        """Return the hosts unchanged. Raises ValueError for what a campaign cannot name."""
        for host in split_names(hosts):
            public_host(host)
        return hosts

    @field_validator("framed_by")
    @classmethod
    def _origins_only(cls, origins: str) -> str:
        """Return the origins unchanged. Raises ValueError for an address with more in it."""
        for origin in split_names(origins):
            if not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"found {origin!r}, expected origins such as https://signage.example "
                    "without a path"
                )
        return origins

    def frame_ancestors(self) -> str:
        """Return `framed_by` as the directive of that name takes it."""
        return " ".join(split_names(self.framed_by)) or "'none'"

    def pair(self) -> Certificate | None:
        """Return the certificate; None for plain HTTP. Raises ConfigurationError."""
        return certificate_of(self.certificate, self.certificate_key)

    def public_pair(self) -> Certificate | None:
        """Return the certificate of the second port; None for plain HTTP.

        Raises ConfigurationError.
        """
        return certificate_of(
            self.public_certificate,
            self.public_certificate_key,
            pages="public",
        )

    def public_name(self) -> list[str]:
        """Return the host of `public_url`, or nothing: phones ask by it."""
        return host_of(self.public_url)

    def allowed_hosts(self) -> list[str]:
        """Return `creative_hosts` as a list, in lower case."""
        return [public_host(host) for host in split_names(self.creative_hosts)]
