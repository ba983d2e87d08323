"""Give each advertiser an organisation in Grafana, behind a proxy that shows its own series only.

    python -m deploy.grafana.organisations

It reads the advertisers from the configuration, writes a compose overlay with a proxy for each,
and makes the organisations through Grafana's API. Run it again when advertisers come or go.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import yaml

from deploy.grafana.api import SOURCE_UID, Grafana, GrafanaError
from vitrine.mall import Mall
from vitrine.mall.folder import MallFolder

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "deploy" / "grafana" / "dashboards" / "campaign.json"
OVERLAY: Final = ROOT / "deploy" / "compose.advertisers.yml"
SECRETS: Final = ROOT / "deploy" / "secrets"
# Tried in tests/deploy/test_organisations.py.
IMAGE: Final = "quay.io/prometheuscommunity/prom-label-proxy:v0.11.1"
PORT: Final = 8080
NETWORK: Final = "advertisers"
HEADING: Final = """\
# Written by `python -m deploy.grafana.organisations`: a proxy for each advertiser. To use it:
#   docker compose -f docker-compose.yml -f deploy/compose.advertisers.yml up
"""


def advertisers_of(mall: Mall) -> list[str]:
    """Return the ids of those who have a campaign."""
    return sorted({campaign.advertiser for campaign in mall.campaigns})


def proxy_of(advertiser: str) -> str:
    """Return the name of an advertiser's proxy in the network."""
    return f"figures-{advertiser}"


def command_of(advertiser: str) -> list[str]:
    """Return how the proxy of an advertiser is started.

    It has no password: Grafana's, of the organisation's data source, goes through it. A query
    that names another advertiser is refused, not answered with nothing.
    """
    return [
        "-label=advertiser",
        f"-label-value={advertiser}",
        "-enable-label-apis",
        "-error-on-replace",
        "-upstream=http://prometheus:9090",
        f"-insecure-listen-address=0.0.0.0:{PORT}",
    ]


def overlay(advertisers: Sequence[str]) -> str:
    """Return the compose overlay."""
    services: dict[str, Any] = {
        "prometheus": {"networks": [NETWORK]},
        "grafana": {
            "networks": [NETWORK],
            # Who is made without an organisation must not fall into the operators'.
            "environment": {"GF_USERS_AUTO_ASSIGN_ORG": "false"},
        },
    }
    for advertiser in advertisers:
        services[proxy_of(advertiser)] = {
            "image": f"${{SITE_REGISTRY:-}}{IMAGE}",
            "command": command_of(advertiser),
            "restart": "unless-stopped",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "networks": [NETWORK],
            "mem_limit": "64m",
            "cpus": 0.25,
        }
    content = {
        "services": services,
        "networks": {NETWORK: {"internal": True}},
    }
    return HEADING + yaml.safe_dump(content, sort_keys=False)


def source_of(advertiser: str, password: str) -> dict[str, Any]:
    """Return the data source of an advertiser's organisation."""
    return {
        "name": "Prometheus",
        "uid": SOURCE_UID,
        "type": "prometheus",
        "access": "proxy",
        "url": f"http://{proxy_of(advertiser)}:{PORT}",
        "isDefault": True,
        "basicAuth": True,
        "basicAuthUser": "vitrine",
        "secureJsonData": {"basicAuthPassword": password},
        "jsonData": {"httpMethod": "POST", "timeInterval": "5s"},
    }


def page_of_organisations() -> dict[str, Any]:
    """Return the advertiser's page as an organisation gets it."""
    page: dict[str, Any] = json.loads(PAGE.read_text(encoding="utf-8"))
    return page


def make_organisation(
    grafana: Grafana,
    advertiser: str,
    password: str,
) -> int:
    """Make an organisation, or bring it up to date; return its id. Raises GrafanaError."""
    org = grafana.organisation(advertiser)
    grafana.put_source(org, source_of(advertiser, password))
    grafana.put_page(org, page_of_organisations())
    return org


def invited(value: str) -> tuple[str, str]:
    """Return advertiser and address of `ADVERTISER=ADDRESS`. Raises BadParameter."""
    advertiser, equals, address = value.partition("=")
    if not equals or not address:
        raise click.BadParameter(f"{value} is not ADVERTISER=ADDRESS")
    return advertiser, address


def secret(path: Path) -> str:
    """Return a secret. Raises ClickException where it is not there."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise click.ClickException(
            f"{path}: {error.strerror}; make secrets?"
        ) from error


@click.command()
@click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=ROOT / "config",
    help="Folder with campaigns.yaml.  [default: config]",
)
@click.option(
    "--grafana",
    "url",
    default="http://127.0.0.1:3000",
    show_default=True,
    help="Where Grafana answers.",
)
@click.option(
    "--secrets",
    type=click.Path(file_okay=False, path_type=Path),
    default=SECRETS,
    help="Folder that `make secrets` wrote.  [default: deploy/secrets]",
)
@click.option(
    "--overlay",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=OVERLAY,
    help="Where to.  [default: deploy/compose.advertisers.yml]",
)
@click.option(
    "--invite",
    "invitations",
    multiple=True,
    metavar="ADVERTISER=ADDRESS",
    help="Invite somebody as a viewer of an organisation; prints the link. Repeatable.",
)
def organisations(
    config: Path,
    url: str,
    secrets: Path,
    file: Path,
    invitations: tuple[str, ...],
) -> None:
    """Write the overlay, make the organisations, and tell what was done."""
    advertisers = advertisers_of(MallFolder(config).current())
    wanted = [invited(value) for value in invitations]
    for advertiser, _ in wanted:
        if advertiser not in advertisers:
            raise click.ClickException(f"{advertiser} has no campaign in {config}")
    file.write_text(overlay(advertisers), encoding="utf-8")
    click.echo(f"{file}: {len(advertisers)} proxies")
    password = secret(secrets / "prometheus_password")
    ids = {}
    try:
        with Grafana(url, secret(secrets / "grafana_admin_password")) as grafana:
            for advertiser in advertisers:
                ids[advertiser] = make_organisation(grafana, advertiser, password)
                click.echo(f"{advertiser}: organisation {ids[advertiser]}")
            for advertiser, address in wanted:
                link = grafana.invite(ids[advertiser], address)
                click.echo(f"{advertiser}: {address} may sign in at {link}")
    except GrafanaError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    organisations()
