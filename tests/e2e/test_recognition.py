"""A customer who asked for it is recognised, from the enrolled picture to the event."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.recordings import events
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect
from vitrine.synthetic import SyntheticMall
from vitrine.synthetic.truth import PersonTruth
from vitrine.vision.crop import Image
from vitrine.vision.models import PUBLIC_EMBEDDING_FILE, YUNET_FILE

pytestmark = [pytest.mark.shared, pytest.mark.redis]

SOURCE = "synthetic:?people=3&seed=11&seconds=25"
WIDTH = 640
HEIGHT = 360
FPS = 10


def vitrine(environment: dict[str, str], *arguments: str) -> str:
    """Run the program; return what it printed. Raises AssertionError where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "vitrine.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def models_of(folder: Path, public: Path, embedding: str) -> Path:
    """Return a folder with YuNet, and with the public embedding network if asked for."""
    models = folder / "models"
    models.mkdir()
    names = [YUNET_FILE]
    if embedding == "public":
        names.append(PUBLIC_EMBEDDING_FILE)
    for name in names:
        (models / name).symlink_to(public / name)
    return models


def portraits(folder: Path) -> tuple[str, list[Path]]:
    """Return a synthetic person, and five frontal pictures of them."""
    mall = SyntheticMall.from_uri(SOURCE, WIDTH, HEIGHT, FPS)
    taken: dict[str, list[Path]] = defaultdict(list)
    for number in range(0, 250, 3):
        image, truth = mall.frame(number)
        for person in truth.people:
            if not is_portrait(person):
                continue
            name = person.person
            path = folder / f"{name}-{number}.png"
            cv2.imwrite(str(path), around(image, person))
            taken[name].append(path)
    most_seen = max(taken, key=lambda name: len(taken[name]))
    return most_seen, taken[most_seen][:5]


def is_portrait(person: PersonTruth) -> bool:
    """Return whether a face is frontal, large enough, and has room at both sides."""
    x, _, width, height = person.box
    is_frontal = person.visible and abs(person.yaw) < 12
    is_inside = x > width and x + 2 * width < WIDTH
    return is_frontal and is_inside and height > 70


def around(image: Image, person: PersonTruth) -> Image:
    """Return the face, with some room around it."""
    x, y, width, height = (round(value) for value in person.box)
    top = max(0, y - height // 2)
    bottom = y + height + height // 2
    left = x - width // 3
    right = x + width + width // 3
    return image[top:bottom, left:right]


def owner_of_tracks(record: Path) -> dict[str, str]:
    """Return the synthetic person under each track, by majority over the frames."""
    truth = {}
    for line in events(record, "truth"):
        truth[line["captured_at_ns"]] = line["people"]
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for frame in events(record, "faces"):
        # The record that says that a source ended has a time of its own, and no faces.
        for face in frame["faces"]:
            person = under(face["box"], truth[frame["captured_at_ns"]])
            if person is None:
                continue
            track = face["track_id"]
            votes[track][person] += 1
    owners = {}
    for track, names in votes.items():
        owners[track] = names.most_common(1)[0][0]
    return owners


def under(box: list[float], people: list[dict[str, Any]]) -> str | None:
    """Return the person whose nose tip, point 30, lies in the box; the last of several."""
    x, y, width, height = box
    found = None
    for person in people:
        nose_x, nose_y = person["points"][30]
        if x < nose_x < x + width and y < nose_y < y + height:
            found = person["person"]
    return found


@pytest.fixture
def keys_url() -> Iterator[str]:
    """The address of a key store."""
    with embedded_redis() as url:
        yield url


@pytest.mark.parametrize("embedding", ["ours", "public"])
def test_only_the_enrolled_customer_is_known(
    tmp_path: Path, shared: Path, redis_url: str, keys_url: str, embedding: str
) -> None:
    key = b64encode(bytes(32)).decode()
    keys = tmp_path / "keys"
    keys.write_text(f"k1 {key}\n")
    keys.chmod(0o600)
    models = models_of(tmp_path, shared / "models", embedding)
    store_url = redis_url.replace("/0", "/9")
    # The customers of the other network have their data keys elsewhere.
    with connect(store_url) as redis:
        redis.flushdb()
    environment = {
        "VITRINE_MODELS": str(models),
        "VITRINE_KEY_FILE": str(keys),
        "VITRINE_KEYS_URL": keys_url,
        "VITRINE_REDIS_URL": store_url,
    }
    enrolled_person, pictures = portraits(tmp_path)
    paths = [str(path) for path in pictures]
    printed = vitrine(environment, "customers", "enrol", "Ada Example", *paths)
    customer_id = printed.split()[0]
    record = tmp_path / "record"
    vitrine(
        environment,
        "demo",
        "--source",
        SOURCE,
        "--speed",
        "max",
        "--no-browser",
        "--port",
        "0",
        "--record",
        str(record),
    )

    owners = owner_of_tracks(record)
    decisions = events(record, "identities")
    known = {decision["track_id"] for decision in decisions if decision["known"]}
    assert known
    assert {owners[track] for track in known} == {enrolled_person}
    texts = [path.read_text() for path in record.glob("*.json*")]
    recorded = "".join(texts)
    assert customer_id not in recorded
    assert "Ada" not in recorded
