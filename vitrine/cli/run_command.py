"""Offer `vitrine run NAME`: one service as a process."""

from __future__ import annotations

from importlib.metadata import entry_points

import click


def service_names(
    context: click.Context,  # noqa: ARG001 - part of click's interface
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    """Return the services that begin with `incomplete`, for the shell."""
    names = entry_points(group="vitrine.services").names
    return sorted(name for name in names if name.startswith(incomplete))


@click.command()
@click.argument("name", shell_complete=service_names)
def run(name: str) -> None:
    """Run one service until SIGTERM or Ctrl-C.

    NAME is ingest, landmarks, identity, engagement, stand or analytics. The service is configured
    by the environment (VITRINE_BUS, VITRINE_KAFKA_SERVERS, VITRINE_REDIS_URL, VITRINE_CONFIG, …;
    see docs/operations.md) and the YAML files in the folder VITRINE_CONFIG.
    """
    from vitrine.settings import Settings
    from vitrine.site.process import run_service

    run_service(name, Settings.load())
