"""Creatives over HTTP: other people's programs, shut in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from fastapi.responses import Response
from starlette.types import Scope

from vitrine.mall import Mall
from vitrine.mall.folder import MallSource
from vitrine.services.stand.watched_files import WatchedFiles
from vitrine.web.headers import CACHE, CSP

FROM_FILES: Final = ("script-src", "style-src", "img-src", "media-src", "font-src")
# Creatives are made as they like: their scripts stand in the page, and evaluate texts.
INLINE: Final = {
    "script-src": ("'unsafe-inline'", "'unsafe-eval'"),
    "style-src": ("'unsafe-inline'",),
}
# In memory of the page, or written in it.
OWN: Final = ("'self'", "data:", "blob:")
FIXED: Final = (
    # An origin of its own, also when it is opened directly.
    "sandbox allow-scripts",
    "default-src 'none'",
    "worker-src blob: data:",
    "frame-src blob: data:",
    "form-action 'none'",
    "base-uri 'self'",
    "frame-ancestors 'self'",
)
HEADERS: Final = {
    # An operator who replaces a file sees it at the next play.
    CACHE: "no-cache",
    # The origin of a creative is another one than that of its own pictures.
    "Cross-Origin-Resource-Policy": "cross-origin",
    # With any other value browsers refuse to open a sandboxed page by its address.
    "Cross-Origin-Opener-Policy": "unsafe-none",
    # Looking up a name tells it to a server.
    "X-DNS-Prefetch-Control": "off",
    # See `close_connection`: each play asks for a file or two.
    "Connection": "close",
}


class CreativeFiles(WatchedFiles):
    """Serve the files of a folder and nothing outside it, shut in."""

    def __init__(
        self,
        folder: Path,
        mall: MallSource,
        allowed_hosts: Collection[str],
    ) -> None:
        """Let creatives reach the hosts that their campaign names, of the allowed ones."""
        # The folder may be missing: then every creative is, and the house is shown.
        super().__init__(directory=folder, check_dir=False)
        self._mall = mall
        self._allowed = frozenset(allowed_hosts)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, with headers."""
        response = await super().get_response(path, scope)
        hosts = hosts_of(self._mall.current(), path) & self._allowed
        response.headers.update(HEADERS)
        response.headers[CSP] = creative_policy(sorted(hosts))
        return response


def hosts_of(mall: Mall, file: str) -> frozenset[str]:
    """Return the hosts that all campaigns with a creative in this file name."""
    found: frozenset[str] | None = None
    for campaign in mall.campaigns:
        files = {Path(creative.file) for creative in campaign.creatives}
        if Path(file) not in files:
            continue
        hosts = frozenset(campaign.hosts)
        found = hosts if found is None else found & hosts
    return found or frozenset()


def creative_policy(hosts: Iterable[str] = ()) -> str:
    """Return the policy of a creative: its own files, and what is on these hosts by TLS."""
    secure = [f"https://{host}" for host in hosts]
    parts = list(FIXED)
    for directive in FROM_FILES:
        inline = INLINE.get(directive, ())
        sources = " ".join([*OWN, *inline, *secure])
        parts.append(f"{directive} {sources}")
    reachable = "'none'"
    if secure:
        sockets = [source.replace("https:", "wss:") for source in secure]
        reachable = " ".join([*secure, *sockets])
    parts.append(f"connect-src {reachable}")
    return "; ".join(parts)
