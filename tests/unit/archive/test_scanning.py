"""A scan reads each photo once, goes on where it was cut off, and changes no original."""

from __future__ import annotations

import stat
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.archive_builders import ToyFinder, scanned, vector_of, write_photo
from vitrine.errors import ConfigurationError
from vitrine.lab.archive.store import Store, opened, state_folder


@pytest.fixture(autouse=True)
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user"
    monkeypatch.setenv("VITRINE_STATE", str(folder))
    return folder


def archive_of(folder: Path, photos: int) -> Path:
    root = folder / "photos"
    for number in range(photos):
        write_photo(root / f"{number:03d}.jpg", (20 * (number % 5), 0, 0))
    return root


def content(store: Store) -> list[Any]:
    """Return all that is known, but for the seals, each of which is new."""
    rows = []
    faces = store.faces()
    vectors = store.vectors(faces, "toy")
    for face, vector in zip(faces, vectors, strict=True):
        rows.append((face.photo, face.number, face.box, np.round(vector, 3).tolist()))
    return [store.photos(), rows]


def hashes(root: Path) -> dict[str, str]:
    found = {}
    for path in sorted(root.glob("*.jpg")):
        found[path.name] = sha256(path.read_bytes()).hexdigest()
    return found


def test_a_scan_cut_off_again_and_again_ends_as_one_that_was_not(
    tmp_path: Path,
) -> None:
    root = archive_of(tmp_path, 70)
    before = hashes(root)
    with opened(root, tmp_path / "whole", create=True) as store:
        scanned(root, store, ToyFinder())
        expected = content(store)
    interrupted = 0
    while True:
        with opened(root, tmp_path / "cut", create=True) as store:
            try:
                scanned(root, store, ToyFinder(fail_after=20))
            except KeyboardInterrupt:
                interrupted += 1
                continue
            assert content(store) == expected
            break
    assert interrupted >= 3
    assert hashes(root) == before


def test_what_was_read_is_not_read_again_and_what_changed_is(tmp_path: Path) -> None:
    root = archive_of(tmp_path, 6)
    with opened(root, None, create=True) as store:
        assert scanned(root, store, ToyFinder()).read == 6
        (root / "000.jpg").unlink()
        write_photo(root / "001.jpg", (200, 0, 0), size=(90, 70))
        counted = scanned(root, store, ToyFinder())
        assert (counted.read, counted.unchanged, counted.gone) == (1, 4, 1)
        assert len(store.faces()) == 5


def test_a_folder_that_is_away_for_a_day_is_not_forgotten(tmp_path: Path) -> None:
    root = archive_of(tmp_path, 2)
    write_photo(root / "inner" / "a.jpg")
    with opened(root, tmp_path / "state", create=True) as store:
        scanned(root, store, ToyFinder())
        inner = root / "inner"
        inner.rename(tmp_path / "elsewhere")
        inner.symlink_to(root)
        assert scanned(root, store, ToyFinder()).gone == 0


def test_a_photo_that_cannot_be_read_is_told_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    root = archive_of(tmp_path, 3)
    (root / "001.jpg").write_bytes(b"\xff\xd8 damaged")
    with opened(root, None, create=True) as store:
        counted = scanned(root, store, ToyFinder())
        assert [problem.path for problem in counted.problems] == [b"001.jpg"]
        assert len(store.faces()) == 2
        # It is not tried again until its file changes.
        assert scanned(root, store, ToyFinder()).read == 0


def test_state_and_key_are_for_their_owner_and_lie_apart(
    tmp_path: Path, own_key: Path
) -> None:
    root = archive_of(tmp_path, 1)
    with opened(root, None, create=True) as store:
        scanned(root, store, ToyFinder())
    state = state_folder(root, None)
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path in (*state.iterdir(), own_key / "archive.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = b"".join(path.read_bytes() for path in state.iterdir())
    assert vector_of(0).tobytes() not in content


def test_vectors_of_another_network_are_not_mixed_in(tmp_path: Path) -> None:
    root = archive_of(tmp_path, 1)
    with opened(root, None, create=True) as store:
        scanned(root, store, ToyFinder())
        with pytest.raises(ConfigurationError, match="scanned with the network toy"):
            scanned(root, store, ToyFinder(model="other"))


def test_an_archive_that_was_not_scanned_says_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match="vitrine archive scan"),
        opened(tmp_path, None),
    ):
        pass
