"""Reader of pictures without labels."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.datasets.faces import PICTURES, DatasetError, Files, decoded
from vitrine.vision.crop import Image


@dataclass(frozen=True)
class Picture:
    """A file, not decoded yet."""

    name: str
    encoded: bytes

    def image(self) -> Image:
        """The decoded picture, (H, W, 3) BGR. Raises DatasetError."""
        return decoded(self.encoded, self.name)


def read_pictures(path: Path) -> list[Picture]:
    """All pictures of a folder or zip archive, by name; raises DatasetError."""
    files = Files(path)
    names = [
        name for name in files.names if PurePosixPath(name).suffix.lower() in PICTURES
    ]
    if not names:
        raise DatasetError(str(path), None, f"holds no *{{{','.join(PICTURES)}}}")
    return [Picture(name, files.read(name)) for name in names]
