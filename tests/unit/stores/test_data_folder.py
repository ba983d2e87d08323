"""The folder of a small site: its own, and the same after a restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from tests.processes import wait_for
from vitrine.errors import ConfigurationError
from vitrine.sealing import Sealer
from vitrine.stores.data_folder import (
    Addresses,
    DataFolder,
    answers,
    store_of,
    stores_of,
)
from vitrine.stores.embedded import socket_of
from vitrine.stores.redis import connect

WAIT_S: Final = 30

# Starts a store, writes to it, and is killed with it still running.
KILLED = """
import os, signal, sys
from pathlib import Path
from vitrine.stores.data_folder import DataFolder
from vitrine.stores.redis import connect

folder = DataFolder(Path(sys.argv[1]))
with folder.locked(), folder.store() as store:
    connect(store.url).set("key", "one")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def value_in(url: str) -> bytes | None:
    with closing(connect(url)) as client:
        return client.get("key")  # type: ignore[return-value]


def test_two_sites_never_share_a_folder(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.locked():
        other = DataFolder(tmp_path)
        with pytest.raises(ConfigurationError, match="another process runs on"):
            other.locked().__enter__()
    with folder.locked():
        pass


def test_keys_and_tokens_stay_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "data"
    first = DataFolder(path)
    token = first.token("operator-token").get_secret_value()
    key = first.key_file().read_text()
    again = DataFolder(path)
    assert again.token("operator-token").get_secret_value() == token
    assert again.key_file().read_text() == key
    assert len(token) >= 16
    Sealer.load(again.key_file())
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.iterdir()}
    assert modes == {"operator-token": 0o600, "keys": 0o600}
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_report_finds_the_store_of_a_site_that_runs_and_of_one_that_does_not(
    tmp_path: Path,
) -> None:
    folder = DataFolder(tmp_path)
    with folder.locked(), folder.store() as store:
        connect(store.url).set("key", "one")
        with store_of(tmp_path) as url:
            assert url == store.url
        assert store.running
    with store_of(tmp_path) as url:
        assert value_in(url) == b"one"


def test_the_keys_of_customers_lie_in_a_folder_of_their_own_and_stay(
    tmp_path: Path,
) -> None:
    folder = DataFolder(tmp_path)
    with folder.locked(), folder.key_store() as keys, folder.store() as store:
        connect(keys.url).set("key", "one")
        connect(keys.url).save()
        with stores_of(tmp_path) as addresses:
            assert addresses == Addresses(store.url, keys.url)
        keys.kill()
    assert (tmp_path / "key-store").stat().st_mode & 0o777 == 0o700
    with stores_of(tmp_path) as addresses:
        assert value_in(addresses.key_store) == b"one"
        assert value_in(addresses.store) is None
    names = {path.name for path in (tmp_path / "key-store").iterdir()}
    assert "appendonlydir" not in names


def test_stores_for_the_while_end_with_the_last_command_that_uses_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with DataFolder(tmp_path).locked():
        pass

    def first() -> None:
        with stores_of(tmp_path):
            started.set()
            second_is_there.wait(WAIT_S)

    started = Event()
    second_is_there = Event()
    thread = Thread(target=first)
    thread.start()
    assert started.wait(WAIT_S)
    # A report needs one of the stores, and whoever comes meanwhile both.
    with store_of(tmp_path) as url, stores_of(tmp_path) as addresses:
        second_is_there.set()
        wait_for(lambda: "another command uses" in caplog.text, "the first one waits")
        connect(url).set("key", "one")
        connect(addresses.key_store).set("key", "two")
        connect(addresses.key_store).save()
    thread.join(WAIT_S)
    assert not thread.is_alive()
    with store_of(tmp_path) as url, stores_of(tmp_path) as addresses:
        assert value_in(url) == b"one"
        assert value_in(addresses.key_store) == b"two"


def test_a_folder_that_no_site_used_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match="is no data folder of `vitrine site`"),
        store_of(tmp_path),
    ):
        pass


def test_the_store_of_a_killed_site_is_ended_and_its_data_stay(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == -signal.SIGKILL
    folder = DataFolder(tmp_path)
    with folder.locked(), folder.store() as store:
        assert value_in(store.url) == b"one"


def test_a_command_ends_the_store_of_a_killed_site(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    socket = socket_of(tmp_path)
    assert answers(socket)
    with store_of(tmp_path) as url:
        assert value_in(url) == b"one"
    assert not answers(socket)


def test_a_folder_that_cannot_be_made_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="name a folder with --data"):
        DataFolder(tmp_path / "file" / "data")
