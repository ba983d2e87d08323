"""Read how a process runs from the environment; refuse unknown names with our prefix."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeAlias, TypeVar

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from vitrine.errors import ConfigurationError
from vitrine.telemetry.logs import LogFormat

PREFIX = "VITRINE_"
# The folder where Docker and Kubernetes put secrets. A setting may also be a file here, named
# like its variable in lower case.
SECRETS = Path("/run/secrets")
# What the test suite reads (a broker, a Redis); no settings of a program.
TEST_PREFIX = "VITRINE_TEST_"
SERVICES = (
    "ingest",
    "landmarks",
    "identity",
    "engagement",
    "stand",
    "console",
    "analytics",
    "customers",
)
COMMANDS = ("report",)
"""Those with settings of their own."""
EXPECTED = {
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "bool_parsing": "expected true or false",
}
# `docker run --env-file` keeps them.
QUOTES = ('"', "'")


# Plain HTTP is for a provider on this machine.
ISSUER = re.compile(
    r"https://[^\s?#]+|http://(localhost|127\.0\.0\.1)(:[0-9]+)?(/[^\s?#]*)?"
)
NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")


def split_names(names: str) -> list[str]:
    """Return comma-separated names as a list."""
    given = [name.strip() for name in names.split(",")]
    return [name for name in given if name]


class EnvironmentSettings(BaseSettings):
    """Hold settings: frozen, read from the environment when `load` is called."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")
    prefix: ClassVar[str] = PREFIX

    @classmethod
    def load(
        cls,
        defaults: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> Self:
        """Return the settings from the environment, then from files in SECRETS.

        `overrides` win over the environment; `defaults`, by field, hold where the environment has
        no such variable. Raises ConfigurationError with a line for each wrong variable.
        """
        _refuse_unknown(cls, os.environ)
        values = dict(defaults or {})
        for name in list(values):
            if os.environ.get(cls.variable(name), "").strip():
                del values[name]
        values.update(overrides)
        secrets = SECRETS if SECRETS.is_dir() else None
        try:
            return cls(_secrets_dir=secrets, **values)
        except ValidationError as error:
            raise ConfigurationError(_explain(cls.prefix, error)) from None

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Strip texts, and drop empty ones: `echo` and YAML leave line ends, compose files ''.

        Raises ValueError for quotes that `docker run --env-file` keeps as a part of the value.
        """
        meant = {}
        for name, value in values.items():
            text = value
            if isinstance(value, str):
                text = value.strip()
                if not text:
                    continue
                if len(text) > 1 and text[0] == text[-1] and text[0] in QUOTES:
                    raise ValueError(
                        f"{cls.variable(name)} is in quotes, which are a part of the value; "
                        "leave them out"
                    )
            meant[name] = text
        return meant

    @classmethod
    def variable(cls, name: str) -> str:
        """Return the environment variable of a field."""
        return f"{cls.prefix}{name.upper()}"


S = TypeVar("S", bound=EnvironmentSettings)
Defaults: TypeAlias = Mapping[type[EnvironmentSettings], Mapping[str, Any]]
"""Values by field, which hold where the environment says nothing."""


def _explain(prefix: str, error: ValidationError) -> str:
    """Return a line for each wrong variable, without its value: it may be a secret."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        message = _in_words(problem)
        place = "_".join(str(part) for part in problem["loc"])
        if place:
            message = f"{prefix}{place.upper()}: {message}"
        lines.append(message)
    return "\n".join(lines)


def _in_words(problem: ErrorDetails) -> str:
    """Return what is wrong without the words of a validator."""
    kind = problem["type"]
    if kind in EXPECTED:
        return EXPECTED[kind]
    if kind == "too_short":
        least = problem["ctx"]["min_length"]
        return f"expected at least {least} characters"
    message = problem["msg"].removeprefix("Value error, ")
    return message.replace("Input should be ", "expected ")


def _refuse_unknown(
    settings: type[EnvironmentSettings], environment: Mapping[str, str]
) -> None:
    """Raise ConfigurationError for a variable with the prefix of `settings` that is no field.

    Variables of the tests pass. So do those of a service or a command where the prefix is the
    common one: they belong to its own settings.
    """
    known = {settings.variable(name) for name in settings.model_fields}
    foreign = [TEST_PREFIX]
    if settings.prefix == PREFIX:
        foreign += [f"{PREFIX}{owner.upper()}_" for owner in (*SERVICES, *COMMANDS)]
    for name in environment:
        if name in known or not name.startswith(settings.prefix):
            continue
        if name.startswith(tuple(foreign)):
            continue
        listed = ", ".join(sorted(known))
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ConfigurationError(f"{name} is no setting; {hint}known are: {listed}")


class Settings(EnvironmentSettings):
    """Hold what every program needs."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
    )

    config: Path = Field(
        Path("config"),
        description="Folder with cameras.yaml, stands.yaml, campaigns.yaml.",
    )
    state: Path | None = Field(
        None,
        description=(
            "Folder that keeps the last good configuration; without it, what systemd gives, "
            "or ~/.local/state/vitrine."
        ),
    )
    bus: Literal["memory", "kafka"] = Field(
        "kafka", description="`memory` only within one process."
    )
    kafka_servers: str = Field(
        "localhost:9092", description="Comma-separated host:port of brokers."
    )
    kafka_protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL"] = Field(
        "PLAINTEXT", description="Protocol of the brokers' listener."
    )
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512",
        description="How a SASL login proves the password; PLAIN shows it to the broker.",
    )
    kafka_username: str | None = Field(
        None, description="For SASL: a user with the rights of this service."
    )
    kafka_password: SecretStr | None = Field(None, description="For SASL.")
    kafka_cafile: Path | None = Field(
        None,
        description="PEM file of the authority that signed the brokers' certificates.",
    )
    redis_url: SecretStr = Field(
        SecretStr("redis://localhost:6379/0"),
        description="redis://[user:password@]host:port/number; rediss:// for TLS.",
    )
    keys_url: SecretStr | None = Field(
        None,
        description=(
            "The Redis with the data keys of customers: for `identity` and `customers` only."
        ),
    )
    key_file: Path | None = Field(
        None, description="AES-256 keys for embeddings and templates."
    )
    reactions_key_file: Path | None = Field(
        None,
        description=(
            "AES-256 keys for groups of expressions: for `landmarks` and `engagement` only."
        ),
    )
    receipt_key_file: Path | None = Field(
        None,
        description="Ed25519 key in PEM that signs receipts: for `customers` only.",
    )
    finite: bool = Field(
        False,
        description=(
            "The cameras are files: asked to stop, handle what is on the bus "
            "and close what is open."
        ),
    )
    models: Path | None = Field(
        None, description="Folder with public models, which do not ship."
    )
    model_set: Literal["research", "commercial"] = Field(
        "research",
        description=(
            "Which networks: `research` are ours, for research and demonstration; `commercial` "
            "are public ones whose licences allow a mall to run them."
        ),
    )
    http_host: str = Field(
        "127.0.0.1",
        description="Address that pages listen on; `::` is IPv6 and IPv4.",
    )
    health_host: str = Field(
        "127.0.0.1",
        description="Address that health and metrics listen on: for Prometheus, not for the mall.",
    )
    http_names: str = Field(
        "",
        description=(
            "Comma-separated names of this machine, as browsers and proxies call it; "
            "addresses and names without a dot need none."
        ),
    )
    operator_token: SecretStr | None = Field(
        None,
        min_length=16,
        description=(
            "What the console and the live view of the cameras need, "
            "or `sha256:` and its digest."
        ),
    )
    services_token: SecretStr | None = Field(
        None,
        min_length=16,
        description=(
            "What our own services bring to each other, and sign sessions with; "
            "the operator's token unless set."
        ),
    )
    users: Path | None = Field(
        None,
        description=(
            "File with the accounts of people who sign in, as `vitrine users` writes it; "
            "with it, the operator's token is for machines only."
        ),
    )
    oidc_issuer: str | None = Field(
        None,
        description=(
            "Address of the identity provider by which people with an account may sign in "
            "(OpenID Connect), as it names itself."
        ),
    )
    oidc_client_id: str | None = Field(
        None, description="What the identity provider calls this installation."
    )
    oidc_client_secret: SecretStr | None = Field(
        None,
        description="What the identity provider gave for it; a public client has none.",
    )
    audit_file: Path | None = Field(
        None,
        description=(
            "File to which a line is added for each sign-in, view of pictures and change "
            "of who may do what."
        ),
    )
    health_port: int = Field(
        8080,
        ge=0,
        le=65535,
        description="/healthz, /readyz, /metrics; 0 for a free one.",
    )
    startup_limit_s: float = Field(
        60.0,
        gt=0,
        description="How long to wait for Kafka and Redis at start.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="What is logged."
    )
    log_format: LogFormat = Field(
        "json", description="`text` for people at a terminal."
    )

    @field_validator("services_token")
    @classmethod
    def _in_clear(cls, token: SecretStr | None) -> SecretStr | None:
        """Return the token unchanged. Raises ValueError for a digest, which opens nothing."""
        if token is not None and token.get_secret_value().startswith("sha256:"):
            raise ValueError(
                "expected the token itself; the stand brings it to the console"
            )
        return token

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        if self.oidc_issuer is None and self.oidc_client_id is None:
            return self
        if None in (self.oidc_issuer, self.oidc_client_id, self.users):
            raise ValueError(
                "VITRINE_OIDC_ISSUER, VITRINE_OIDC_CLIENT_ID and VITRINE_USERS belong "
                "together: set all or none"
            )
        return self

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, issuer: str | None) -> str | None:
        """Return the address unchanged. Raises ValueError for one that anybody can fake."""
        if issuer is not None and not ISSUER.fullmatch(issuer):
            raise ValueError("expected https://… without ? and #, as the provider says")
        return issuer

    @field_validator("http_host", "health_host")
    @classmethod
    def _without_brackets(cls, host: str) -> str:
        """Return `[::1]` as `::1`."""
        return host.removeprefix("[").removesuffix("]")

    @field_validator("http_names")
    @classmethod
    def _names_only(cls, names: str) -> str:
        """Return the names unchanged. Raises ValueError for an address with more in it."""
        for name in split_names(names):
            if not NAME.fullmatch(name):
                raise ValueError(
                    f"found {name!r}, expected names such as stand.example.org, "
                    "without http:// and port"
                )
        return names

    def between_services(self) -> SecretStr | None:
        """Return what our own services bring to each other; None where they need nothing."""
        return self.services_token or self.operator_token

    def own_names(self) -> list[str]:
        """Return `http_names` as a list."""
        return split_names(self.http_names)

    def state_folder(self) -> Path | None:
        """Return the folder of what outlives a restart; None where there is no place for one."""
        if self.state is not None:
            return self.state
        given = os.environ.get("STATE_DIRECTORY")
        if given:
            return Path(given)
        base = os.environ.get("XDG_STATE_HOME")
        if base:
            return Path(base) / "vitrine"
        try:
            return Path.home() / ".local" / "state" / "vitrine"
        except RuntimeError:
            # A user without a home, as in a container.
            return None
