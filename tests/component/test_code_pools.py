"""Files of codes are brought into a real store as people save, copy and change them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import pytest
from redis import Redis

from vitrine.services.stand.code_pools import SETTLED_S, CodePools
from vitrine.stores import offers

MARK = offers.Mark("e1")


@pytest.fixture(autouse=True)
def epoch(redis: Redis) -> None:
    """The store has the mark that all here load with."""
    redis.set(offers.EPOCH, MARK.epoch)


@pytest.fixture
def pools(tmp_path: Path) -> CodePools:
    return CodePools(tmp_path)


def write(folder: Path, text: str, name: str = "spring") -> None:
    (folder / f"{name}.txt").write_text(text)


def left(redis: Redis, name: str = "spring") -> list[str]:
    listed = cast(list[bytes], redis.lrange(f"stand:codes:{name}", 0, -1))
    return [code.decode() for code in listed]


def settle(monkeypatch: pytest.MonkeyPatch, seconds: float = SETTLED_S) -> None:
    """Let so much time pass on the monotonic clock."""
    now_s = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: now_s)


def test_a_half_copied_file_gives_no_half_code(
    redis: Redis, pools: CodePools, tmp_path: Path
) -> None:
    write(tmp_path, "SPRING-A1B2\nSPRING-C3D4\nSPRING-E5")
    pools.load(redis, "spring", MARK)
    assert left(redis) == ["SPRING-A1B2", "SPRING-C3D4"]
    write(tmp_path, "SPRING-A1B2\nSPRING-C3D4\nSPRING-E5F6\nSPRING-G7H8\n")
    pools.load(redis, "spring", MARK)
    assert left(redis) == ["SPRING-A1B2", "SPRING-C3D4", "SPRING-E5F6", "SPRING-G7H8"]


def test_a_last_line_without_an_end_counts_when_the_file_has_settled(
    redis: Redis, pools: CodePools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "A\nB")
    pools.load(redis, "spring", MARK)
    assert left(redis) == ["A"]
    settle(monkeypatch)
    pools.load(redis, "spring", MARK)
    assert left(redis) == ["A", "B"]


def test_a_code_that_is_taken_out_of_the_file_is_withdrawn_and_may_come_back(
    redis: Redis, pools: CodePools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "A\nB\nC\n")
    pools.load(redis, "spring", MARK)
    write(tmp_path, "A\nC\n")
    pools.load(redis, "spring", MARK)
    # At once: a code that was withdrawn is never granted.
    assert left(redis) == ["A", "C"]
    write(tmp_path, "A\nB\nC\n")
    pools.load(redis, "spring", MARK)
    assert left(redis) == ["A", "C", "B"]


def test_a_code_that_was_granted_is_not_granted_again(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "A\nB\n")
    CodePools(tmp_path).load(redis, "spring", MARK)
    assert redis.lpop("stand:codes:spring") == b"A"
    write(tmp_path, "A\nB\nC\n")
    CodePools(tmp_path).load(redis, "spring", MARK)
    assert left(redis) == ["B", "C"]


def test_a_withdrawn_code_may_move_to_another_pool(
    redis: Redis, pools: CodePools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "A\nB\n")
    pools.load(redis, "spring", MARK)
    write(tmp_path, "B\n", "autumn")
    pools.load(redis, "autumn", MARK)
    assert left(redis, "autumn") == []
    write(tmp_path, "A\n")
    pools.load(redis, "spring", MARK)
    settle(monkeypatch)
    pools.load(redis, "spring", MARK)
    pools.load(redis, "autumn", MARK)
    assert (left(redis), left(redis, "autumn")) == (["A"], ["B"])


@pytest.mark.parametrize("state", ["gone", "no text", "folder"])
def test_a_file_that_cannot_be_read_withdraws_nothing(
    redis: Redis,
    pools: CodePools,
    tmp_path: Path,
    state: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(tmp_path, "A\n")
    pools.load(redis, "spring", MARK)
    path = tmp_path / "spring.txt"
    match state:
        case "gone":
            path.unlink()
        case "no text":
            path.write_bytes(b"caf\xe9\n")
        case "folder":
            path.unlink()
            path.mkdir()
    settle(monkeypatch)
    assert pools.load(redis, "spring", MARK) is False
    assert pools.load(redis, "spring", MARK) is False
    assert left(redis) == ["A"]
    assert "No codes for offers of the pool spring" in pools.problems["spring"]


def test_a_file_of_windows_is_read(
    redis: Redis, pools: CodePools, tmp_path: Path
) -> None:
    text = (
        "# codes of the agency\r\nSPRING-A1B2\r\n\r\nSPRING-C3D4  \r\nSPRING-C3D4\r\n"
    )
    (tmp_path / "spring.txt").write_bytes(text.encode("utf-16"))
    pools.load(redis, "spring", MARK)
    assert left(redis) == ["SPRING-A1B2", "SPRING-C3D4"]


def test_what_an_earlier_version_took_for_a_code_is_taken_out(
    redis: Redis,
    pools: CodePools,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offers.load_codes(redis, "spring", ["\ufeff# codes", "A"], MARK)
    write(tmp_path, "\ufeff# codes\nA\n")
    pools.load(redis, "spring", MARK)
    settle(monkeypatch)
    pools.load(redis, "spring", MARK)
    assert left(redis) == ["A"]


def test_lines_that_are_no_code_are_told(
    redis: Redis, pools: CodePools, tmp_path: Path
) -> None:
    write(tmp_path, f"A\n{'B' * 101}\n")
    pools.load(redis, "spring", MARK)
    assert "such as 2" in pools.problems["spring"]
    assert left(redis) == ["A"]


def test_an_unchanged_file_is_read_once(
    redis: Redis, pools: CodePools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "A\n")
    settle(monkeypatch)
    pools.load(redis, "spring", MARK)
    settle(monkeypatch, 2 * SETTLED_S)
    pools.load(redis, "spring", MARK)
    redis.flushall()
    pools.load(redis, "spring", MARK)
    assert left(redis) == []


def test_an_emptied_store_takes_no_codes(
    redis: Redis, pools: CodePools, tmp_path: Path
) -> None:
    write(tmp_path, "A\n")
    redis.flushall()
    with pytest.raises(offers.Emptied):
        pools.load(redis, "spring", MARK)
    assert redis.keys() == []


def test_a_missing_file_is_told_once(
    redis: Redis,
    pools: CodePools,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pools.load(redis, "spring", MARK)
    settle(monkeypatch)
    pools.load(redis, "spring", MARK)
    assert len(caplog.records) == 1
