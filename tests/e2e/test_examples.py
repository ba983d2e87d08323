"""Every example line of README and docs: run as printed, or listed here with the reason why not."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from tests.brokers import ROOT, free_ports
from vitrine.cli.commands import cli

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
MODULE = re.compile(r"python -m ([\w.]+)")
INLINE = re.compile(r"`(vitrine [^`]+)`")
# `grep x | cat`, `a && b` and redirections are for a shell; so is the rest of such a line.
SHELL = re.compile(r"[|&;<>$]")

# Beginning of a command → why it is not run here. `make` and `vitrine` lines are still parsed.
NOT_RUN = {
    "make ": "installs, builds or tests for minutes; the target is looked for",
    "pip install": "installs; tests/shipping installs the wheel into a new environment",
    "VITRINE_MODELS=": "needs public models; tests with ../shared use them",
    "docker compose": "needs Docker; tests/stack starts it",
    "export VITRINE_BUS": "settings of the lines below it",
    "vitrine topics apply": "needs Kafka; tests/unit/cli/test_topics_command.py runs it",
    "for name in": "needs Kafka; tests/processes.py starts the same processes",
    "vitrine customers --data mall/data enrol": "needs pictures of a customer; "
    "tests/component/test_enrolment.py has them",
    "vitrine policy evaluate": "needs a log; tests/unit/cli/test_policy_command.py has some",
    "vitrine probe": "needs pictures of a screen; tests/unit/cli/test_probe_command.py has some",
    "vitrine tills": "needs the store of a stand; tests/component/test_till.py has one",
    "vitrine offers": "likewise",
    "vitrine users": "asks for passwords; tests/unit/cli/test_users_command.py answers",
    "vitrine models pull": "fetches from the network; its tests serve the files themselves",
    "vitrine fieldtest rush": "takes minutes; tests/e2e/test_fieldtest.py runs one",
    "vitrine fieldtest two-cameras": "takes minutes; the same test breaks one on purpose",
    "vitrine fieldtest --recording": "needs a video with hand labels",
    "python -m benchmarks.reading": "reads a checkout; tests/unit/test_reading.py does",
    "echo 'eval": "changes the reader's own shell; the script is tested",
    "vitrine completion fish": "changes the reader's own shell; the script is tested",
    "apt install": "needs root",
    "mkdir -p ~/.pki": "changes the reader's own browser; tests/e2e/test_tls.py has one",
    "certutil": "likewise",
    "python3 -m venv /opt": "needs root",
    "useradd": "needs root",
    "/opt/vitrine/bin/vitrine config": "needs root",
    "cp deploy/vitrine.service": "needs root",
    "systemctl": "needs root and systemd",
    "vitrine view": "its window or page stays until Ctrl-C; tests/e2e/test_view.py opens them",
    "vitrine lab app": "likewise; tests/e2e/test_lab_app.py opens it",
    "vitrine archive page": "likewise; tests/e2e/test_archive_page.py opens it",
    "vitrine calibrate": "its page runs until Ctrl-C; tests/e2e/test_calibrate.py uses it",
    "python -m training": "trains for hours; tests/unit/training trains small ones",
}
# They run until Ctrl-C, which has to end them in order.
ENDLESS = {"vitrine demo": "Ready", "vitrine site mall": "the site is ready"}


def commands(page: Path) -> Iterator[str]:
    """Yield the commands in a page's blocks for a shell, without comments."""
    for block in BLOCK.findall(page.read_text()):
        joined = block.replace("\\\n", " ")
        # A loop is one command.
        joined = re.sub(
            r"^for .*?^done$", one_line, joined, flags=re.MULTILINE | re.DOTALL
        )
        for line in joined.splitlines():
            command = re.sub(r"\s+#.*", "", line).strip()
            if command:
                yield command


def one_line(match: re.Match[str]) -> str:
    return match[0].replace("\n", " ")


EXAMPLES = [(page.name, command) for page in PAGES for command in commands(page)]


