from hashlib import sha256
from pathlib import Path

import pytest

from training.restate import restate
from vitrine.vision.manifest import MANIFEST, problems, read_manifest

ENTRIES = """# A comment that stays.
shipped:
  - file: a.onnx
    role: landmarks
    purpose: points
    licence: MIT
    bytes: 0
    sha256: ""
    card: a.card.md
  - file: b.onnx
    role: detector
    purpose: finds faces
    licence: MIT
    bytes: 0
    sha256: ""
    card: b.card.md
public: []
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / MANIFEST).write_text(ENTRIES)
    for name in ("a", "b"):
        (tmp_path / f"{name}.onnx").write_text(f"weights of {name}")
        (tmp_path / f"{name}.card.md").write_text(f"# {name}\n\nsha256 ``\n")
    return tmp_path


def test_entries_and_cards_say_what_the_files_are(folder: Path) -> None:
    assert restate(folder) == []
    assert problems(read_manifest(folder), None, folder) == []
    text = (folder / MANIFEST).read_text()
    assert text.startswith("# A comment that stays.")
    checksum = sha256(b"weights of b").hexdigest()
    assert f'bytes: 12\n    sha256: "{checksum}"\n    card: b.card.md' in text


def test_what_is_missing_is_said_and_the_rest_is_written(folder: Path) -> None:
    (folder / "a.onnx").unlink()
    (folder / "b.card.md").unlink()
    assert restate(folder) == ["a.onnx: missing", "b.card.md: missing"]


def test_a_card_without_a_place_for_the_checksum_is_an_error(folder: Path) -> None:
    (folder / "a.card.md").write_text("# a\n")
    with pytest.raises(ValueError, match=r"a\.card\.md: 0 places"):
        restate(folder)
