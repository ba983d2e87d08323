"""The embedded store: on a socket file, alone in its folder, and there again after a fall."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from vitrine.errors import ConfigurationError
from vitrine.stores.embedded import EmbeddedStore, embedded_redis, socket_of
from vitrine.stores.redis import connect


def server_process(url: str) -> int:
    with closing(connect(url)) as client:
        return int(client.info("server")["process_id"])


def value_in(url: str) -> bytes | None:
    with closing(connect(url)) as client:
        return client.get("key")  # type: ignore[return-value]


def put(url: str, value: str) -> None:
    with closing(connect(url)) as client:
        client.set("key", value)


def test_an_interrupt_does_not_reach_it() -> None:
    with embedded_redis() as url, closing(connect(url)) as client:
        os.kill(server_process(url), signal.SIGINT)
        # It would end within milliseconds.
        time.sleep(0.5)
        assert client.ping()


def test_two_have_nothing_in_common_and_listen_on_no_port() -> None:
    with embedded_redis() as first, embedded_redis() as second:
        put(first, "one")
        assert value_in(second) is None
        with closing(connect(first)) as client:
            assert client.info("server")["tcp_port"] == 0


def test_without_a_folder_nothing_stays() -> None:
    store = EmbeddedStore()
    store.start()
    put(store.url, "one")
    store.stop()
    assert not store.folder.exists()


def test_in_a_folder_the_data_stay(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as url:
        put(url, "one")
    with embedded_redis(tmp_path) as url:
        assert value_in(url) == b"one"


def test_one_that_fell_starts_again_at_the_same_place(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    store.start()
    put(store.url, "one")
    time.sleep(1.5)
    os.kill(server_process(store.url), signal.SIGKILL)
    assert not store.running
    store.start()
    assert value_in(store.url) == b"one"
    store.stop()


def test_the_end_is_clean_also_of_one_that_fell() -> None:
    store = EmbeddedStore()
    store.start()
    os.kill(server_process(store.url), signal.SIGKILL)
    store.stop()
    assert not store.folder.exists()


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="choose a folder with a shorter path"):
        socket_of(tmp_path / ("long" * 40))
