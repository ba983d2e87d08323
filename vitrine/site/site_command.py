"""`vitrine site`: a small site for every day, in one process."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Run a small site for every day.")
@click.argument(
    "folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="STATE_DIRECTORY",
    metavar="DIR",
    help="Where figures, customers, keys and tokens stay.  [default: data in DIR; under systemd "
    "its state directory]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Of the pages; 0 takes a free one.  [default: VITRINE_STAND_PORT, 8000]",
)
@click.option(
    "--virtual-player",
    is_flag=True,
    help="Play at every stand without a screen, to try the site out. Live cameras of such a stand "
    "need `notice: sign`.",
)
def site(
    folder: Path,
    data: Path | None,
    port: int | None,
    virtual_player: bool,
) -> None:
    """Run a site for every day in this process, without Kafka, Redis or Docker.

    DIR holds cameras.yaml, stands.yaml, campaigns.yaml, creatives/ and codes/; changes take effect
    while it runs. A service that falls starts again by itself. SIGTERM or Ctrl-C ends the site in
    order, a second one at once.

    \b
    vitrine site mall                             until Ctrl-C; figures stay in mall/data
    vitrine report --data mall/data               what the campaigns did, also while it runs
    vitrine site mall --virtual-player            without a screen, to try it out

    Health and metrics are on VITRINE_HEALTH_PORT (8080). With VITRINE_HTTP_HOST=0.0.0.0 screens on
    other machines reach their pages; they need the token in DIR/data/player-token.
    docs/site.md has the unit for systemd and a guide for kiosk browsers.
    """
    from vitrine.terminal import console

    screen = console(stderr=True)
    with screen.status("Starting: loading libraries …"):
        from vitrine.site.running import run_site
    run_site(
        folder,
        data=data or folder / "data",
        port=port,
        virtual_player=virtual_player,
        screen=screen,
    )
