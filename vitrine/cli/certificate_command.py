"""Offer `vitrine certificate`: TLS for screens that somebody sets up by hand."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Make a certificate for the pages.")
@click.argument(
    "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path)
)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
def certificate(folder: Path, names: tuple[str, ...]) -> None:
    """Make a certificate of the stand's pages for NAME..., signed by an authority of your own.

    \b
    vitrine certificate tls screens.mall.example 10.0.4.2
    export VITRINE_STAND_CERTIFICATE=tls/site.pem
    export VITRINE_STAND_CERTIFICATE_KEY=tls/site-key.pem

    NAMEs are the hosts' names and addresses that browsers use. DIR gets the authority the first
    time: authority.pem goes to every screen, authority-key.pem to nobody. Run it again before the
    certificate ends: screens know the authority, and the stand takes the new pair within a minute.
    Where you have a certificate already, name its files instead.
    """
    from vitrine.web.authority import AUTHORITY, make_site_certificate

    ends = make_site_certificate(folder, names)
    click.echo(
        f"{folder / 'site.pem'} and {folder / 'site-key.pem'} are good until {ends.date()}"
    )
    click.echo(f"Screens have to trust {folder / AUTHORITY}; docs/site.md says how.")
