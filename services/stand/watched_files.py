"""HTML creatives that tell the page around them how far they are, and of errors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

# A creative has an origin of its own: nobody outside sees its errors, unless it tells them.
WATCH: Final = b"""<script>
{
  const tell = (what) => parent.postMessage({ vitrine: what }, '*');
  addEventListener('error', () => tell('throws'));
  addEventListener('unhandledrejection', () => tell('throws'));
  addEventListener('load', () => setTimeout(tell, 0, 'loaded'));
  tell('begun');
}
</script>
"""
DOCTYPE: Final = re.compile(rb"(\xef\xbb\xbf)?\s*(<!doctype[^>]*>)?", re.IGNORECASE)
UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
# Chosen, not measured: the file is read at once, by the thread that serves all players.
MOST_BYTES: Final = 8_000_000
"""Size up to which a page is watched."""


class WatchedFiles(StaticFiles):
    """Serve a folder whose HTML pages tell their parent of errors in their scripts."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a file; a script comes first in a page."""
        response = super().file_response(*args, **kwargs)
        if not isinstance(response, FileResponse):
            # The browser has it already.
            return response
        path = Path(response.path)
        if path.suffix.lower() != ".html" or path.stat().st_size > MOST_BYTES:
            return response
        headers = {}
        for name in ("ETag", "Last-Modified"):
            headers[name] = response.headers[name]
        return Response(
            watched(path.read_bytes()),
            media_type="text/html",
            headers=headers,
        )


def watched(page: bytes) -> bytes:
    """Return an HTML page with the script behind its doctype, before all others."""
    if page.startswith(UTF_16_MARKS):
        return page
    start = DOCTYPE.match(page)
    end = start.end() if start is not None else 0
    return page[:end] + WATCH + page[end:]
