"""Who may import whom: the contracts stand in pyproject.toml."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name(
        "lint-imports"
    )  # in our process it would silence all loggers
    done = subprocess.run(
        [program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_kafka_client_is_imported_in_one_folder_only() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("vitrine", "services")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
        )
        if name.split(".")[0] == "kafka"
    }
    assert {Path(path).parent.as_posix() for path in found} <= {"vitrine/bus/kafka"}
