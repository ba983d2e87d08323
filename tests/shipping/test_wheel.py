"""Install the wheel as a stranger would: a new environment, an empty folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.brokers import ROOT

pytestmark = pytest.mark.timeout(900)


def run(command: Sequence[str | Path], folder: Path) -> str:
    """Return what a command printed. AssertionError with its output when it fails."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-3000:]
    return output


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    uv = Path(sys.executable).with_name("uv")
    build: list[str | Path] = [
        uv,
        "build",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
    ]
    run([*build, "--out-dir", folder, ROOT], folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the programs of a new environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("environment")
    run([sys.executable, "-m", "venv", folder / "venv"], folder)
    # Versions without their hashes: with them pip would refuse the wheel, which has none.
    locked = (ROOT / "requirements" / "product.txt").read_text()
    pins = re.findall(r"^[A-Za-z0-9._-]+==[^ \\]+(?: ; [^\\]+)?", locked, re.MULTILINE)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins) + "\n")
    python = folder / "venv" / "bin" / "python"
    pip: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    run([*pip, "-c", constraints, f"{wheel}[embedded]"], folder)
    return python.parent


def test_the_demo_runs_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    options = ["--seconds", "5", "--speed", "max", "--port", "0", "--no-browser"]
    run([installed / "vitrine", "demo", *options, "--record", "run"], tmp_path)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["frames"] >= 45
    assert summary["faces"] > 0
    assert "<html" in (tmp_path / "run" / "report.html").read_text()


def test_nothing_is_installed_beside_the_one_package(
    installed: Path, tmp_path: Path
) -> None:
    question = (
        "import importlib.util as u, json, vitrine;"
        "print(json.dumps([u.find_spec('services') is None, vitrine.__file__]))"
    )
    absent, place = json.loads(run([installed / "python", "-c", question], tmp_path))
    assert absent
    assert place.startswith(str(installed.parent))


def test_it_says_its_version_and_is_typed(installed: Path, tmp_path: Path) -> None:
    assert version("vitrine") in run([installed / "vitrine", "--version"], tmp_path)
    question = (
        "from importlib.resources import files;"
        "print((files('vitrine') / 'py.typed').is_file())"
    )
    assert run([installed / "python", "-c", question], tmp_path).strip() == "True"


def test_the_weights_inside_are_those_of_the_manifest(
    installed: Path, tmp_path: Path
) -> None:
    run([installed / "vitrine", "models", "verify"], tmp_path)
