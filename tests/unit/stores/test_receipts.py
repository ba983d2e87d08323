"""Receipts are the site's, and anybody can tell that they are unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vitrine.errors import ConfigurationError, Invalid
from vitrine.stores.receipts import ReceiptKey, check, new_key

CONTENT = {"customer_id": "ada", "erased_at_ns": 9, "templates": 1, "visits": 0}


@pytest.fixture
def key(tmp_path: Path) -> ReceiptKey:
    path = tmp_path / "receipt-key.pem"
    path.write_text(new_key())
    path.chmod(0o600)
    return ReceiptKey.load(path)


def test_a_receipt_holds_with_the_public_key(key: ReceiptKey) -> None:
    receipt = key.sign(CONTENT)
    assert CONTENT.items() <= receipt.items()
    check(receipt, key.public)


@pytest.mark.parametrize(
    "change",
    [
        {"templates": 2},
        {"customer_id": "bob"},
        {"more": 1},
        {"signature": "AAAA"},
        {"signature": "no base64"},
        {"signature": None},
        {"public_key": "AAAA"},
    ],
)
def test_an_altered_receipt_does_not_hold(
    key: ReceiptKey, change: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        check(key.sign(CONTENT) | change, key.public)


def test_a_receipt_of_another_key_does_not_hold(
    key: ReceiptKey, tmp_path: Path
) -> None:
    path = tmp_path / "another.pem"
    path.write_text(new_key())
    path.chmod(0o600)
    forged = ReceiptKey.load(path).sign(CONTENT)
    with pytest.raises(Invalid, match="signed with another key"):
        check(forged, key.public)


@pytest.mark.parametrize("public", ["", "AAAA", "no base64", "ä"])
def test_what_is_no_public_key_is_named(key: ReceiptKey, public: str) -> None:
    with pytest.raises(Invalid, match="is no public key"):
        check(key.sign(CONTENT), public)


@pytest.mark.parametrize(
    "content", [None, "", "no key", "-----BEGIN PRIVATE KEY-----\n"]
)
def test_a_file_that_is_no_key_says_how_to_make_one(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="openssl genpkey -algorithm ed25519"):
        ReceiptKey.load(path)
