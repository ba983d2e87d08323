"""`vitrine screens`: a token for each screen, and an end to it."""

from __future__ import annotations

from pathlib import Path

import click

data_option = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The data folder of a `vitrine site`, with its store.",
)


@click.group(short_help="Give each screen a token of its own, and take it back.")
@data_option
@click.pass_context
def screens(context: click.Context, data: Path | None) -> None:
    """Give each screen a token of its own, and take it back.

    A token opens the page of one stand and nothing else. A stand that has, or had, screens of its
    own takes their tokens only; the others go on with VITRINE_STAND_PLAYER_TOKEN.

    The list is in Redis (VITRINE_REDIS_URL), or in the data folder of a site:
    `vitrine screens --data mall/data list`. A stand that runs follows it within seconds.
    """
    context.obj = data


@screens.command()
@click.argument("stand_id", metavar="STAND")
@click.option(
    "--name",
    default="",
    help="Words for the list, such as the place of the screen.",
)
@click.pass_obj
def add(data: Path | None, stand_id: str, name: str) -> None:
    """Add a screen to STAND and print its token, this once."""
    from vitrine.services.stand.screen_list import add_screen

    add_screen(data, stand_id, name)


@screens.command("list")
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@click.pass_obj
def list_all(data: Path | None, as_json: bool) -> None:
    """List the screens, with the time of their last use."""
    from vitrine.services.stand.screen_list import list_screens

    list_screens(data, as_json=as_json)


@screens.command()
@click.argument("screen_id", metavar="ID")
@click.pass_obj
def revoke(data: Path | None, screen_id: str) -> None:
    """Let the token of the screen ID open nothing any more.

    Its page and its stream end within seconds. The stand goes on to ask for tokens of screens.
    """
    from vitrine.services.stand.screen_list import revoke_screen

    revoke_screen(data, screen_id)
