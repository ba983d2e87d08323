"""Declare once what each service may do in Kafka and in Redis, where it logs in by its name.

`vitrine topics apply --users` gives the rights in Kafka. `python -m deploy.redis_users` writes
those in Redis into deploy/redis/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from vitrine.settings import SERVICES
from vitrine.topics import TOPICS, Topic

Operation: TypeAlias = Literal["READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS"]
Resource: TypeAlias = Literal["TOPIC", "GROUP"]


@dataclass(
    frozen=True,
    slots=True,
    order=True,
)
class BusRight:
    """Allow a user one operation on a topic or a consumer group of Kafka."""

    user: str
    resource: Resource
    name: str
    operation: Operation

    def __str__(self) -> str:
        return f"{self.user} {self.operation} {self.resource.lower()} {self.name}"


@dataclass(frozen=True, slots=True)
class StoreRights:
    """Allow a user to read, and to read and change, the keys that match patterns of Redis."""

    reads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    """Where messages are said and heard that no server keeps."""
    commands: tuple[str, ...] = ()
    """Beside those of everybody."""


GROUPS: Final[Mapping[str, Mapping[str, Operation]]] = {
    # How far its workers are says how many frames may be on their way.
    "ingest": {"landmarks": "DESCRIBE"},
    "landmarks": {"landmarks": "READ"},
    "identity": {"identity": "READ"},
    "engagement": {"engagement": "READ"},
    # The second is a group that never commits: all records are before it.
    "stand": {"stand": "READ", "stand-offers": "DESCRIBE"},
    "analytics": {"analytics": "READ", "analytics-history": "DESCRIBE"},
}
"""What a user does with groups of Kafka. A tail is a member of none."""

# The id and the pseudonym of a customer have 24 characters, so that no key with a suffix matches.
CUSTOMER: Final = "customer:" + 24 * "?"
KNOWN: Final = "known:" + 24 * "?"

STORE_RIGHTS: Final[Mapping[str, StoreRights]] = {
    "identity": StoreRights(
        reads=("customers", "customers:changes", CUSTOMER, "customer:*:templates"),
        changes=("visit:*", "known:*"),
        channels=("customers:in-hand",),
        commands=("+subscribe",),
    ),
    "engagement": StoreRights(changes=("engagement:partition:*",)),
    "stand": StoreRights(
        reads=(
            "visit:*",
            "known:*:count",
            "analytics:released:cells",
            "analytics:released:total:*",
        ),
        changes=(
            "stand:*",
            "policy:*",
            "caps:*",
            "customers:phone-link:*",
            KNOWN,
            "known:*:offers",
        ),
    ),
    "analytics": StoreRights(changes=("analytics:*",)),
    "customers": StoreRights(
        changes=("customers", "customers:*", "customer:*", "visit:*", "known:*"),
        channels=("customers:in-hand",),
        commands=(
            "+publish",
            # The sweep looks for what is nobody's any more, and lets the log be written anew.
            "+scan",
            "+info",
            "+bgrewriteaof",
            # By these the client gives back the lock of who enrols.
            "+evalsha",
            "+script|load",
        ),
    ),
}
"""Who may do what in the Redis of the site."""

KEY_STORE_RIGHTS: Final[Mapping[str, StoreRights]] = {
    "identity": StoreRights(
        reads=("customer-keys", "key-store"),
        # `vitrine doctor` asks whether it keeps a log.
        commands=("+info",),
    ),
    "customers": StoreRights(
        changes=("customer-keys", "key-store"),
        # A key that was removed has to be gone from the disk before the answer.
        commands=("+save", "+info"),
    ),
}
"""Who may do what in the Redis of customers' data keys."""

COMMANDS: Final = (
    "-@all",
    "+@hash",
    "+@list",
    "+@set",
    "+@sortedset",
    "+@stream",
    "+@string",
    "+@hyperloglog",
    "+@transaction",
    "+@connection",
    # Such as SORT, which reads any key by a pattern, and CLIENT KILL.
    "-@dangerous",
    "+del",
    "+exists",
    "+expire",
    "+pexpire",
    "+ttl",
    "+pttl",
    "+eval",
)
"""Commands of every user: what they use on the keys that they may use, and nothing that lists keys
or runs the server."""


def bus_users() -> list[str]:
    """Return the names of the services that log in to Kafka, in order."""
    return sorted({right.user for right in bus_rights()})


def bus_rights() -> list[BusRight]:
    """Return all rights in Kafka, in order: of the topics' table, and of GROUPS."""
    rights: list[BusRight] = []
    for topic in TOPICS:
        rights += _of_topic(topic)
    for user, groups in GROUPS.items():
        for name, operation in groups.items():
            rights.append(BusRight(user, "GROUP", name, operation))
    return sorted(rights)


def _of_topic(topic: Topic) -> list[BusRight]:
    """Return who may write a topic and who may read it, each with what that asks for."""
    operations: list[tuple[str, Operation]] = [
        (user, "WRITE") for user in _services(topic.written_by)
    ]
    for user in _services(topic.read_by):
        # A reader makes sure that the topic takes no compressed records.
        operations += [(user, "READ"), (user, "DESCRIBE_CONFIGS")]
    return [
        BusRight(user, "TOPIC", topic.name, operation) for user, operation in operations
    ]


def _services(names: Sequence[str]) -> list[str]:
    """Return those names that are services; others are people and their programs."""
    return [name for name in names if name in SERVICES]


def store_rule(rights: StoreRights) -> str:
    """Return the keys and commands of a user, as Redis' ACL has them."""
    parts = ["resetkeys", "resetchannels"]
    parts += [f"%R~{pattern}" for pattern in rights.reads]
    parts += [f"~{pattern}" for pattern in rights.changes]
    parts += [f"&{channel}" for channel in rights.channels]
    parts += COMMANDS
    parts += rights.commands
    return " ".join(parts)
