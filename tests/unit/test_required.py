"""What a machine must have is required of each process among which the tests are shared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.brokers import ROOT

NEEDS_PROMTOOL = (
    "tests/deploy/test_prometheus_files.py"
    "::test_promtool_accepts_configuration_and_rules"
)


def test_a_test_that_runs_in_another_process_fails_where_what_it_needs_is_required(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, NEEDS_PROMTOOL],
        cwd=ROOT,
        # Nothing is on this path.
        env={
            **os.environ,
            "PATH": str(tmp_path),
            "VITRINE_REQUIRE_PROMETHEUS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "NO PROMETHEUS" in done.stdout
