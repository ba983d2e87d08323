"""Sealed embeddings open with the right key and reference only."""

from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest

from vitrine.errors import ConfigurationError, Invalid
from vitrine.sealing import Sealer, track_reference

OLD = bytes(range(32))
NEW = bytes(range(32, 64))
VECTOR = np.linspace(-1, 1, 128, dtype=np.float32)


def key_line(key_id: str, key: bytes) -> str:
    return f"{key_id} {b64encode(key).decode()}\n"


def test_a_vector_survives_sealing_and_two_seals_differ() -> None:
    sealer = Sealer({"k1": OLD}, "k1")
    about = track_reference("north-1", "north-1-5-0")
    first, second = (sealer.seal(VECTOR, "net", about) for _ in range(2))
    assert first.sealed != second.sealed
    np.testing.assert_array_equal(sealer.open(first, about), VECTOR)


def test_another_track_model_or_altered_bytes_are_refused() -> None:
    sealer = Sealer({"k1": OLD}, "k1")
    sealed = sealer.seal(VECTOR, "net", "north-1|a")
    altered = sealed.model_copy(update={"sealed": "AAAA" + sealed.sealed[4:]})
    for embedding, about in (
        (sealed, "north-1|b"),
        (sealed.model_copy(update={"model": "other"}), "north-1|a"),
        (altered, "north-1|a"),
        (sealed.model_copy(update={"sealed": "no base64!"}), "north-1|a"),
    ):
        with pytest.raises(Invalid, match="altered"):
            sealer.open(embedding, about)


def test_a_key_file_seals_with_its_last_key_and_still_opens_older_ones(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys"
    path.write_text(key_line("k1", OLD))
    before = Sealer.load(path).seal(VECTOR, "net", "a")
    path.write_text(key_line("k1", OLD) + "\n" + key_line("k2", NEW))
    rotated = Sealer.load(path)
    assert rotated.seal(VECTOR, "net", "a").key_id == "k2"
    np.testing.assert_array_equal(rotated.open(before, "a"), VECTOR)
    with pytest.raises(Invalid, match="does not hold"):
        Sealer({"k2": NEW}, "k2").open(before, "a")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no key"),
        ("k1\n", ":1: expected `id base64`"),
        ("k1 ???\n", ":1: expected `id base64`"),
        (
            key_line("k1", OLD) + key_line("k2", b"short"),
            ":2: the key has 5 bytes, expected 32",
        ),
    ],
)
def test_a_wrong_key_file_says_where_and_what_to_do(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "keys"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=says) as caught:
        Sealer.load(path)
    assert "openssl rand -base64 32" in str(caught.value)


def test_a_missing_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand -base64 32"):
        Sealer.load(tmp_path / "none")
