"""Offer `vitrine run NAME`: one service as a process."""

from __future__ import annotations

import click

from vitrine.settings import SERVICES, Settings
from vitrine.site.process import run_service


@click.command()
@click.argument("name", type=click.Choice(SERVICES))
def run(name: str) -> None:
    """Run one service until SIGTERM or Ctrl-C.

    It is configured by the environment (VITRINE_BUS, VITRINE_KAFKA_SERVERS, VITRINE_REDIS_URL,
    VITRINE_CONFIG, …; see docs/operations.md) and the YAML files in the folder VITRINE_CONFIG.
    """
    run_service(name, Settings.load())
