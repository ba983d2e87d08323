"""The headers that every answer has, whichever server gives it."""

from __future__ import annotations

from typing import Final

CSP: Final = "Content-Security-Policy"
CACHE: Final = "Cache-Control"


def page_policy(frame_ancestors: str) -> str:
    """Return the policy of the project's own pages: nothing from another host.

    `blob:` is for what a page has in memory, styles for the bars that scripts draw.
    """
    return (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; "
        "style-src 'self' 'unsafe-inline'; "
        f"frame-ancestors {frame_ancestors}"
    )


# `same-origin` and not `no-referrer`: with the latter, browsers say `Origin: null` when
# a form is sent, and it could not be told from one of another site.
COMMON: Final = {
    CSP: page_policy("'none'"),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    CACHE: "no-store",
}
"""For answers that say nothing else."""
