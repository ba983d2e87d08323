"""The screens of a site, for the operator: added, listed, revoked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import click
from pydantic import ValidationError

from vitrine.errors import ConfigurationError
from vitrine.services.stand.listing import Row, moment, opened, print_rows
from vitrine.stores import screens as stored

COLUMNS: Final = ("id", "stand", "name", "added", "last_used", "revoked")


def add_screen(data: Path | None, stand_id: str, name: str) -> None:
    """Add a screen to a stand and print its token.

    Raises ConfigurationError for what can be no stand.
    """
    with opened(data) as redis:
        is_first = all(one.stand_id != stand_id for one in stored.listed(redis))
        try:
            screen, token = stored.add(redis, stand_id, name, int(time.time()))
        except ValidationError:
            raise ConfigurationError(
                f"{stand_id!r} is no id of a stand; stands.yaml has them"
            ) from None
    click.echo(f"screen {screen.screen_id} of stand {stand_id}")
    click.echo(f"token  {token}")
    click.echo(
        f"The token is shown this once. Open /stands/{stand_id}?token=… on the screen.",
        err=True,
    )
    if is_first:
        click.echo(
            f"From now on stand {stand_id} takes tokens of its own screens only, "
            "and VITRINE_STAND_PLAYER_TOKEN no more.",
            err=True,
        )


def list_screens(data: Path | None, *, as_json: bool) -> None:
    """Print the screens and when each was used last."""
    rows: list[Row] = []
    with opened(data) as redis:
        uses = stored.last_uses(redis)
        for screen in stored.listed(redis):
            row = {
                "id": screen.screen_id,
                "stand": screen.stand_id,
                "name": screen.name,
                "added": moment(screen.added_s),
                "last_used": moment(uses.get(screen.screen_id)),
                "revoked": moment(screen.revoked_s),
            }
            rows.append(row)
    print_rows(COLUMNS, rows, as_json=as_json)


def revoke_screen(data: Path | None, screen_id: str) -> None:
    """Revoke a screen's token. Raises ConfigurationError for an unknown screen."""
    with opened(data) as redis:
        screen = stored.revoke(redis, screen_id, int(time.time()))
    if screen is None:
        click.echo(f"what the store had of screen {screen_id} is removed")
        return
    click.echo(f"screen {screen_id} of stand {screen.stand_id} is revoked")
