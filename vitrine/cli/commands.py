"""The commands, and how their failures are told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import EntryPoints, entry_points

import click

from vitrine.cli.certificate_command import certificate
from vitrine.cli.completion_command import completion
from vitrine.cli.config_command import config
from vitrine.cli.models_command import models
from vitrine.cli.policy_command import policy
from vitrine.cli.probe_command import probe
from vitrine.cli.run_command import run
from vitrine.cli.topics_command import topics
from vitrine.cli.users_command import users
from vitrine.errors import ConfigurationError, Unavailable

ENTRY_POINTS = "vitrine.commands"


class _Commands(click.Group):
    """Load a command of another room when it is asked for.

    Modules of commands import click and nothing heavy: `vitrine --help` loads them all. What a
    command needs to run, it imports when it runs.
    """

    @cached_property
    def added(self) -> EntryPoints:
        """Return the commands of other rooms. Finding them reads all installed packages."""
        return entry_points(group=ENTRY_POINTS)

    def list_commands(self, ctx: click.Context) -> list[str]:
        own = super().list_commands(ctx)
        return sorted({*own, *self.added.names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in self.added.names:
            return own
        command: click.Command = self.added[cmd_name].load()
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="vitrine", prog_name="vitrine")
def cli() -> None:
    """Interactive advertising stands: cameras in, adapted screens and campaign figures out.

    Start with `vitrine demo`: it runs everything in this process on synthetic visitors and prints
    the addresses of its pages. `vitrine site DIR` runs your own site.
    """


cli.add_command(completion)
cli.add_command(policy)
cli.add_command(probe)
cli.add_command(config)
cli.add_command(models)
cli.add_command(run)
cli.add_command(topics)
cli.add_command(users)
cli.add_command(certificate)


def run_command_line(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit status. Raises KeyboardInterrupt."""
    try:
        status = cli.main(
            arguments,
            prog_name="vitrine",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except (ConfigurationError, Unavailable) as error:
        click.echo(f"vitrine: {error}", err=True)
        return 1
    return status if isinstance(status, int) else 0
