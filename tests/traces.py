"""Look for a customer in every file that is left, as who has stolen files and keys would."""

from __future__ import annotations

import re
import shutil
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from redis import Redis

from tests.brokers import LOGGED, SNAPSHOTS, RedisServer
from vitrine.customers.records import Vector
from vitrine.sealing import KEY_BYTES, NONCE_BYTES
from vitrine.stores.redis import connect

TAG_BYTES: Final = 16
SEALED: Final = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")
# Ids of customers, and pseudonyms.
OWNER: Final = re.compile(rb"(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])")
AOF_COMMAND: Final = re.compile(rb"(?=\*\d+\r\n\$\d+\r\n)")
# In GCM, the first block of text has the number 2.
FIRST_BLOCK: Final = (2).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class Trace:
    """Hold what is looked for: who a customer is, and a visit of theirs."""

    name: str
    vector: Vector
    customer_id: str
    visit_id: str

    def in_clear(self) -> dict[str, bytes]:
        """Return what nothing may contain, in the forms in which it may be written."""
        vector = np.asarray(self.vector, "<f4").tobytes()
        return {
            "name": self.name.encode(),
            "name in base64": b64encode(self.name.encode()).rstrip(b"="),
            "template": vector,
            "template in base64": b64encode(vector)[:-4],
        }


def find_traces(
    trace: Trace,
    folders: Sequence[Path],
    site_keys: Mapping[str, bytes],
    workplace: Path,
) -> list[str]:
    """Return what the files in some folders tell of a customer, in words; nothing if nothing.

    Folders of a Redis are read twice: as bytes, and by a server that is started on a copy, which
    undoes what its files compress. Whatever looks sealed is decrypted with the site's keys, and
    with each data key that these open; without asking whether it was altered, as thieves need not
    ask.
    """
    pieces: list[tuple[str, bytes]] = []
    for number, folder in enumerate(folders):
        pieces += _pieces_of_files(folder)
        if _is_redis(folder):
            pieces += _pieces_of_redis(folder, workplace / f"copy-{number}")
    found = []
    for words, content in trace.in_clear().items():
        found += [f"{words}: {place}" for place, piece in pieces if content in piece]
    texts = [piece for _, piece in pieces]
    found += _opened(trace, texts, list(site_keys.values()))
    if _are_joined(trace, texts):
        found.append("the visit leads to the customer")
    return found


def _is_redis(folder: Path) -> bool:
    return (folder / "appendonlydir").exists() or (folder / "dump.rdb").exists()


def _pieces_of_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files in lines, logs of a Redis in commands, and each file whole."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".rdb":
            # Everything lies side by side in it: a server on a copy tells what belongs together.
            content = OWNER.sub(b"", content)
            yield (str(path), content)
        elif path.suffix == ".aof":
            for command in _steps(AOF_COMMAND.split(content)):
                yield (str(path), command)
        else:
            for line in content.splitlines():
                yield (str(path), line)


def _steps(commands: Sequence[bytes]) -> Iterator[bytes]:
    """Yield commands of a log; those of one step together."""
    step = b""
    inside = False
    for command in commands:
        inside = inside or b"\r\nMULTI\r\n" in command
        step += command
        if not inside or b"\r\nEXEC\r\n" in command:
            yield step
            step = b""
            inside = False
    yield step


def _pieces_of_redis(folder: Path, copy: Path) -> list[tuple[str, bytes]]:
    """Return each value that a Redis has which is started on a copy of its folder."""
    shutil.copytree(folder, copy)
    options = LOGGED if (folder / "appendonlydir").exists() else SNAPSHOTS
    server = RedisServer(copy, options)
    server.start()
    try:
        with closing(connect(server.url)) as redis:
            return [
                (f"{folder}, key {key!r}", key + b" " + value)
                for key in cast("Iterable[bytes]", redis.scan_iter())
                for value in _values(redis, key)
            ]
    finally:
        server.stop()


def _values(redis: Redis, key: bytes) -> list[bytes]:
    """Return the values of a key, one by one."""
    kind = cast("bytes", redis.type(key)).decode()
    found: Any
    match kind:
        case "string":
            return [cast("bytes", redis.get(key))]
        case "hash":
            found = redis.hgetall(key)
            return [field + b" " + value for field, value in found.items()]
        case "list":
            found = redis.lrange(key, 0, -1)
        case "set":
            found = redis.smembers(key)
        case "zset":
            found = redis.zrange(key, 0, -1)
        case _:
            found = [repr(redis.xrange(key)).encode()]
    return list(found)


def _opened(
    trace: Trace,
    texts: Sequence[bytes],
    site_keys: Sequence[bytes],
) -> list[str]:
    """Return what is found in anything that looks sealed, with all keys that there are."""
    sealed: set[bytes] = set()
    for text in texts:
        for token in SEALED.findall(text):
            sealed.update(_decoded(token))
    keys = set(site_keys)
    for content in sealed:
        if len(content) == NONCE_BYTES + KEY_BYTES + TAG_BYTES:
            keys.update(_decrypted(content, key) for key in site_keys)
    found = []
    secrets = {
        "name": trace.in_clear()["name"],
        "template": trace.in_clear()["template"],
    }
    for content in sealed:
        for key in keys:
            plain = _decrypted(content, key)
            found += [
                f"sealed {what}" for what, text in secrets.items() if text in plain
            ]
    return found


def _decoded(token: bytes) -> Iterator[bytes]:
    try:
        content = b64decode(token, validate=True)
    except Base64Error:
        return
    if len(content) > NONCE_BYTES + TAG_BYTES:
        yield content


def _decrypted(content: bytes, key: bytes) -> bytes:
    """Return what AES-GCM sealed, whatever it was bound to."""
    nonce = content[:NONCE_BYTES]
    cipher = Cipher(AES(key), CTR(nonce + FIRST_BLOCK)).decryptor()
    return cipher.update(content[NONCE_BYTES:-TAG_BYTES])


def _are_joined(trace: Trace, texts: Sequence[bytes]) -> bool:
    """Return True where pieces lead from the visit to the customer, over ids that they share."""
    reached = {trace.visit_id.encode()}
    goal = trace.customer_id.encode()
    while True:
        before = len(reached)
        for text in texts:
            if any(each in text for each in reached):
                reached.update(OWNER.findall(text))
        if goal in reached:
            return True
        if len(reached) == before:
            return False
