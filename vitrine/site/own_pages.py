"""Where the stand of a site in one process finds the pages that it passes on."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from pydantic import SecretStr

from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.services.console.settings import ConsoleSettings
from vitrine.services.customers.settings import CustomersSettings
from vitrine.services.stand.settings import StandSettings
from vitrine.settings import Defaults, Settings
from vitrine.web.tokens import is_hashed


def passed_on(host: str, console_port: int, analytics_port: int) -> Defaults:
    """Return settings with which console, analytics and customers are where the stand has them.

    Ports and addresses that the environment names win. Raises ConfigurationError.
    """
    console = ConsoleSettings.load({"port": console_port})
    analytics = AnalyticsSettings.load({"port": analytics_port})
    place = own_host(host)
    return {
        StandSettings: {
            "console_url": f"http://{place}:{console.port}",
            "analytics_url": f"http://{place}:{analytics.port}",
            "customers_url": CustomersSettings.load().public_url,
        },
        ConsoleSettings: {"port": console.port},
        AnalyticsSettings: {"port": analytics.port},
    }


def free_port() -> int:
    """Return a port that is free now: the stand's pages name it before anything listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def own_host(host: str) -> str:
    """Return where this machine reaches what listens on `host`."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1"
    if address.version == 6:
        return f"[{host}]"
    return host


def operators_page(path: str, settings: Settings) -> str:
    """Return a path that an operator may open; without the token where people sign in."""
    if settings.users is not None:
        return path
    return with_token(path, settings.operator_token)


def with_token(path: str, token: SecretStr | None) -> str:
    """Return a path that a browser may open; of a token that is a digest nobody knows more."""
    if token is None or is_hashed(token):
        return path
    return f"{path}?token={token.get_secret_value()}"
