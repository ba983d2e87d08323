"""Checksum and size of the files in `models/`, where models.yaml and the cards state them."""

import re
from hashlib import sha256
from pathlib import Path

from vitrine.vision.manifest import MANIFEST, Shipped, present, read_manifest


def restate(folder: Path) -> list[str]:
    """Write what changed; return a line for each entry whose file or card is missing.

    Raises ConfigurationError when models.yaml is wrong, ValueError where a card has no place for
    the checksum.
    """
    missing_files: list[str] = []
    missing_cards: list[str] = []
    for entry in read_manifest(folder).shipped:
        has_file = present(entry, folder)
        has_card = (folder / entry.card).is_file()
        if not has_file:
            missing_files.append(f"{entry.file}: missing")
        if not has_card:
            missing_cards.append(f"{entry.card}: missing")
        if has_file and has_card:
            _restate_entry(entry, folder)
    return missing_files + missing_cards


def _restate_entry(entry: Shipped, folder: Path) -> None:
    content = (folder / entry.file).read_bytes()
    checksum = sha256(content).hexdigest()
    head = rf"(- file: {re.escape(entry.file)}\n(?:    .*\n)*?)"
    stated = rf'{head}    bytes: \d+\n    sha256: "\w*"\n'
    actual = rf'\g<1>    bytes: {len(content)}\n    sha256: "{checksum}"\n'
    _replace(folder / MANIFEST, stated, actual)
    _replace(folder / entry.card, r"sha256 `\w*`", f"sha256 `{checksum}`")


def _replace(
    path: Path,
    pattern: str,
    by: str,
) -> None:
    text = path.read_text(encoding="utf-8")
    changed, times = re.subn(pattern, by, text)
    if times != 1:
        raise ValueError(f"{path}: {times} places like {pattern!r}, expected 1")
    if changed != text:
        path.write_text(changed, encoding="utf-8")
