"""The rooms import each other only downwards: the contracts stand in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_import_contracts_hold() -> None:
    # A process of its own: in ours, import-linter would silence all loggers.
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
