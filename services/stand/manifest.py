"""What a browser has to know to install the page of a stand as an app."""

from __future__ import annotations

from typing import Final

from fastapi.responses import JSONResponse

from vitrine.mall.names import names_of
from vitrine.services.stand.dependencies import KnownStand, WebOf

MEDIA_TYPE: Final = "application/manifest+json"
# As in pages/stand.css.
BACKGROUND: Final = "#14161d"


def stand_manifest(stand_id: KnownStand, web: WebOf) -> JSONResponse:
    """Return the manifest (W3C Web Application Manifest): full screen, without an address bar."""
    name = names_of(web.mall.current()).stand(stand_id)
    address = f"/stands/{stand_id}"
    manifest = {
        "id": address,
        "name": f"Vitrine: {name}",
        "short_name": name,
        "start_url": address,
        "scope": address,
        "display": "fullscreen",
        "background_color": BACKGROUND,
        "theme_color": BACKGROUND,
        "icons": [
            {"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"},
        ],
    }
    return JSONResponse(manifest, media_type=MEDIA_TYPE)
