"""Connect to a Kafka cluster, and turn its failures into errors of ours."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

from kafka import KafkaAdminClient
from kafka import errors as kafka_errors
from kafka.errors import AuthorizationError, KafkaError, KafkaTimeoutError
from kafka.net.compat import KafkaNetClient

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.telemetry.listening import at_port

# How long a broker may take to answer before it counts as unavailable. Chosen, not measured:
# healthy answers take milliseconds, and the service loop tries again anyway.
ANSWER_LIMIT_MS = 5_000
# How long connecting may take: less than an answer, so that this error is the one reported.
CONNECT_LIMIT_MS = 4_000
# The longest pause between two attempts: a broker that is back is used within a second.
RECONNECT_LIMIT_MS = 1_000
# How long an address that the cluster advertises may take, when something failed already. Chosen,
# not measured.
ADVERTISED_LIMIT_S = 1.0
LOGIN_HINT = "see also VITRINE_KAFKA_PROTOCOL, _MECHANISM, _USERNAME and _PASSWORD"

# Mistakes in this code: they pass unchanged and stop the process.
_BUGS = (
    kafka_errors.IllegalArgumentError,
    kafka_errors.IllegalStateError,
    kafka_errors.KafkaConfigurationError,
    kafka_errors.OffsetMetadataTooLargeError,
)
# Mistakes in the settings: trying again does not help.
_REFUSALS = (
    kafka_errors.IllegalSaslStateError,
    kafka_errors.SaslAuthenticationFailedError,
    kafka_errors.UnsupportedSaslMechanismError,
)


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """Hold how to log in (SASL) and which authority to trust; by default there is neither."""

    protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None

    def options(self) -> dict[str, Any]:
        """Return this under the names of the client library."""
        options: dict[str, Any] = {
            "security_protocol": self.protocol,
            "ssl_cafile": self.cafile,
        }
        if self.protocol.startswith("SASL"):
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = self.password
        return options


class Cluster:
    """Open clients of one cluster, named by comma-separated host:port; threads may share it.

    Connects on first use.
    """

    def __init__(self, servers: str, security: KafkaSecurity) -> None:
        """Take the brokers' addresses. Raises ConfigurationError for what is no host:port."""
        self.servers = servers
        self._user = security.username
        names = [name.strip() for name in servers.split(",")]
        self._addresses = [_address(name) for name in names]
        self._options = {
            "bootstrap_servers": names,
            "bootstrap_timeout_ms": CONNECT_LIMIT_MS,
            "reconnect_backoff_max_ms": RECONNECT_LIMIT_MS,
            **security.options(),
        }
        self._metadata: Any = None
        """What the newest client was told of the cluster."""
        self._admin_client: Any = None
        self._lock = Lock()

    def close(self) -> None:
        """Close the connection of `admin`."""
        with self._lock:
            self._drop_admin()

    def open(
        self,
        client: Callable[..., Any],
        **options: Any,
    ) -> Any:
        """Return a client of the library; leave nothing behind when it cannot connect.

        Raises Unavailable, and ConfigurationError for a refused login.
        """
        self._reach()
        connections: list[Any] = []

        def connect(**configuration: Any) -> Any:
            connection = KafkaNetClient(**configuration)
            connections.append(connection)
            self._metadata = connection.cluster
            return connection

        with ExitStack() as undo, self.errors():
            undo.callback(_close_all, connections)
            try:
                opened = client(
                    kafka_client=connect,
                    **self._options,
                    **options,
                )
            except KafkaTimeoutError as error:
                # The client says no more than this, also when a login is refused.
                reason = self._away("it accepts connections only")
                raise Unavailable(f"{reason}; {LOGIN_HINT}") from error
            undo.pop_all()
            return opened

    def _reach(self) -> None:
        """Raise Unavailable with the reasons if no broker accepts a connection.

        The client library would try for seconds and not say why; this is known at once.
        """
        limit_s = CONNECT_LIMIT_MS / 1000
        reasons = []
        for address in self._addresses:
            reason = _silence(address, limit_s)
            if reason is None:
                return
            reasons.append(reason)
        raise Unavailable(self._away(", ".join(reasons)))

    def _away(self, reason: str) -> str:
        """Return why Kafka cannot be used, with the address that it sent us to if that is it."""
        misled = self._misled()
        if misled:
            return (
                f"Kafka at {self.servers} told us to go to {misled}; set advertised.listeners "
                "of the broker to an address that this machine reaches"
            )
        return (
            f"Kafka at {self.servers} does not answer ({reason}); "
            "start it or set VITRINE_KAFKA_SERVERS"
        )

    def _misled(self) -> str:
        """Return the first address that the cluster advertises and that does not answer, and why.

        It is empty when there is none beside the addresses in the settings.
        """
        if self._metadata is None:
            return ""
        for broker in self._metadata.brokers():
            address = (broker.host, broker.port)
            if address in self._addresses:
                continue
            reason = _silence(address, ADVERTISED_LIMIT_S)
            if reason is not None:
                place = at_port(broker.host, broker.port)
                return f"{place}, which does not answer ({reason})"
        return ""

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn errors of the client library inside the block into errors of ours.

        A refused login and a missing right raise ConfigurationError, any other failure of the
        cluster Unavailable.
        """
        try:
            yield
        except _BUGS:
            raise
        except _REFUSALS as error:
            raise ConfigurationError(
                f"Kafka at {self.servers} refuses this client: {error}; {LOGIN_HINT}"
            ) from error
        except AuthorizationError as error:
            raise self.not_allowed(str(error)) from error
        except KafkaError as error:
            raise Unavailable(self._away(type(error).__name__)) from error

    def not_allowed(self, reason: str) -> ConfigurationError:
        """Return the error for a user without a right."""
        return ConfigurationError(
            f"Kafka at {self.servers} does not let the user {self._user!r} do this ({reason}); "
            "`vitrine topics apply --users` gives each service its rights"
        )

    @contextmanager
    def admin(self) -> Iterator[Any]:
        """Lend the client for topics and offsets to one thread at a time.

        After an error the next loan connects anew.
        """
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


def _silence(address: tuple[str, int], limit_s: float) -> str | None:
    """Return why an address accepts no connection; None when it does."""
    try:
        connection = socket.create_connection(address, timeout=limit_s)
    except (OSError, UnicodeError) as error:
        return str(error)
    connection.close()
    return None


def _close_all(connections: Sequence[Any]) -> None:
    for connection in connections:
        connection.close()


def _address(server: str) -> tuple[str, int]:
    """Return host and port. Raises ConfigurationError for anything else."""
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigurationError(
            f"{server!r} is no Kafka server; VITRINE_KAFKA_SERVERS takes host:port,…"
        )
    return host.strip("[]"), int(port)
