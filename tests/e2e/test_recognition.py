"""A customer who asked for it is recognised, from the picture that was enrolled to the event on the bus."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.recordings import events
from vitrine.synthetic import SyntheticMall
from vitrine.vision.models import PUBLIC_EMBEDDING_FILE, YUNET_FILE

pytestmark = [pytest.mark.shared, pytest.mark.redis]

SOURCE = "synthetic:?people=3&seed=11&seconds=25"
WIDTH = 640
HEIGHT = 360
FPS = 10


def vitrine(environment: dict[str, str], *arguments: str) -> str:
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
    """YuNet, and the public embedding network where that is asked for."""
    models = folder / "models"
    models.mkdir()
    for name in [YUNET_FILE] + (
        [PUBLIC_EMBEDDING_FILE] if embedding == "public" else []
    ):
        (models / name).symlink_to(public / name)
    return models


def portraits(folder: Path) -> tuple[str, list[Path]]:
    """One synthetic person's frontal pictures, and who it is."""
    mall = SyntheticMall.from_uri(SOURCE, WIDTH, HEIGHT, FPS)
    taken: dict[str, list[Path]] = {}
    for number in range(0, 250, 3):
        image, truth = mall.frame(number)
        for person in truth.people:
            x, y, w, h = (round(value) for value in person.box)
            good = (
                person.visible
                and abs(person.yaw) < 12
                and h > 70
                and x > w
                and x + 2 * w < WIDTH
            )
            if not good:
                continue
            path = folder / f"{person.person}-{number}.png"
            cv2.imwrite(
                str(path),
                image[max(0, y - h // 2) : y + h + h // 2, x - w // 3 : x + w + w // 3],
            )
            taken.setdefault(person.person, []).append(path)
    who = max(taken, key=lambda name: len(taken[name]))
    return who, taken[who][:5]


def owner_of_tracks(record: Path) -> dict[str, str]:
    """Track → the synthetic person under it, by majority over the frames."""
    truth = {line["captured_at_ns"]: line["people"] for line in events(record, "truth")}
    votes: dict[str, list[str]] = {}
    for frame in events(record, "faces"):
        for face in frame["faces"]:
            person = under(face["box"], truth[frame["captured_at_ns"]])
            if person:
                votes.setdefault(face["track_id"], []).append(person)
    return {track: max(set(names), key=names.count) for track, names in votes.items()}


def under(box: list[float], people: list[dict[str, Any]]) -> str | None:
    x, y, w, h = box
    inside = [
        p
        for p in people
        if x < p["points"][30][0] < x + w and y < p["points"][30][1] < y + h
    ]
    return inside[-1]["person"] if inside else None


@pytest.mark.parametrize("embedding", ["ours", "public"])
def test_only_the_enrolled_customer_is_known(
    tmp_path: Path, shared: Path, redis_url: str, embedding: str
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"k1 {b64encode(bytes(32)).decode()}\n")
    environment = {
        "VITRINE_MODELS": str(models_of(tmp_path, shared / "models", embedding)),
        "VITRINE_KEY_FILE": str(keys),
        "VITRINE_REDIS_URL": redis_url.replace("/0", "/9"),
    }
    who, pictures = portraits(tmp_path)
    customer_id = vitrine(
        environment, "customers", "enrol", "Ada Example", *map(str, pictures)
    ).split()[0]
    record = tmp_path / "record"
    options = ["--speed", "max", "--no-browser", "--port", "0", "--record", str(record)]
    vitrine(environment, "demo", "--source", SOURCE, *options)

    owners = owner_of_tracks(record)
    known = {e["track_id"] for e in events(record, "identities") if e["known"]}
    assert known
    assert {owners[track] for track in known} == {who}
    recorded = "".join(path.read_text() for path in record.glob("*.json*"))
    assert customer_id not in recorded
    assert "Ada" not in recorded
