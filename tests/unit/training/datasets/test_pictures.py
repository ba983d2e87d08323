from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data_sets import STORED, Contents, picture
from training.datasets.pictures import read_pictures


@pytest.mark.parametrize("stored", STORED)
def test_pictures_are_read_by_name(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    names = ["shelf/2.jpg", "shelf/10.PNG", "1.jpeg", "terms.txt"]
    pictures = read_pictures(stored(tmp_path, {name: picture() for name in names}))
    assert [some.name for some in pictures] == ["1.jpeg", "shelf/10.PNG", "shelf/2.jpg"]
    assert pictures[0].image().shape == (40, 60, 3)
