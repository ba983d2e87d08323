"""The folder of a small site: its store, its keys and its tokens."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from pydantic import SecretStr
from redis.exceptions import ConnectionError as RedisConnectionError

from vitrine.errors import ConfigurationError
from vitrine.stores.embedded import SNAPSHOTS, EmbeddedStore, socket_of, url_of
from vitrine.stores.receipts import new_key
from vitrine.stores.redis import connect

logger = logging.getLogger(__name__)

LOCK: Final = "lock"
USERS: Final = "lock-of-users"
"""Locked, for all together, by commands that use the stores."""
KEYS: Final = "keys"
REACTION_KEYS: Final = "reaction-keys"
RECEIPT_KEY: Final = "receipt-key.pem"
KEY_STORE: Final = "key-store"
AUDIT_LOG: Final = "audit.jsonl"
KEY_BYTES: Final = 32
TOKEN_BYTES: Final = 24
# Only the owner reads what is in the folder: keys, tokens, templates.
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
# A store writes its last seconds when it ends; the largest that we keep takes less.
# Chosen, not measured.
ORPHAN_LIMIT_S: Final = 10.0
TICK_S: Final = 0.05
# A site starts a store that fell within a second. Chosen, not measured.
SHARED_LIMIT_S: Final = 10.0


class DataFolder:
    """Keep what a site on one machine has to find again after a restart."""

    def __init__(self, path: Path) -> None:
        """Make the folder where it is missing. Raises ConfigurationError."""
        self.path = path.absolute()
        try:
            self.path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise _not_writable(path, error) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the folder for this process alone.

        The system lets go of it when the process ends, however that happens. Raises
        ConfigurationError while another one has it.
        """
        try:
            file = (self.path / LOCK).open("w")
        except OSError as error:
            raise _not_writable(self.path, error) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigurationError(
                    f"another process runs on {self.path}; end it, or name another --data"
                ) from None
            yield

    @contextmanager
    def store(self) -> Iterator[EmbeddedStore]:
        """Run the store of a locked folder while the block runs."""
        end_orphan(socket_of(self.path))
        store = EmbeddedStore(self.path)
        store.start()
        try:
            yield store
        finally:
            store.stop()

    @contextmanager
    def key_store(self) -> Iterator[EmbeddedStore]:
        """Run the store of customers' data keys likewise, in a folder of its own."""
        path = self.path / KEY_STORE
        try:
            path.mkdir(mode=FOLDER_MODE, exist_ok=True)
        except OSError as error:
            raise _not_writable(path, error) from error
        end_orphan(socket_of(path))
        store = EmbeddedStore(path, SNAPSHOTS)
        store.start()
        try:
            yield store
        finally:
            store.stop()

    def key_file(self, name: str = KEYS) -> Path:
        """Return a file with a key, that of templates unless told otherwise; made once."""
        key = b64encode(os.urandom(KEY_BYTES)).decode()
        return self._made_once(name, f"k1 {key}\n")

    def receipt_key_file(self) -> Path:
        """Return the file with the key that signs receipts; made once."""
        return self._made_once(RECEIPT_KEY, new_key())

    def audit_file(self) -> Path:
        """Return the file to which is added who did what."""
        return self.path / AUDIT_LOG

    def token(self, name: str) -> SecretStr:
        """Return a token, made once and kept in the file of that name."""
        path = self._made_once(name, secrets.token_urlsafe(TOKEN_BYTES) + "\n")
        return SecretStr(path.read_text().strip())

    def _made_once(self, name: str, content: str) -> Path:
        path = self.path / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            descriptor = os.open(path, flags, FILE_MODE)
        except FileExistsError:
            return path
        except OSError as error:
            raise _not_writable(self.path, error) from error
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        return path


@dataclass(frozen=True, slots=True)
class Addresses:
    """Hold where the two stores of a site listen."""

    store: str
    key_store: str


@contextmanager
def store_of(path: Path) -> Iterator[str]:
    """Yield the address of a site's store, as `stores_of` does."""
    with stores_of(path) as addresses:
        yield addresses.store


@contextmanager
def stores_of(path: Path) -> Iterator[Addresses]:
    """Yield the addresses of a site's stores: of those that run, or of some for the while.

    Who started them for the while ends them once nobody else uses them. Raises ConfigurationError
    for a folder that no site has used.
    """
    with ExitStack() as stack:
        folder = _used(path)
        users = stack.enter_context((folder.path / USERS).open("a"))
        # Nobody ends them from here on, but a site that ends itself.
        fcntl.flock(users, fcntl.LOCK_SH)
        store = socket_of(folder.path)
        keys = socket_of(folder.path / KEY_STORE)
        # Both are started by whoever starts one, and this one last.
        if _has_to_start(folder, store, stack):
            stack.enter_context(folder.key_store())
            stack.enter_context(folder.store())
            stack.callback(_wait_for_others, users)
        yield Addresses(url_of(store), url_of(keys))


def _wait_for_others(users: TextIO) -> None:
    """Return once no other process uses the stores that this one is about to end."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.warning("another command uses the stores: this one ends with it")
        fcntl.flock(users, fcntl.LOCK_EX)


def _used(path: Path) -> DataFolder:
    if not (path / LOCK).exists():
        raise ConfigurationError(
            f"{path} is no data folder of `vitrine site`; that is DIR/data, or its --data"
        )
    return DataFolder(path)


def _has_to_start(
    folder: DataFolder,
    socket: Path,
    stack: ExitStack,
) -> bool:
    """Lock the folder in `stack` and return True; False where another process has a store there.

    A store that listens for nobody, as its process was killed, is to be started anew.
    """
    deadline = time.monotonic() + SHARED_LIMIT_S
    while True:
        try:
            stack.enter_context(folder.locked())
        except ConfigurationError:
            if answers(socket):
                return False
            # A site that runs starts its store, or starts it again.
            if time.monotonic() > deadline:
                raise
            time.sleep(TICK_S)
        else:
            return True


def answers(socket: Path) -> bool:
    """Return True where a store listens at a socket file."""
    if not socket.exists():
        return False
    try:
        with closing(connect(url_of(socket))) as client:
            return bool(client.ping())
    except RedisConnectionError:
        return False


def end_orphan(socket: Path) -> None:
    """End the store of a process that was killed and could not end it."""
    if not answers(socket):
        return
    with closing(connect(url_of(socket))) as client:
        client.shutdown()
    deadline = time.monotonic() + ORPHAN_LIMIT_S
    while answers(socket):
        if time.monotonic() > deadline:
            raise ConfigurationError(f"an old store at {socket} does not end; kill it")
        time.sleep(TICK_S)


def _not_writable(path: Path, error: OSError) -> ConfigurationError:
    reason = error.strerror or str(error)
    return ConfigurationError(
        f"{path} cannot hold the site's data ({reason}); name a folder with --data"
    )
