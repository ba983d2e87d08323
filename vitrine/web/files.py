"""Files of the project's own pages."""

from __future__ import annotations

from typing import Any, Final

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from vitrine.web.headers import CACHE, CSP, page_policy

HEADERS: Final = {
    # The house page is shown in a frame of the stand's page.
    CSP: page_policy("'self'"),
    # A browser asks whether they changed: after an update it has no old script.
    CACHE: "no-cache",
}


class PageFiles(StaticFiles):
    """Serve scripts, styles and pictures that everybody may see."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a file, with headers."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(HEADERS)
        return response
