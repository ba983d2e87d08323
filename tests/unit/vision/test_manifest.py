"""models/models.yaml, the cards and the files say the same, and mistakes are named."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from vitrine.cli.commands import cli
from vitrine.errors import ConfigurationError
from vitrine.shipped import MODELS
from vitrine.vision import manifest, models
from vitrine.vision.manifest import (
    MANIFEST,
    Manifest,
    Public,
    Shipped,
    in_use,
    problems,
    read_manifest,
    read_weights,
)

CONTENT = b"weights"
PUBLIC = Public(
    file="public.onnx",
    role="landmarks",
    purpose="points",
    licence="MIT",
    bytes=7,
    sha256=sha256(CONTENT).hexdigest(),
    project="https://example.org",
    url="https://example.org/public.onnx",
    origin="a test",
)
OURS = Shipped(
    file="ours.onnx",
    role="landmarks",
    purpose="points",
    licence="MIT",
    bytes=7,
    sha256=sha256(CONTENT).hexdigest(),
    card="ours.card.md",
)
MANIFEST_OF_TWO = Manifest(shipped=(OURS,), public=(PUBLIC,))


def test_every_file_that_ships_has_its_card_and_entry_and_none_is_stale() -> None:
    assert problems(read_manifest(), None) == [], "run `python -m training restate`"


def test_sizes_are_those_of_the_files() -> None:
    for entry in read_manifest().shipped:
        size = (MODELS / entry.file).stat().st_size
        assert (entry.file, entry.size) == (entry.file, size)


def test_every_file_that_the_product_loads_has_an_entry() -> None:
    loaded = {value for name, value in vars(models).items() if name.endswith("_FILE")}
    listed = read_manifest()
    entries = [*listed.shipped, *listed.fetched]
    assert loaded <= {entry.file for entry in entries}


def test_what_the_manifest_calls_in_use_is_what_the_product_loads() -> None:
    used = in_use(read_manifest(), None)
    assert used["detector"] == models.DETECTOR_FILE
    assert used["landmarks"] == models.LANDMARKS_FILE
    assert used["embedding"] == models.EMBEDDING_FILE


def test_each_set_uses_its_own_files(tmp_path: Path) -> None:
    for name in models.FETCHED:
        (tmp_path / name).write_bytes(b"")
    used = in_use(read_manifest(), tmp_path, model_set="commercial")
    assert used == {
        "detector": models.YUNET_FILE,
        "landmarks": models.FACE_MESH_FILE,
        "embedding": models.DESCRIPTOR_FILE,
        "quality": models.SHARPNESS_FILE,
        "pose": "canonical_shape_68.json",
    }
    assert in_use(read_manifest(), tmp_path)["landmarks"] == models.LANDMARKS_FILE


def test_no_file_of_the_commercial_set_is_for_research_only() -> None:
    listed = read_manifest()
    for entry in (*listed.shipped, *listed.fetched):
        if "commercial" in entry.sets:
            assert "research" not in entry.licence


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        (models.LANDMARKS_FILE, "install Vitrine again"),
        (models.YUNET_FILE, "run `vitrine models pull yunet_n_dynamic.onnx`"),
    ],
)
def test_a_changed_file_is_not_loaded(
    tmp_path: Path,
    name: str,
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(manifest, "MODELS", tmp_path)
    (tmp_path / name).write_bytes(b"other")
    with pytest.raises(ConfigurationError) as refused:
        read_weights(tmp_path / name)
    said = str(refused.value)
    assert f"{name}: changed: sha256 {sha256(b'other').hexdigest()}" in said
    assert remedy in said


def test_what_a_training_run_writes_elsewhere_is_not_what_ships(tmp_path: Path) -> None:
    (tmp_path / models.LANDMARKS_FILE).write_bytes(b"trained anew")
    assert read_weights(tmp_path / models.LANDMARKS_FILE) == b"trained anew"


def test_a_file_of_no_listed_name_is_the_operators_own(tmp_path: Path) -> None:
    (tmp_path / "own.onnx").write_bytes(b"own")
    assert read_weights(tmp_path / "own.onnx") == b"own"


@pytest.mark.shared
def test_the_public_models_at_hand_are_the_listed_ones(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_MODELS", str(shared / "models"))
    result = CliRunner().invoke(cli, ["models", "verify"])
    assert result.exit_code == 0
    assert result.output.endswith("2 public\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that `MANIFEST_OF_TWO` describes."""
    (tmp_path / "ours.onnx").write_bytes(CONTENT)
    (tmp_path / "ours.card.md").write_text(f"sha256 `{OURS.sha256}`\n")
    (tmp_path / MANIFEST).write_text("")
    return tmp_path


def test_a_folder_in_order_has_no_problems(folder: Path) -> None:
    assert problems(MANIFEST_OF_TWO, None, folder) == []


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "ours.onnx",
            b"other",
            f"ours.onnx: changed: sha256 {sha256(b'other').hexdigest()}, expected",
        ),
        ("ours.onnx", None, "ours.onnx: missing"),
        ("ours.card.md", None, "ours.onnx: has no card ours.card.md"),
        (
            "ours.card.md",
            b"sha256 `0`",
            "ours.card.md: states another sha256 than models.yaml",
        ),
        ("stray.onnx", b"", "stray.onnx: has no entry in models.yaml"),
    ],
)
def test_each_problem_is_one_line(
    folder: Path,
    name: str,
    content: bytes | None,
    expected: str,
) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    found = problems(MANIFEST_OF_TWO, None, folder)
    assert len(found) == 1
    assert expected in found[0]


def test_a_changed_public_model_is_a_problem_where_it_is_configured(
    folder: Path, tmp_path: Path
) -> None:
    configured = tmp_path / "configured"
    configured.mkdir()
    (configured / "public.onnx").write_bytes(b"other")
    (configured / "whatever.txt").write_text("the operator's own")
    lines = problems(MANIFEST_OF_TWO, configured, folder)
    (line,) = [line for line in lines if "public.onnx" in line]
    assert "public.onnx: changed: sha256" in line


def test_a_public_model_comes_before_what_ships(folder: Path, tmp_path: Path) -> None:
    assert in_use(MANIFEST_OF_TWO, None, folder) == {"landmarks": "ours.onnx"}
    (tmp_path / "public.onnx").write_bytes(CONTENT)
    assert in_use(MANIFEST_OF_TWO, tmp_path, folder) == {"landmarks": "public.onnx"}


def test_a_manifest_that_is_wrong_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"models\.yaml"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_text("shipped: [{file: ../x}]\npublic: []")
    with pytest.raises(ConfigurationError, match=r"shipped\.0\.file"):
        read_manifest(tmp_path)
