"""Sealed content opens with the right key and for what it was sealed for, and not otherwise."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

import numpy as np
import pytest

from tests.builders import make_frame_faces
from vitrine.errors import ConfigurationError, Invalid
from vitrine.schemas import FrameFaces
from vitrine.sealing import NONCE_BYTES, Sealer, view_reference

OLD = bytes(range(32))
NEW = bytes(range(32, 64))
VECTOR = np.linspace(-1, 1, 128, dtype=np.float32)


def key_line(key_id: str, key: bytes) -> str:
    return f"{key_id} {b64encode(key).decode()}\n"


def sealer_of(**keys: bytes) -> Sealer:
    """Return a sealer whose active key is the last one."""
    active = list(keys)[-1]
    return Sealer(keys, active)


def test_bytes_survive_sealing() -> None:
    sealer = sealer_of(k1=OLD)
    key_id, sealed = sealer.encrypt(b"template", "customer-a")
    assert key_id == "k1"
    assert sealer.decrypt(key_id, sealed, "customer-a") == b"template"


@pytest.mark.parametrize("other", ["customer-b", "", "customer-a ", "Customer-a"])
def test_what_was_sealed_for_one_customer_does_not_open_for_another(other: str) -> None:
    sealer = sealer_of(k1=OLD)
    key_id, sealed = sealer.encrypt(b"template", "customer-a")
    with pytest.raises(Invalid, match="belongs to something else"):
        sealer.decrypt(key_id, sealed, other)


def test_a_proof_is_of_one_text_one_thing_and_one_key() -> None:
    proof = sealer_of(k1=OLD).proof("secret", "customer-a")
    assert sealer_of(k1=NEW, k2=OLD).proof("secret", "customer-a") == proof
    others = {
        sealer_of(k1=NEW).proof("secret", "customer-a"),
        sealer_of(k1=OLD).proof("secret", "customer-b"),
        sealer_of(k1=OLD).proof("Secret", "customer-a"),
    }
    assert len(others - {proof}) == 3


def test_two_seals_of_the_same_bytes_share_neither_nonce_nor_ciphertext() -> None:
    sealer = sealer_of(k1=OLD)
    first = b64decode(sealer.encrypt(b"template", "customer-a")[1])
    second = b64decode(sealer.encrypt(b"template", "customer-a")[1])
    assert first[:NONCE_BYTES] != second[:NONCE_BYTES]
    assert first[NONCE_BYTES:] != second[NONCE_BYTES:]


def test_a_vector_survives_sealing() -> None:
    sealer = sealer_of(k1=OLD)
    about = view_reference(make_frame_faces(1), "north-1-5-0")
    sealed = sealer.seal(VECTOR, "net", about)
    np.testing.assert_array_equal(sealer.open(sealed, about), VECTOR)


@pytest.mark.parametrize(
    ("other", "track"),
    [
        (make_frame_faces(1), "b"),
        (make_frame_faces(1, camera="south-1"), "a"),
        (make_frame_faces(1, stand="south"), "a"),
        (make_frame_faces(2), "a"),
    ],
)
def test_a_vector_of_another_track_camera_stand_or_moment_is_refused(
    other: FrameFaces, track: str
) -> None:
    sealer = sealer_of(k1=OLD)
    sealed = sealer.seal(VECTOR, "net", view_reference(make_frame_faces(1), "a"))
    with pytest.raises(Invalid, match="belongs to something else"):
        sealer.open(sealed, view_reference(other, track))


def test_a_vector_that_claims_another_model_is_refused() -> None:
    sealer = sealer_of(k1=OLD)
    sealed = sealer.seal(VECTOR, "net", "north-1|a")
    renamed = sealed.model_copy(update={"model": "other"})
    with pytest.raises(Invalid, match="altered"):
        sealer.open(renamed, "north-1|a")


@pytest.mark.parametrize("place", [0, NONCE_BYTES, -1])
def test_one_altered_byte_is_refused(place: int) -> None:
    sealer = sealer_of(k1=OLD)
    key_id, sealed = sealer.encrypt(b"template", "customer-a")
    content = bytearray(b64decode(sealed))
    content[place] ^= 1
    with pytest.raises(Invalid, match="altered"):
        sealer.decrypt(key_id, b64encode(content).decode(), "customer-a")


@pytest.mark.parametrize("sealed", ["", "AAAA", "no base64!"])
def test_what_was_never_sealed_is_refused(sealed: str) -> None:
    with pytest.raises(Invalid, match="altered"):
        sealer_of(k1=OLD).decrypt("k1", sealed, "customer-a")


def test_bytes_that_are_no_vector_are_refused() -> None:
    sealer = sealer_of(k1=OLD)
    sealed = sealer.seal(VECTOR, "net", "a")
    key_id, five_bytes = sealer.encrypt(b"12345", "net|a")
    forged = sealed.model_copy(update={"key_id": key_id, "sealed": five_bytes})
    with pytest.raises(Invalid, match="no float32 vector"):
        sealer.open(forged, "a")


def test_an_unknown_key_is_refused() -> None:
    key_id, sealed = sealer_of(k1=OLD).encrypt(b"template", "customer-a")
    with pytest.raises(Invalid, match="does not hold"):
        sealer_of(k2=NEW).decrypt(key_id, sealed, "customer-a")


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'k1' has 16 bytes, expected 32"):
        sealer_of(k1=bytes(16))


def test_a_key_file_seals_with_its_last_key_and_still_opens_older_ones(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys"
    path.write_text(key_line("k1", OLD))
    path.chmod(0o600)
    before = Sealer.load(path).seal(VECTOR, "net", "a")
    path.write_text(key_line("k1", OLD) + "\n" + key_line("k2", NEW))
    rotated = Sealer.load(path)
    assert rotated.seal(VECTOR, "net", "a").key_id == "k2"
    np.testing.assert_array_equal(rotated.open(before, "a"), VECTOR)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no key"),
        ("k1\n", ":1: expected `id base64`"),
        ("k1 ???\n", ":1: expected `id base64`"),
        (key_line("k" * 161, OLD), ":1: expected `id base64`"),
        (
            key_line("k1", OLD) + key_line("k2", OLD),
            ":2: a key from above",
        ),
        (
            key_line("k1", OLD) + key_line("k2", b"short"),
            ":2: the key has 5 bytes, expected 32",
        ),
    ],
)
def test_a_wrong_key_file_says_where_and_what_to_do(
    tmp_path: Path,
    content: str,
    says: str,
) -> None:
    path = tmp_path / "keys"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=says) as caught:
        Sealer.load(path)
    assert "openssl rand -base64 32" in str(caught.value)


def test_two_keys_of_one_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(key_line("k1", OLD) + key_line("k1", NEW))
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=":2: a second key 'k1'"):
        Sealer.load(path)


def test_a_missing_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand -base64 32"):
        Sealer.load(tmp_path / "none")
