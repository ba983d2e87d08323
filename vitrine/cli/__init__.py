"""Run the `vitrine` command. Other rooms add commands as entry points `vitrine.commands`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

# As shells report a program that SIGINT ended: 128 and the number of the signal.
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    Expected failures end in one clear message and status 1, Ctrl-C in one line and status 130.
    """
    try:
        # Imported here, so that Ctrl-C is clean from the first moment.
        from vitrine.cli.commands import run_command_line  # noqa: PLC0415

        status = run_command_line(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("\nvitrine: interrupted\n")
        status = INTERRUPTED
    sys.exit(status)
