"""The list of weights, `models/models.yaml`, and the check of files against it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)

from vitrine.errors import ConfigurationError
from vitrine.shipped import MODELS

MANIFEST: Final = "models.yaml"
Role = Literal[
    "detector", "landmarks", "pose", "embedding", "expression", "quality", "synthetic"
]
FileName = Annotated[str, Field(pattern=r"^[\w.-]+$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    file: FileName
    role: Role
    """Its use in the product, which takes the first file that is there of several with one role."""
    purpose: str
    licence: str
    """Licence, or what the training data allow."""
    size: int = Field(ge=0, alias="bytes")
    sha256: str = Field(pattern=r"^[0-9a-f]*$")

    def matches(self, content: bytes) -> bool:
        """Return whether these are the bytes that the entry means."""
        return sha256(content).hexdigest() == self.sha256


class Shipped(_Entry):
    """Describe weights of our own, in `models/`."""

    card: FileName


class Public(_Entry):
    """Describe weights of others, which an operator may put into the folder VITRINE_MODELS."""

    project: str
    url: str = Field(pattern="^https://")
    origin: str
    """The source of the address and of this checksum."""


class Manifest(BaseModel):
    """Hold all entries, those in use before those kept for comparison."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shipped: tuple[Shipped, ...]
    public: tuple[Public, ...]


def read_manifest(folder: Path = MODELS) -> Manifest:
    """Return the entries of `models.yaml`.

    Raises ConfigurationError when it is missing or wrong.
    """
    path = folder / MANIFEST
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Manifest.model_validate(content)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def present(entry: _Entry, folder: Path | None) -> bool:
    """Return whether a file of that name is there, with any content."""
    return folder is not None and (folder / entry.file).is_file()


def in_use(
    manifest: Manifest,
    configured: Path | None,
    folder: Path = MODELS,
) -> dict[Role, str]:
    """Return the file that the product takes for each role, by what is there.

    A setting may choose another one.
    """
    there: list[_Entry] = []
    there += [entry for entry in manifest.public if present(entry, configured)]
    there += [entry for entry in manifest.shipped if present(entry, folder)]
    used: dict[Role, str] = {}
    for entry in there:
        used.setdefault(entry.role, entry.file)
    return used


def problems(
    manifest: Manifest,
    configured: Path | None,
    folder: Path = MODELS,
) -> list[str]:
    """Return a line for each file that is changed or missing, or has no entry or card."""
    lines = []
    for shipped in manifest.shipped:
        lines += _problems_of(shipped, folder)
    for public in manifest.public:
        if configured is not None and present(public, configured):
            lines += _changed(public, configured)
    for path in _unknown(manifest, folder):
        lines.append(f"{path}: has no entry in {MANIFEST}")
    return lines


def _unknown(manifest: Manifest, folder: Path) -> list[Path]:
    """Return what lies in the folder without an entry.

    A hidden file is the operator's own affair.
    """
    known = {MANIFEST}
    known |= {entry.file for entry in manifest.public}
    for entry in manifest.shipped:
        known |= {entry.file, entry.card}
    visible = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".")]
    return [path for path in visible if path.name not in known]


def _problems_of(entry: Shipped, folder: Path) -> list[str]:
    path = folder / entry.file
    card = folder / entry.card
    if not path.is_file():
        return [f"{path}: missing"]
    lines = _changed(entry, folder)
    if not card.is_file():
        lines.append(f"{path}: has no card {entry.card}")
    elif f"sha256 `{entry.sha256}`" not in card.read_text(encoding="utf-8"):
        lines.append(f"{card}: states another sha256 than {MANIFEST}")
    return lines


def _changed(entry: _Entry, folder: Path) -> list[str]:
    path = folder / entry.file
    content = path.read_bytes()
    if entry.matches(content):
        return []
    found = sha256(content).hexdigest()
    return [f"{path}: changed: sha256 {found}, expected {entry.sha256}"]
