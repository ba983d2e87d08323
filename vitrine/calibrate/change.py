"""Propose a change of the configuration as a difference of its files, and write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vitrine.errors import ConfigurationError
from vitrine.mall import Camera, ConeSetting, Mall, Stand, Zone
from vitrine.mall.checking import checked
from vitrine.mall.editing import NotEditable, Value, with_setting, without_setting
from vitrine.mall.folder import read_files
from vitrine.mall.problems import Refused
from vitrine.output import replace_file
from vitrine.schemas.base import Share

# More corners than anybody draws; a request has 64 kB. Chosen, not measured.
MOST_CORNERS: Final = 100
# Lines around a change, as `diff -u` shows them.
AROUND: Final = 3
# A camera's address may hold a password, also in a comment.
ADDRESS: Final = re.compile(
    r"""
    "(?:\\.|[^"\\\n])*://(?:\\.|[^"\\\n])*"    # in double quotes, some of them escaped
    | '(?:''|[^'\n])*://(?:''|[^'\n])*'         # in single ones
    | \b[\w+.-]+://\S*                         # passwords may have commas and brackets
    """,
    re.VERBOSE,
)
HIDDEN: Final = '"…"'
BY_HAND: Final = (
    "the files are written in a way that cannot be changed here (anchors, or a value that several "
    "places share): put the new values in by hand"
)

Corners = Annotated[tuple[tuple[Share, Share], ...], Field(max_length=MOST_CORNERS)]


class Draft(BaseModel):
    """Hold what was drawn and measured; None for what stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mask: Corners | None = None
    zone: Zone | None = None
    cone: ConeSetting | None = None

    @model_validator(mode="after")
    def _a_mask_has_an_area(self) -> Self:
        if self.mask and len(self.mask) < 3:
            raise ValueError("a mask has three corners or more, or none")
        return self


class Conflict(Exception):
    """The files are not those that the difference was shown for."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Hold the files before and after a change that was checked as a whole."""

    folder: Path
    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def stamp(self) -> str:
        """Return a digest of all files before and after."""
        digest = sha256()
        for texts in (self.before, self.after):
            for name, text in sorted(texts.items()):
                digest.update(f"{name}\0{text}\0".encode())
        return digest.hexdigest()

    @property
    def changed(self) -> list[str]:
        """Return the names of the files that change."""
        return [name for name in self.after if self.after[name] != self.before[name]]

    def difference(self) -> str:
        """Return a unified difference; addresses of cameras are not shown."""
        parts = []
        for name in self.changed:
            lines = unified_diff(
                _shown_lines(self.before[name]),
                _shown_lines(self.after[name]),
                f"{name}.yaml",
                f"{name}.yaml (new)",
                n=AROUND,
                lineterm="",
            )
            parts += list(lines)
        return "\n".join(parts)


def propose(folder: Path, camera_id: str, draft: Draft) -> Proposal:
    """Return the change of a camera and its stand that a draft means.

    Raises Refused when the files have mistakes, and NotEditable when a setting has no plain
    place in them.
    """
    before = read_files(folder)
    mall = checked(folder, before).mall
    camera = camera_of(mall, camera_id)
    stand = stand_of(mall, camera)
    after = dict(before)
    after["cameras"] = _with_camera(before["cameras"], camera, draft)
    if draft.zone is not None and draft.zone != stand.zone:
        zone = _plain(draft.zone.model_dump())
        after["stands"] = with_setting(
            before["stands"], "stands", stand.id, "zone", zone
        )
    _check(folder, after, _expected(mall, camera, stand, draft))
    return Proposal(folder, before, after)


def camera_of(mall: Mall, camera_id: str) -> Camera:
    """Return a camera. Raises ConfigurationError, which names those that there are."""
    for camera in mall.cameras:
        if camera.id == camera_id:
            return camera
    known = ", ".join(camera.id for camera in mall.cameras) or "none"
    raise ConfigurationError(
        f"no camera {camera_id!r} in cameras.yaml; there are: {known}"
    )


def stand_of(mall: Mall, camera: Camera) -> Stand:
    """Return the stand that a camera watches."""
    stand = mall.stand(camera.stand)
    assert stand is not None  # noqa: S101 - the mall checks its references
    return stand


def write(proposal: Proposal, stamp: str) -> None:
    """Write a proposal that was shown with this stamp, each file in one step.

    Raises Conflict when files or change are others now, and ConfigurationError, which says what
    to do, when a file cannot be written.
    """
    if proposal.stamp != stamp:
        raise Conflict("the files have changed meanwhile; look at the difference again")
    for name in proposal.changed:
        # A link stays a link: what it leads to is replaced.
        path = (proposal.folder / f"{name}.yaml").resolve()
        if path.read_bytes() != proposal.before[name].encode():
            raise Conflict(
                f"{name}.yaml has changed meanwhile, or begins with a byte order mark; save it "
                "as UTF-8 without one, and look at the difference again"
            )
        try:
            _replace(path, proposal.after[name])
        except OSError as error:
            raise ConfigurationError(
                f"{path} cannot be written ({error.strerror}): start `vitrine calibrate` as "
                f"somebody who may write to {path.parent}, or put the lines of the difference "
                "into the file by hand"
            ) from None


def _replace(path: Path, text: str) -> None:
    """Replace a file; who may read it stays as it was. Raises OSError."""
    mode = path.stat().st_mode
    replace_file(path, text)
    path.chmod(mode)


def _with_camera(text: str, camera: Camera, draft: Draft) -> str:
    """Return cameras.yaml with what a draft changes of a camera."""
    if draft.mask is not None and draft.mask != camera.mask:
        corners = [f"[{_number(x)}, {_number(y)}]" for x, y in draft.mask]
        text = _set(text, camera, "mask", f"[{', '.join(corners)}]")
    if draft.cone is not None and draft.cone != camera.cone:
        text = without_setting(text, "cameras", camera.id, "mount")
        text = _set(text, camera, "cone", _plain(draft.cone.model_dump()))
    return text


def _set(text: str, camera: Camera, name: str, value: Value) -> str:
    return with_setting(text, "cameras", camera.id, name, value)


def _plain(values: Mapping[str, float]) -> dict[str, str]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float) -> str:
    """Return the shortest text that reads as the same number."""
    return repr(float(value)).removesuffix(".0")


def _expected(mall: Mall, camera: Camera, stand: Stand, draft: Draft) -> Mall:
    """Return the mall that a draft means."""
    fields: dict[str, object] = {}
    if draft.mask is not None:
        fields["mask"] = draft.mask
    if draft.cone is not None:
        fields["cone"] = draft.cone
        fields["mount"] = None
    new_camera = camera.model_copy(update=fields)
    new_stand = stand
    if draft.zone is not None:
        new_stand = stand.model_copy(update={"zone": draft.zone})
    cameras = [new_camera if each is camera else each for each in mall.cameras]
    stands = [new_stand if each is stand else each for each in mall.stands]
    update = {"cameras": tuple(cameras), "stands": tuple(stands)}
    return mall.model_copy(update=update)


def _check(folder: Path, texts: Mapping[str, str], expected: Mall) -> None:
    """Raise NotEditable where the new texts do not mean exactly what was asked for."""
    try:
        found = checked(folder, texts).mall
    except Refused as error:
        raise NotEditable(f"{BY_HAND}; changed, they would be wrong: {error}") from None
    if found != expected:
        raise NotEditable(BY_HAND)


def _shown_lines(text: str) -> list[str]:
    return ADDRESS.sub(HIDDEN, text).splitlines()
