"""Offer `vitrine completion`: what a shell needs to complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

# Read by click at each press of the tab key.
VARIABLE = "_VITRINE_COMPLETE"


@click.command(short_help="Print what a shell needs to complete names.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets the tab key complete commands, options and names.

    \b
    echo 'eval "$(vitrine completion bash)"' >> ~/.bashrc
    echo 'eval "$(vitrine completion zsh)"' >> ~/.zshrc
    vitrine completion fish > ~/.config/fish/completions/vitrine.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    root = context.find_root().command
    script = found(root, {}, "vitrine", VARIABLE)
    click.echo(script.source())
