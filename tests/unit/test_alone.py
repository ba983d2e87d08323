"""Tests that load the machine run by themselves."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.brokers import ROOT


def test_of_the_tests_that_share_the_cores_none_is_of_a_whole_site() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-m", "not alone"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "tests/shipping", "tests/deploy"],
        cwd=ROOT,
        # Whatever options people give their own runs, this one prints names.
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tests/deploy/" in done.stdout
    assert "tests/shipping/" not in done.stdout
