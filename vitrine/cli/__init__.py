"""Run the `vitrine` command. Other rooms add commands as entry points `vitrine.commands`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import click

from vitrine.cli.models_command import models
from vitrine.cli.run_command import run
from vitrine.cli.topics_command import topics
from vitrine.errors import ConfigurationError, Unavailable

ENTRY_POINTS = "vitrine.commands"


class _Commands(click.Group):
    """Load a command of another room only when it is asked for.

    `vitrine models` then needs neither OpenCV nor matplotlib. (`vitrine --help` loads them all.)
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        own = super().list_commands(ctx)
        added = entry_points(group=ENTRY_POINTS).names
        return sorted({*own, *added})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = entry_points(group=ENTRY_POINTS)
        if cmd_name not in found.names:
            return super().get_command(ctx, cmd_name)
        command: click.Command = found[cmd_name].load()
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="vitrine", prog_name="vitrine")
def cli() -> None:
    """Interactive advertising stands: cameras in, adapted screens and campaign figures out.

    Start with `vitrine demo`: it runs everything in this process on synthetic visitors and prints
    the addresses of the stand page and the live figures.
    """


cli.add_command(models)
cli.add_command(run)
cli.add_command(topics)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; expected failures end in one clear message and exit status 1."""
    try:
        cli(arguments, prog_name="vitrine")
    except (ConfigurationError, Unavailable) as error:
        click.echo(f"vitrine: {error}", err=True)
        sys.exit(1)
