"""Checksum and size of the files in `models/`, where models.yaml and the cards state them."""

import re
from hashlib import sha256
from pathlib import Path

from vitrine.vision.manifest import MANIFEST, Shipped, present, read_manifest


def restate(folder: Path) -> list[str]:
    """Writes what changed; a line for each entry whose file or card is missing.

    Raises ConfigurationError when models.yaml is wrong.
    """
    manifest = read_manifest(folder)
    missing = [
        f"{entry.file}: missing"
        for entry in manifest.shipped
        if not present(entry, folder)
    ]
    for entry in manifest.shipped:
        card = folder / entry.card
        if not card.is_file():
            missing.append(f"{entry.card}: missing")
        elif present(entry, folder):
            _restate_entry(entry, folder)
            checksum = sha256((folder / entry.file).read_bytes()).hexdigest()
            _replace(card, r"sha256 `\w*`", f"sha256 `{checksum}`")
    return missing


def _restate_entry(entry: Shipped, folder: Path) -> None:
    content = (folder / entry.file).read_bytes()
    block = rf'(- file: {re.escape(entry.file)}\n(?:    .*\n)*?)    bytes: \d+\n    sha256: "\w*"\n'
    stated = rf'\g<1>    bytes: {len(content)}\n    sha256: "{sha256(content).hexdigest()}"\n'
    _replace(folder / MANIFEST, block, stated)


def _replace(path: Path, pattern: str, by: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed, times = re.subn(pattern, by, text)
    if times != 1:
        raise ValueError(f"{path}: {times} places like {pattern!r}, expected 1")
    if changed != text:
        path.write_text(changed, encoding="utf-8")
