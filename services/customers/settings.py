"""Settings of the customers' service: its pages for phones, and what they ask."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from vitrine.mall.texts import LONGEST_ID, is_id
from vitrine.settings import EnvironmentSettings, split_names
from vitrine.web.certificate import Certificate, certificate_of, check_whole
from vitrine.web.names import host_of, origin_only


class CustomersSettings(EnvironmentSettings):
    """Hold the variables `VITRINE_CUSTOMERS_…`."""

    prefix: ClassVar[str] = "VITRINE_CUSTOMERS_"
    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=prefix,
    )

    port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Of the enrolment desk, 0 for a free one; without it there is none.",
    )
    public_port: int = Field(
        8004,
        ge=0,
        le=65535,
        description="Of the pages on which customers join and see what is kept; 0 for a free one.",
    )
    public_url: str | None = Field(
        None,
        description=(
            "The address by which phones reach these pages, as https://HOST; a browser gives "
            "its camera to no other page than one at https://."
        ),
    )
    public_certificate: Path | None = Field(
        None,
        description=(
            "File with the certificate of the customers' pages, as PEM; a renewed one is taken "
            "without a restart."
        ),
    )
    public_certificate_key: Path | None = Field(
        None, description="File with the key of that certificate, as PEM."
    )
    least_age: int = Field(
        16,
        ge=13,
        le=99,
        description="Years from which somebody may join; the page asks.",
    )
    interests: str = Field(
        "",
        description=(
            "Comma-separated interests that customers may choose, as campaigns ask for them; "
            "without any they write their own."
        ),
    )
    days: int = Field(
        365,
        ge=1,
        le=3650,
        description="After so many days a consent that was given on a phone expires.",
    )

    @model_validator(mode="after")
    def _whole_pair(self) -> Self:
        check_whole(
            self.public_certificate,
            self.public_certificate_key,
            "VITRINE_CUSTOMERS_PUBLIC_CERTIFICATE",
        )
        return self

    @field_validator("interests")
    @classmethod
    def _askable(cls, interests: str) -> str:
        """Return the interests unchanged. Raises ValueError for what no campaign can ask for."""
        for name in split_names(interests):
            if not is_id(name):
                raise ValueError(
                    f"found the interest {name!r}, expected at most {LONGEST_ID} letters "
                    "(a to z), digits, '-', '_' and '.'"
                )
        return interests

    @field_validator("public_url")
    @classmethod
    def _origin_only(cls, url: str | None) -> str | None:
        """Return the address unchanged. Raises ValueError for one with a path."""
        if url is None:
            return None
        return origin_only(url, "https://club.example")

    def public_pair(self) -> Certificate | None:
        """Return the certificate of the pages; None for plain HTTP. Raises ConfigurationError."""
        return certificate_of(
            self.public_certificate,
            self.public_certificate_key,
            pages="customers",
        )

    def offered_interests(self) -> list[str]:
        """Return `interests` as a list."""
        return split_names(self.interests)

    def public_name(self) -> list[str]:
        """Return the host of `public_url`, or nothing: phones ask by it."""
        return host_of(self.public_url)
