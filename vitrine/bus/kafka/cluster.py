"""Connections to a Kafka cluster, with its failures as errors of ours."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

from kafka import KafkaAdminClient
from kafka import errors as kafka_errors
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.net.compat import KafkaNetClient

from vitrine.errors import ConfigurationError, Unavailable

ANSWER_LIMIT_MS = 5_000
"""How long a broker may take to answer before it counts as unavailable."""
CONNECT_LIMIT_MS = 4_000
LOGIN_HINT = "see also VITRINE_KAFKA_PROTOCOL, _MECHANISM, _USERNAME and _PASSWORD"

_BUGS = (
    kafka_errors.IllegalArgumentError,
    kafka_errors.IllegalStateError,
    kafka_errors.KafkaConfigurationError,
    kafka_errors.OffsetMetadataTooLargeError,
)
_REFUSALS = (
    kafka_errors.AuthorizationError,
    kafka_errors.IllegalSaslStateError,
    kafka_errors.SaslAuthenticationFailedError,
    kafka_errors.UnsupportedSaslMechanismError,
)


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """How to log in (SASL) and whom to trust; the default is neither."""

    protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None

    def options(self) -> dict[str, Any]:
        """The client library's names for it."""
        options: dict[str, Any] = {
            "security_protocol": self.protocol,
            "ssl_cafile": self.cafile,
        }
        if self.protocol.startswith("SASL"):
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"], options["sasl_plain_password"] = (
                self.username,
                self.password,
            )
        return options


class Cluster:
    """A cluster, by comma-separated host:port. Connects on first use; threads may share it."""

    def __init__(self, servers: str, security: KafkaSecurity) -> None:
        self.servers = servers
        self._addresses = [_address(server) for server in servers.split(",")]
        self._options = {
            "bootstrap_servers": [server.strip() for server in servers.split(",")],
            "bootstrap_timeout_ms": CONNECT_LIMIT_MS,
            "reconnect_backoff_max_ms": 1_000,
            **security.options(),
        }
        self._admin_client: Any = None
        self._lock = Lock()

    def close(self) -> None:
        """Close the connection of `admin`."""
        with self._lock:
            self._drop_admin()

    def open(self, client: Callable[..., Any], **options: Any) -> Any:
        """A client of the library that leaves nothing behind when it cannot connect."""
        self._reach()
        connections: list[Any] = []

        def connect(**configuration: Any) -> Any:
            connections.append(KafkaNetClient(**configuration))
            return connections[-1]

        with self.errors():
            try:
                return client(kafka_client=connect, **self._options, **options)
            except BaseException as error:
                for connection in connections:
                    connection.close()
                if isinstance(
                    error, KafkaTimeoutError
                ):  # all that the client says, also of a refused login
                    raise Unavailable(
                        f"{self._away('it accepts connections only')}; {LOGIN_HINT}"
                    ) from error
                raise

    def _reach(self) -> None:
        """The client tries for seconds, and does not say why; a refused connection is known at once."""
        reasons = []
        for address in self._addresses:
            try:
                socket.create_connection(
                    address, timeout=CONNECT_LIMIT_MS / 1000
                ).close()
            except OSError as error:
                reasons.append(str(error))
            else:
                return
        raise Unavailable(self._away(", ".join(reasons)))

    def _away(self, reason: str) -> str:
        return f"Kafka at {self.servers} does not answer ({reason}); start it or set VITRINE_KAFKA_SERVERS"

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Inside, a refused login raises ConfigurationError, what else the cluster fails at Unavailable."""
        try:
            yield
        except _BUGS:
            raise
        except _REFUSALS as error:
            raise ConfigurationError(
                f"Kafka at {self.servers} refuses this client: {error}; {LOGIN_HINT}"
            ) from error
        except KafkaError as error:
            raise Unavailable(self._away(type(error).__name__)) from error

    @contextmanager
    def admin(self) -> Iterator[Any]:
        """The client for topics and offsets, for one thread at a time; after an error it connects anew."""
        with self._lock, self.errors():
            if self._admin_client is None:
                self._admin_client = self.open(
                    KafkaAdminClient, request_timeout_ms=ANSWER_LIMIT_MS
                )
            try:
                yield self._admin_client
            except KafkaError:
                self._drop_admin()
                raise

    def _drop_admin(self) -> None:
        client = self._admin_client
        self._admin_client = None
        if client is not None:
            client.close()


def _address(server: str) -> tuple[str, int]:
    host, _, port = server.strip().rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigurationError(
            f"{server!r} is no Kafka server; VITRINE_KAFKA_SERVERS takes host:port,…"
        )
    return host.strip("[]"), int(port)
