"""Let services into a Redis as the users that they are, with no more rights than theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from redis.exceptions import RedisError

from deploy.redis_users import STORES, file_of
from tests.brokers import LOGGED, SNAPSHOTS, RedisServer
from vitrine.rights import STORE_RIGHTS, store_rule
from vitrine.stores.redis import connect

OPTIONS = {"redis": LOGGED, "keys": SNAPSHOTS}


@contextmanager
def redis_with_users(folder: Path, store: str = "redis") -> Iterator[Mapping[str, str]]:
    """Run a Redis that lets in who deploy/redis/ names for a store; yield the URL of each user."""
    names = ("operator", *STORES[store])
    rules = file_of(store).read_text()
    for name in names:
        digest = sha256(name.encode()).hexdigest()
        rules = rules.replace(f" #{name} ", f" #{digest} ")
    users = folder / "users.acl"
    users.write_text(rules)
    options = OPTIONS[store]
    server = RedisServer(folder, [*options, "--aclfile", str(users)])
    server.start()
    try:
        yield {name: url_of(server.url, name) for name in names}
    finally:
        server.stop()


def as_user(url: str, name: str) -> str:
    """Give a user of a running store the rights of the service; return the URL that logs in.

    Return `url` for a store that is away: a test of that is of no user.
    """
    rule = store_rule(STORE_RIGHTS[name]).split()
    try:
        with connect(url) as client:
            client.execute_command("ACL", "SETUSER", name, "on", f">{name}", *rule)
    except RedisError:
        return url
    return url_of(url, name)


def url_of(url: str, name: str) -> str:
    """Return the URL with which a user logs in; their password is their name."""
    return url.replace("://", f"://{name}:{name}@", 1)
