"""A key that others may read is no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine import private_files
from vitrine.errors import ConfigurationError
from vitrine.private_files import read_private


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_bytes(b"key")
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_its_owner_alone_is_read(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert read_private(path) == b"key"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o601])
def test_a_file_of_others_is_refused_with_what_to_do(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=f"chmod 600 {path}"):
        read_private(path)


def test_what_a_container_is_given_is_read_whatever_its_mode(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.chmod(0o444)
    monkeypatch.setattr(private_files, "MOUNTED", path.parent)
    assert read_private(path) == b"key"
