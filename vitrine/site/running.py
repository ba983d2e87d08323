"""A lasting site at a terminal, or under a supervisor."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Event

from rich.console import Console

from vitrine.settings import Settings
from vitrine.site.interrupts import interrupts
from vitrine.site.lasting import LastingSite, SitePlan
from vitrine.site.own_pages import operators_page, with_token
from vitrine.telemetry.logs import configure_logs

logger = logging.getLogger(__name__)

OPERATOR_PAGES = {
    "Live cameras": "cameras",
    "Console": "live",
    "Campaigns": "campaigns",
}


def run_site(
    folder: Path,
    *,
    data: Path,
    port: int | None,
    virtual_player: bool,
    screen: Console,
) -> None:
    """Run until SIGTERM or Ctrl-C. Raises ConfigurationError."""
    settings = Settings.load(bus="memory", config=folder)
    form = settings.log_format
    if screen.is_terminal and "log_format" not in settings.model_fields_set:
        form = "text"
    configure_logs(settings.log_level, form)
    plan = SitePlan(
        settings,
        data=data,
        port=port,
        virtual_player=virtual_player,
    )
    site = LastingSite(plan)
    stop = Event()

    def ready(site: LastingSite) -> None:
        logger.info("the site is ready; pages at %s", site.address)
        if screen.is_terminal:
            welcome(screen, site)

    with interrupts(stop, site.kill):
        logger.info("starting a site from %s; its data are in %s", folder, data)
        site.run(stop, ready)
    logger.info("the site ended")


def welcome(screen: Console, site: LastingSite) -> None:
    """Print what to open, with tokens: only for a terminal, never into a log."""
    address = site.address
    screen.print("Ready. Open")
    for title, path in OPERATOR_PAGES.items():
        page = operators_page(path, site.settings)
        screen.print(f"  {title:12}  [bold]{address}/{page}[/]", soft_wrap=True)
    for stand in site.stands():
        page = with_token(f"stands/{stand.id}", site.player_token)
        screen.print(f"  Stand page    [bold]{address}/{page}[/]", soft_wrap=True)
    if site.customers_address:
        joining = f"{site.customers_address}/join"
        screen.print(f"  Customers     [bold]{joining}[/]", soft_wrap=True)
    health = f"http://{site.settings.health_host}:{site.health_port}/readyz"
    screen.print(f"  Health        [bold]{health}[/]", soft_wrap=True)
