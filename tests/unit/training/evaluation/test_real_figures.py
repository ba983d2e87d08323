"""Each command on a few of the real faces that nothing was trained on."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from training.__main__ import main
from training.datasets.names import person_and_video
from training.datasets.splits import part_of

pytestmark = pytest.mark.shared


def some_of(
    archive: Path,
    chosen: Callable[[str], bool],
    most: int,
    target: Path,
) -> Path:
    """A smaller archive of the first files that are chosen."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as copy:
        for name in [name for name in sorted(source.namelist()) if chosen(name)][:most]:
            copy.writestr(name, source.read(name))
    return target


def held_out(name: str) -> bool:
    return name.endswith(".jpg") and part_of(person_and_video(name)[0]) == "held-out"


def evaluated(tmp_path: Path, *arguments: object) -> dict[str, Any]:
    out = tmp_path / "out.json"
    done = CliRunner().invoke(
        main,
        ["evaluate", *map(str, arguments), "--json", str(out)],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    content: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return content


def photos(shared: Path, tmp_path: Path) -> Path:
    archive = shared / "data" / "helen_afw_68.zip"
    return some_of(
        archive, lambda name: name.startswith("helen/10"), 40, tmp_path / "photos.zip"
    )


def test_landmarks(shared: Path, tmp_path: Path) -> None:
    result = evaluated(
        tmp_path, "landmarks", "--data", photos(shared, tmp_path), "--format", "pts"
    )
    assert result["n"] == 20
    assert result["detected"] > 0.9
    assert result["nme"] < 0.08


def test_detector(shared: Path, tmp_path: Path) -> None:
    data = photos(shared, tmp_path)
    result = evaluated(
        tmp_path, "detector", "--data", data, "--format", "pts", "--face-size", 48
    )
    assert result["recall"] > 0.9
    yunet = shared / "models" / "yunet_n_dynamic.onnx"
    shelves = shared / "data" / "shop_shelves_no_faces.zip"
    arguments = [
        "--data",
        shelves,
        "--format",
        "negatives",
        "--skip",
        140,
        "--weights",
        yunet,
    ]
    result = evaluated(tmp_path, "detector", *arguments)
    assert result["n"] == 10
    assert result["false_per_image"] < 1


def test_identity_of_aligned_faces(shared: Path, tmp_path: Path) -> None:
    data = some_of(
        shared / "data" / "lfw_aligned_144.zip", held_out, 150, tmp_path / "people.zip"
    )
    teacher = shared / "models" / "mobilefacenet_112.onnx"
    arguments = [
        "--data",
        data,
        "--format",
        "people",
        "--aligned",
        "--weights",
        teacher,
    ]
    result = evaluated(tmp_path, "identity", *arguments)
    assert result["n"] == 150
    assert result["accuracy"] > 0.95
    assert result["tar_at_far"]["1e-2"] > 0.95


def test_identity_across_videos(shared: Path, tmp_path: Path) -> None:
    archive = shared / "data" / "youtube_faces_keypoints.zip"
    data = some_of(archive, held_out, 60, tmp_path / "people.zip")
    teacher = shared / "models" / "mobilefacenet_112.onnx"
    arguments = [
        "--data",
        data,
        "--format",
        "people",
        "--protocol",
        "leave-one-video-out",
        "--weights",
        teacher,
    ]
    result = evaluated(tmp_path, "identity", *arguments)
    assert result["detected"] > 0.9
    assert result["rank1"] > 0.7


def test_expression(shared: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(shared / "data" / "ferplus.zip") as source:
        rows = source.read("FER2013Valid/label.csv").decode().splitlines()[:150]
        names = ["FER2013Valid/" + row.partition(",")[0] for row in rows]
        with zipfile.ZipFile(tmp_path / "expressions.zip", "w") as copy:
            copy.writestr("FER2013Valid/label.csv", "\n".join(rows))
            for name in names:
                copy.writestr(name, source.read(name))
    result = evaluated(
        tmp_path,
        "expression",
        "--data",
        tmp_path / "expressions.zip",
        "--format",
        "ferplus",
    )
    assert 100 < result["n"] <= 150
    assert result["accuracy"] > 0.7
