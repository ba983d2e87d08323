"""Which weights there are: `models/models.yaml`, and whether the files are those that it lists."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
    """What the product uses it for; of several files with one role it uses the first that is there."""
    purpose: str
    terms: str
    """Licence, or what the training data allow."""
    size: int = Field(ge=0, alias="bytes")
    sha256: str = Field(pattern=r"^[0-9a-f]*$")

    def matches(self, content: bytes) -> bool:
        """Whether these are the bytes that the entry means."""
        return sha256(content).hexdigest() == self.sha256


class Shipped(_Entry):
    """Weights of our own, in `models/`."""

    card: FileName


class Public(_Entry):
    """Weights of others, which an operator may put into the folder VITRINE_MODELS."""

    project: str
    url: str = Field(pattern="^https://")
    origin: str
    """What is known about the address and this checksum."""


class Manifest(BaseModel):
    """All entries, those in use before those kept for comparison."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shipped: tuple[Shipped, ...]
    public: tuple[Public, ...]


def read_manifest(folder: Path = MODELS) -> Manifest:
    """The entries of `models.yaml`. Raises ConfigurationError when it is missing or wrong."""
    path = folder / MANIFEST
    try:
        return Manifest.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def present(entry: _Entry, folder: Path | None) -> bool:
    """Whether a file of that name is there, whatever it holds."""
    return folder is not None and (folder / entry.file).is_file()


def in_use(
    manifest: Manifest, configured: Path | None, folder: Path = MODELS
) -> dict[Role, str]:
    """The file that the product takes for each role, by what is there, if no setting chooses another."""
    ours = [e for e in manifest.shipped if present(e, folder)]
    found = [e for e in manifest.public if present(e, configured)]
    return {e.role: e.file for e in reversed([*found, *ours])}


def problems(
    manifest: Manifest, configured: Path | None, folder: Path = MODELS
) -> list[str]:
    """A line for each file that is changed or missing, or has no entry or card."""
    lines = [line for entry in manifest.shipped for line in _problems_of(entry, folder)]
    lines += [
        line
        for e in manifest.public
        if present(e, configured)
        for line in _changed(e, configured)
    ]
    known = {MANIFEST, *(e.file for e in (*manifest.shipped, *manifest.public))}
    known |= {entry.card for entry in manifest.shipped}
    unknown = sorted(
        p
        for p in folder.iterdir()
        if p.name not in known and not p.name.startswith(".")
    )
    return lines + [f"{path}: has no entry in {MANIFEST}" for path in unknown]


def _problems_of(entry: Shipped, folder: Path) -> list[str]:
    card = folder / entry.card
    if not present(entry, folder):
        return [f"{folder / entry.file}: missing"]
    if not card.is_file():
        return [
            *_changed(entry, folder),
            f"{folder / entry.file}: has no card {entry.card}",
        ]
    stated = f"sha256 `{entry.sha256}`" in card.read_text(encoding="utf-8")
    return _changed(entry, folder) + (
        [] if stated else [f"{card}: states another sha256 than {MANIFEST}"]
    )


def _changed(entry: _Entry, folder: Path | None) -> list[str]:
    path = (folder or MODELS) / entry.file
    content = path.read_bytes()
    if entry.matches(content):
        return []
    return [
        f"{path}: changed: sha256 {sha256(content).hexdigest()}, expected {entry.sha256}"
    ]
