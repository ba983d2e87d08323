"""Reader of pictures of known people: a folder for each, or `First_Last_VF.jpg` side by side."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.datasets.faces import decoded
from training.datasets.names import PLAIN_FOLDERS, numbered_videos, person_and_video
from training.datasets.pictures import read_pictures
from vitrine.vision.crop import Image


@dataclass(frozen=True)
class PersonFace:
    """Hold one picture of a known person."""

    name: str
    """Its path in the set."""
    person: str
    """`First_Last`; splits keep a person whole."""
    video: str
    """`First_Last/2`, unlike any other person's; a photo is its own video."""
    encoded: bytes

    @property
    def group(self) -> str:
        """The person: see `select`."""
        return self.person

    @property
    def split(self) -> str:
        """The folder of a published split, such as `test`; "" where each person has a folder."""
        folder = PurePosixPath(self.name).parent.name
        if folder.lower() in PLAIN_FOLDERS:
            return folder
        return ""

    def image(self) -> Image:
        """Return the decoded picture, (H, W, 3) BGR. Raises DatasetError."""
        return decoded(self.encoded, self.name)


def read_people(path: Path) -> list[PersonFace]:
    """Return all pictures of a folder or zip archive by name: see `person_and_video`.

    Raises DatasetError.
    """
    pictures = read_pictures(path)
    videos = numbered_videos(picture.name for picture in pictures)
    faces = []
    for picture in pictures:
        person, video = person_and_video(picture.name, videos)
        faces.append(
            PersonFace(
                picture.name,
                person,
                video,
                picture.encoded,
            )
        )
    return faces
