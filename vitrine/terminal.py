"""Print for people at a terminal, and for programs behind a pipe."""

from __future__ import annotations

import os
import shutil
import sys

from rich.console import Console

# Wider than any table of ours: a program that reads one must find names whole.
PIPE_COLUMNS = 10_000


def console(*, stderr: bool = False) -> Console:
    """Return a console of standard output, or of standard error.

    Only a terminal has an edge at which lines break. A file or a pipe gets each row as one line,
    unless COLUMNS says how long a line may be.
    """
    stream = sys.stderr if stderr else sys.stdout
    width = None
    if not stream.isatty():
        width = shutil.get_terminal_size((PIPE_COLUMNS, 24)).columns
        if "COLUMNS" not in os.environ:
            width = PIPE_COLUMNS
    return Console(stderr=stderr, width=width)
