"""Hand people to other programs: folders of copies, or face tags beside the photos."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal
from xml.sax.saxutils import quoteattr

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.people import ArchivePerson, people_of
from vitrine.lab.archive.photos import path_of
from vitrine.lab.archive.store import Store, StoredFace, StoredPhoto
from vitrine.lab.archive.walking import RAW, suffix_of

Kind = Literal["folders", "xmp"]
Area = tuple[float, float, float, float]
"""Centre x and y, width and height, as shares of the picture."""

OURS: Final = "vitrine archive"
"""The toolkit that a sidecar of ours names: one without it is not written over."""
NOT_IN_NAMES: Final = '/\\:*?"<>|\0'
SIDECAR: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{toolkit}">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
    xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
    xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#">
   <dc:subject><rdf:Bag>{subjects}</rdf:Bag></dc:subject>
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="{width}" stDim:h="{height}" stDim:unit="pixel"/>
    <mwg-rs:RegionList><rdf:Bag>{regions}
    </rdf:Bag></mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""
REGION: Final = """
     <rdf:li><rdf:Description mwg-rs:Name={name} mwg-rs:Type="Face">
      <mwg-rs:Area stArea:x="{x:.5f}" stArea:y="{y:.5f}" stArea:w="{w:.5f}" stArea:h="{h:.5f}"
       stArea:unit="normalized"/>
     </rdf:Description></rdf:li>"""
SUBJECT: Final = "<rdf:li>{name}</rdf:li>"


def export_people(archive: Path, store: Store, folder: Path, kind: Kind) -> str:
    """Write the named people of an archive; return a sentence. Raises ConfigurationError."""
    named = {person.id: person for person in people_of(store) if person.name}
    if not named:
        raise ConfigurationError(
            f"nobody has a name yet: vitrine archive name {archive} NUMBER NAME"
        )
    try:
        if kind == "folders":
            return _copy(archive, store, folder, named)
        return _write_sidecars(store, folder, named)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written: {error}") from None


def _shown(
    store: Store, named: dict[int, ArchivePerson]
) -> Iterator[tuple[StoredPhoto, list[StoredFace]]]:
    """Yield each photo that shows a named person, with those faces."""
    by_photo: dict[int, list[StoredFace]] = defaultdict(list)
    for face in store.faces():
        if face.person in named:
            by_photo[face.photo].append(face)
    for photo in store.photos():
        if photo.id in by_photo:
            yield photo, by_photo[photo.id]


def _copy(
    archive: Path,
    store: Store,
    folder: Path,
    named: dict[int, ArchivePerson],
) -> str:
    target = folder.resolve()
    if target.is_relative_to(archive.resolve()):
        raise ConfigurationError(
            f"{folder} is in the archive: copies there would be scanned as photos; name another"
        )
    copied = 0
    for photo, faces in _shown(store, named):
        for person in sorted(
            {face.person for face in faces if face.person is not None}
        ):
            place = target / folder_name(named[person].name)
            place.mkdir(parents=True, exist_ok=True)
            # Folders of the archive become part of the name, so that no two photos are one.
            name = photo.path.replace(b"/", b"_")
            shutil.copy2(path_of(archive, photo.path), os.path.join(bytes(place), name))
            copied += 1
    return f"{copied} copies of photos of {len(named)} people in {folder}"


def folder_name(name: str) -> str:
    """Return a name as a folder may be called everywhere."""
    safe = "".join("_" if sign in NOT_IN_NAMES else sign for sign in name)
    return safe.strip(" .") or "_"


def _write_sidecars(store: Store, folder: Path, named: dict[int, ArchivePerson]) -> str:
    written = 0
    kept: list[bytes] = []
    for photo, faces in _shown(store, named):
        path = os.path.join(bytes(folder), sidecar_name(photo.path))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.exists(path) and not _is_ours(path):
            kept.append(photo.path)
            continue
        text = sidecar(photo, faces, named)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        written += 1
    said = f"{written} sidecars in {folder}"
    if kept:
        said += f"; {len(kept)} of another program were left as they are"
    return said


def sidecar_name(path: bytes) -> bytes:
    """Return the name of a photo's sidecar, as digiKam looks for it, and of RAW as Lightroom does.

    Lightroom has no sidecars of other photos.
    """
    if suffix_of(path) in RAW:
        path, _ = os.path.splitext(path)
    return path + b".xmp"


def _is_ours(path: str | bytes) -> bool:
    with open(path, "rb") as file:
        return OURS.encode() in file.read(2_000)


def sidecar(
    photo: StoredPhoto,
    faces: Sequence[StoredFace],
    named: dict[int, ArchivePerson],
) -> str:
    """Return the XMP of a photo: names as keywords, and the regions of their faces."""
    width, height = photo.width, photo.height
    if photo.orientation >= 5:
        width, height = height, width
    regions = []
    names = []
    for face in faces:
        assert face.person is not None  # noqa: S101
        name = named[face.person].name
        x, y, w, h = stored_area(face.box, photo)
        regions.append(REGION.format(name=quoteattr(name), x=x, y=y, w=w, h=h))
        names.append(name)
    subjects = [SUBJECT.format(name=_escaped(name)) for name in dict.fromkeys(names)]
    return SIDECAR.format(
        toolkit=OURS,
        subjects="".join(subjects),
        width=width,
        height=height,
        regions="".join(regions),
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def stored_area(box: Area, photo: StoredPhoto) -> Area:
    """Return the area of a box in the picture as it is stored, before EXIF turns it upright.

    The Metadata Working Group's guidelines (2010, 5.9) relate regions to the stored picture, and
    digiKam and Lightroom write them so.
    """
    x, y, wide, high = box
    left = min(max(x, 0.0), photo.width)
    top = min(max(y, 0.0), photo.height)
    right = min(x + wide, photo.width)
    low = min(y + high, photo.height)
    across = (left + right) / 2 / photo.width
    down = (top + low) / 2 / photo.height
    w = (right - left) / photo.width
    h = (low - top) / photo.height
    # Where the upright point lies in the stored picture, by orientation (Exif 2.32, 4.6.4).
    turned: dict[int, Area] = {
        1: (across, down, w, h),
        2: (1 - across, down, w, h),
        3: (1 - across, 1 - down, w, h),
        4: (across, 1 - down, w, h),
        5: (down, across, h, w),
        6: (down, 1 - across, h, w),
        7: (1 - down, 1 - across, h, w),
        8: (1 - down, across, h, w),
    }
    return turned[photo.orientation]
