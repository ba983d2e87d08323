"""Reader of pictures without labels."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.datasets.faces import PICTURES, DatasetError, Files, decoded
from vitrine.vision.crop import Image


@dataclass(frozen=True)
class Picture:
    """Hold a picture that is not decoded yet."""

    name: str
    encoded: bytes

    def image(self) -> Image:
        """Return the decoded picture, (H, W, 3) BGR. Raises DatasetError."""
        return decoded(self.encoded, self.name)


def read_pictures(path: Path) -> list[Picture]:
    """Return all pictures of a folder or zip archive, by name; raises DatasetError."""
    files = Files(path)
    pictures = []
    for name in files.names:
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in PICTURES:
            pictures.append(Picture(name, files.read(name)))
    if not pictures:
        raise DatasetError(str(path), None, f"holds no *{{{','.join(PICTURES)}}}")
    return pictures
