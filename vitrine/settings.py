"""How a process runs, from the environment. Unknown names with our prefix are refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vitrine.errors import ConfigurationError
from vitrine.telemetry.logs import LogFormat

PREFIX = "VITRINE_"
SECRETS = Path("/run/secrets")
"""Where containers find secrets: a setting may also be a file here, named like its variable in lower case."""
SERVICES = ("ingest", "landmarks", "identity", "engagement", "stand", "analytics")


class EnvironmentSettings(BaseSettings):
    """Base of all settings: frozen, read from the environment when `load` is called."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")
    prefix: ClassVar[str] = PREFIX

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings from the environment, then from files in SECRETS; raises ConfigurationError that names
        each wrong variable."""
        _refuse_unknown(cls, os.environ)
        try:
            return cls(_secrets_dir=SECRETS if SECRETS.is_dir() else None, **overrides)
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False)
            lines = [
                f"{cls.prefix}{'_'.join(map(str, p['loc'])).upper()}: {p['msg']}"
                for p in problems
            ]
            raise ConfigurationError("\n".join(lines)) from None


S = TypeVar("S", bound=EnvironmentSettings)


def _refuse_unknown(
    settings: type[EnvironmentSettings], environment: Mapping[str, str]
) -> None:
    """A variable must be a field here, or belong to another service."""
    others = tuple(f"{PREFIX}{service.upper()}_" for service in SERVICES)
    known = {f"{settings.prefix}{name.upper()}" for name in settings.model_fields}
    for name in environment:
        ours = name.startswith(settings.prefix) and not (
            settings.prefix == PREFIX and name.startswith(others)
        )
        if ours and name not in known and not name.startswith("VITRINE_TEST_"):
            raise ConfigurationError(
                f"{name} is no setting; known are: {', '.join(sorted(known))}"
            )


class Settings(EnvironmentSettings):
    """What every program needs."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX)

    config: Path = Field(
        Path("config"),
        description="Folder with cameras.yaml, stands.yaml, campaigns.yaml.",
    )
    bus: Literal["memory", "kafka"] = Field(
        "kafka", description="`memory` only within one process."
    )
    kafka_servers: str = Field(
        "localhost:9092", description="Comma-separated host:port of brokers."
    )
    kafka_protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL"] = Field(
        "PLAINTEXT", description="How brokers are spoken to."
    )
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512",
        description="How a SASL login proves the password; PLAIN shows it to the broker.",
    )
    kafka_username: str | None = Field(None, description="For SASL.")
    kafka_password: SecretStr | None = Field(None, description="For SASL.")
    kafka_cafile: Path | None = Field(
        None, description="PEM file of who signed the brokers' certificates."
    )
    redis_url: SecretStr = Field(
        SecretStr("redis://localhost:6379/0"),
        description="redis://[:password@]host:port/number; rediss:// for TLS.",
    )
    key_file: Path | None = Field(
        None, description="AES-256 keys for embeddings and templates."
    )
    finite: bool = Field(
        False,
        description="The cameras are files: asked to stop, handle what is on the bus and close what is open.",
    )
    models: Path | None = Field(
        None, description="Folder with optional public models (YuNet, MobileFaceNet)."
    )
    http_host: str = Field(
        "127.0.0.1", description="Address that pages, health and metrics listen on."
    )
    operator_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="What the live page and the cameras' pictures need; without it there are no pictures.",
    )
    health_port: int = Field(
        8080,
        ge=0,
        le=65535,
        description="/healthz, /readyz, /metrics; 0 for a free one.",
    )
    startup_limit_s: float = Field(
        60.0, gt=0, description="How long to wait for Kafka and Redis at start."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="What is logged."
    )
    log_format: LogFormat = Field(
        "json", description="`text` for people at a terminal."
    )
