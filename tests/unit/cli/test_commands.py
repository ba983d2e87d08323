"""The command line answers at once, ends cleanly, and completes names."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from vitrine.cli import main
from vitrine.cli.commands import cli

VITRINE = [sys.executable, "-m", "vitrine.cli"]
# What takes most of the time of an import.
HEAVY = {"pydantic", "numpy", "cv2", "rich", "redis", "fastapi", "yaml", "onnxruntime"}


def completions(*words: str) -> list[str]:
    """Return what the tab key offers after these words, as bash asks for it."""
    line = " ".join(["vitrine", *words])
    environment = {
        **os.environ,
        "_VITRINE_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        VITRINE,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return re.findall(r"plain,(.*)", done.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["demo", "--help"],
        ["fieldtest", "--help"],
        ["customers", "enrol", "--help"],
        ["report", "--help"],
        ["policy", "evaluate", "--help"],
        ["screens", "--help"],
        ["users", "--help"],
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from vitrine.cli.commands import cli\n"
        f"try: cli({arguments!r})\n"
        "finally: print('loaded', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    text, _, loaded = done.stdout.rpartition("loaded ")
    assert "Usage:" in text
    assert not HEAVY & set(loaded.split())


@pytest.mark.parametrize("moment_s", [0.15, 0.4, 0.8, 1.6, 3.0])
def test_ctrl_c_is_clean_from_the_first_moment(moment_s: float, tmp_path: Path) -> None:
    command = [*VITRINE, "demo", "--no-browser", "--port", "0"]
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert started.stderr is not None
    # Before its first line the interpreter itself is starting.
    first = started.stderr.readline()
    time.sleep(moment_s)
    started.send_signal(signal.SIGINT)
    _, errors = started.communicate(timeout=60)
    assert first == "Vitrine demo: synthetic visitors\n"
    assert "Traceback" not in errors
    if started.returncode != 0:
        # Python itself ends by the signal where it came within `exec`; a shell shows 130 for both.
        assert started.returncode in {130, -signal.SIGINT}
        assert errors.endswith("vitrine: interrupted\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["fieldtest", "rus"], ["rush"]),
        (["fieldtest", "--break", "cl"], ["clock"]),
        (["models", "pull", "yu"], ["yunet_n_dynamic.onnx"]),
        (["run", "in"], ["ingest"]),
        (["customers", "er"], ["erase", "erase-again"]),
        (["completion", "f"], ["fish"]),
    ],
)
def test_the_tab_key_completes_names(words: list[str], expected: list[str]) -> None:
    assert completions(*words) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert "_VITRINE_COMPLETE" in result.output


def test_what_has_become_of_an_option_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--config", "mall"])
    assert ended.value.code == 2
    assert "`vitrine site mall`" in capsys.readouterr().err


def test_an_unknown_service_is_one_clear_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "landmark"])
    assert ended.value.code == 1
    expected = "vitrine: no service 'landmark'; there are: analytics, console"
    assert capsys.readouterr().err.startswith(expected)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["models", "list", "--json"], "file"),
        (["topics", "doc", "--json"], "topic"),
        (["fieldtest", "--list", "--json", "-"], "scenario"),
    ],
)
def test_tables_are_also_there_for_programs(arguments: list[str], key: str) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0
    listed = json.loads(result.output)
    assert len(listed) > 3
    assert all(entry[key] for entry in listed)
