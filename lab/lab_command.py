"""`vitrine lab`: programs for people who work with faces and models."""

from __future__ import annotations

import click

from vitrine.lab.faces.faces_command import explore, generate, identity, table, tracks


@click.group()
def lab() -> None:
    """Look into videos of faces, and find out what landmarks are worth.

    \b
    vitrine lab generate faces                draw videos of people who do not exist
    vitrine lab table faces --to videos.csv   what is in them, as a table
    vitrine lab explore faces                 the same as a page with plots
    vitrine lab identity faces                can landmarks tell who it is?

    Folders hold videos as YouTube Faces with key points publishes them: a .npz for each.
    """


lab.add_command(generate)
lab.add_command(tracks)
lab.add_command(table)
lab.add_command(explore)
lab.add_command(identity)
