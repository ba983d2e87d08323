"""Give users of a Kafka cluster their rights, and take others from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kafka import errors as kafka_errors
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from vitrine.errors import ConfigurationError
from vitrine.rights import BusRight

ANYWHERE = "*"
PRINCIPAL = "User:"


def found_rules(admin: Any, users: Iterable[str]) -> set[ACL]:
    """Return every rule that the cluster has of these users.

    Raises ConfigurationError for a cluster that asks nobody for rights.
    """
    rules: set[ACL] = set()
    for user in users:
        try:
            found, _ = admin.describe_acls(_all_of(user))
        except kafka_errors.SecurityDisabledError as error:
            raise ConfigurationError(
                "Kafka asks nobody for rights: set authorizer.class.name of the broker"
            ) from error
        rules.update(found)
    return rules


def create(admin: Any, rules: Sequence[ACL]) -> None:
    """Create rules. Raises the client library's error for the first that is refused."""
    if not rules:
        return
    failed = admin.create_acls(rules)["failed"]
    for error in failed:
        raise error("a right could not be given")


def delete(admin: Any, rules: Sequence[ACL]) -> None:
    """Delete rules. Raises the client library's error for the first that is refused."""
    if not rules:
        return
    exactly = [_exactly(rule) for rule in rules]
    for _, _, error in admin.delete_acls(exactly):
        if error is not kafka_errors.NoError:
            raise error("a right could not be taken")


def rule_of(right: BusRight) -> ACL:
    """Return a right as the client library has it."""
    return ACL(
        principal=f"{PRINCIPAL}{right.user}",
        host=ANYWHERE,
        operation=ACLOperation[right.operation],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(ResourceType[right.resource], right.name),
    )


def in_words(rule: ACL) -> str:
    """Return a rule as a right is written; more of it where it is none that we give."""
    user = rule.principal.removeprefix(PRINCIPAL)
    pattern = rule.resource_pattern
    words: str = f"{user} {rule.operation.name} {pattern.resource_type.name.lower()} "
    words += str(pattern.resource_name)
    if pattern.pattern_type is not ACLResourcePatternType.LITERAL:
        words += f" ({pattern.pattern_type.name.lower()})"
    if rule.permission_type is not ACLPermissionType.ALLOW:
        words += f" ({rule.permission_type.name.lower()})"
    if rule.host != ANYWHERE:
        words += f" (from {rule.host})"
    return words


def _all_of(user: str) -> ACLFilter:
    return ACLFilter(
        principal=f"{PRINCIPAL}{user}",
        host=None,
        operation=ACLOperation.ANY,
        permission_type=ACLPermissionType.ANY,
        resource_pattern=ResourcePatternFilter(
            ResourceType.ANY, None, ACLResourcePatternType.ANY
        ),
    )


def _exactly(rule: ACL) -> ACLFilter:
    pattern = rule.resource_pattern
    return ACLFilter(
        principal=rule.principal,
        host=rule.host,
        operation=rule.operation,
        permission_type=rule.permission_type,
        resource_pattern=ResourcePatternFilter(
            pattern.resource_type, pattern.resource_name, pattern.pattern_type
        ),
    )
