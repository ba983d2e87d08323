"""Options that the commands of released figures have in common."""

from __future__ import annotations

from pathlib import Path

import click

of_campaign = click.option(
    "--campaign",
    metavar="ID",
    help="Only this campaign.  [default: all]",
)
of_data = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The data folder of a `vitrine site`, instead of a Redis.",
)
of_redis = click.option(
    "--redis-url",
    metavar="URL",
    help="The store of analytics.  [default: VITRINE_REDIS_URL]",
)