def reason_for(command: str) -> str | None:
    for beginning, reason in NOT_RUN.items():
        if command.startswith(beginning):
            return reason
    return None


def wrong_in(command: str) -> str:
    """Return what `vitrine` does not know in a command; empty where it knows all of it."""
    # What is quoted is no sign for the shell, as the `&` of an address.
    plain = re.sub(r"'[^']*'", "quoted", command)
    words = shlex.split(SHELL.split(plain)[0])
    place: click.Command = cli
    context = click.Context(cli)
    options: set[str] = {"--help"}
    for word in words[1:]:
        name = word.rstrip(",")
        if isinstance(place, click.Group) and not name.startswith("-"):
            below = place.get_command(context, name)
            if below is not None:
                place = below
                for parameter in place.params:
                    options.update(parameter.opts)
            elif not options:
                return f"no command {name}"
        elif name.startswith("--") and name.partition("=")[0] not in options:
            return f"no option {name}"
    if place is cli and len(words) > 1 and not words[1].startswith(("-", "<")):
        return f"no command {words[1]}"
    return ""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder, in which a reader tries the examples in their order."""
    return tmp_path_factory.mktemp("reader")


@pytest.fixture(scope="module")
def environment(reader: Path) -> dict[str, str]:
    """Return an environment with `vitrine`, and ports of its own."""
    program = reader / "bin" / "vitrine"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m vitrine.cli "$@"\n')
    program.chmod(0o755)
    pages, health = free_ports(2)
    return {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "VITRINE_STAND_PORT": str(pages),
        "VITRINE_HEALTH_PORT": str(health),
        "VITRINE_LOG_FORMAT": "text",
        "VITRINE_LOG_LEVEL": "INFO",
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
    }


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("page", "command"), EXAMPLES)
def test_an_example_runs_as_it_is_printed(
    page: str,
    command: str,
    reader: Path,
    environment: dict[str, str],
) -> None:
    if reason_for(command) is not None:
        return
    if command in ENDLESS:
        run_until_ready(command, ENDLESS[command], reader, environment)
        return
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=reader,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def run_until_ready(
    command: str, sign: str, reader: Path, environment: dict[str, str]
) -> None:
    """Start a command, interrupt it when it says the sign, and expect an orderly end."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        cwd=reader,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stderr is not None
        said = []
        for line in started.stderr:
            said.append(line)
            if sign in line:
                break
        started.send_signal(signal.SIGINT)
        rest = started.stderr.read()
    assert started.returncode == 0, "".join(said) + rest


@pytest.mark.parametrize(("page", "command"), EXAMPLES)
def test_an_example_names_what_is_there(page: str, command: str) -> None:
    words = shlex.split(command, comments=True)
    if words[0] == "vitrine":
        assert wrong_in(command) == ""
    if words[0] == "make":
        target = words[1]
        makefile = (ROOT / "Makefile").read_text()
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_in_the_text_is_one_of_ours(page: Path) -> None:
    wrong = {}
    for command in INLINE.findall(page.read_text()):
        trouble = wrong_in(command)
        if trouble:
            wrong[command] = trouble
    assert wrong == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_program_in_the_text_is_there(page: Path) -> None:
    modules = set(MODULE.findall(page.read_text())) - {"venv"}
    for module in modules:
        assert find_spec(module.rstrip(".")) is not None


def test_each_reason_still_belongs_to_an_example() -> None:
    commands_of_all = [command for _, command in EXAMPLES]
    for beginning in NOT_RUN:
        assert any(command.startswith(beginning) for command in commands_of_all)


def test_what_a_reader_makes_is_there_afterwards(reader: Path) -> None:
    """The examples build on each other; the pages begin with a site of the reader's own."""
    if not (reader / "mall").exists():
        pytest.skip("the examples were not run")
    assert (reader / "mall" / "data" / "keys").exists()
    shutil.rmtree(reader / "mall")
