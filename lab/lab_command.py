"""`vitrine lab`: programs for people who work with faces and models."""

from __future__ import annotations

import click

from vitrine.lab.app.app_command import app
from vitrine.lab.faces.faces_command import explore, generate, identity, table, tracks


@click.group(invoke_without_command=True)
@click.pass_context
def lab(context: click.Context) -> None:
    """See what the nets see, in a browser; find out what landmarks are worth.

    \b
    vitrine lab                               pictures, nets, runs, maps: in a browser
    vitrine lab app --help                    the same, with its options
    vitrine lab generate faces                draw videos of people who do not exist
    vitrine lab table faces --to videos.csv   what is in them, as a table
    vitrine lab explore faces                 the same as a page with plots
    vitrine lab identity faces                can landmarks tell who it is?

    Folders hold videos as YouTube Faces with key points publishes them: a .npz for each.
    """
    if context.invoked_subcommand is None:
        context.invoke(app)


lab.add_command(app)
lab.add_command(generate)
lab.add_command(tracks)
lab.add_command(table)
lab.add_command(explore)
lab.add_command(identity)
