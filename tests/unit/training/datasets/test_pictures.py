from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data_sets import STORED, Contents, pictures
from training.datasets.pictures import read_pictures


@pytest.mark.parametrize("stored", STORED)
def test_pictures_are_read_by_name(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    files = pictures("shelf/2.jpg", "shelf/10.PNG", "1.jpeg", "terms.txt")

    found = read_pictures(stored(tmp_path, files))

    names = [picture.name for picture in found]
    assert names == ["1.jpeg", "shelf/10.PNG", "shelf/2.jpg"]
    assert found[0].image().shape == (40, 60, 3)
