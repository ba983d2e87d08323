"""The notice of a stand: who shows it, and where its QR code leads."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import segno
from fastapi import HTTPException
from fastapi.responses import Response

from vitrine.mall import Mall, Stand
from vitrine.schemas import Notice
from vitrine.services.stand.dependencies import KnownStand, ServedStand, WebOf
from vitrine.services.stand.protocol import NoticeReport
from vitrine.services.stand.switchboard import Submission

# Of white around a code, in modules: ISO/IEC 18004 asks for four.
QUIET_ZONE: Final = 4


async def take_notice(
    stand_id: ServedStand,
    report: NoticeReport,
    web: WebOf,
) -> None:
    """Take that the page in charge shows the notice; 409 for any other player."""
    connection = web.switchboard.in_charge(stand_id)
    player = connection.player if connection is not None else None
    if player is None or player.kind != "page":
        raise HTTPException(409, "no page is in charge of this stand")
    if player.player_id != report.player_id:
        raise HTTPException(409, "another page is in charge of this stand")
    if web.notices.full(stand_id):
        raise HTTPException(429, "too many at once", {"Retry-After": "1"})
    web.notices.count(stand_id)
    notice = Notice(
        stand_id=stand_id,
        shown_at_ns=web.clock.now_ns(),
        recognition=report.recognition,
        reactions=report.reactions,
    )
    # Nobody waits for the bus: the next one comes within seconds.
    web.switchboard.submit(Submission(notices=[notice]))


def privacy_page(stand: Stand, public_url: str | None) -> str:
    """Return the address that the QR code of a stand names; empty where phones reach none."""
    if stand.privacy_url is not None:
        return stand.privacy_url
    if public_url is None:
        return ""
    return f"{public_url}/privacy/{stand.id}"


def missing_pages(mall: Mall, public_url: str | None) -> list[str]:
    """Return a sentence for the operator where stands with live cameras have no address."""
    watched = {camera.stand for camera in mall.cameras if camera.uri.live}
    without = [
        stand.id
        for stand in mall.stands
        if stand.id in watched and not privacy_page(stand, public_url)
    ]
    if not without:
        return []
    names = ", ".join(without)
    return [
        f"the notice has no QR code at {names}: set VITRINE_STAND_PUBLIC_URL to the address "
        "by which phones reach the privacy pages, or `privacy_url` in stands.yaml"
    ]


def privacy_code(stand_id: KnownStand, web: WebOf) -> Response:
    """Return the QR code of the stand's privacy page; 404 where phones reach none."""
    stand = web.mall.current().stand(stand_id)
    address = privacy_page(stand, web.public_url) if stand is not None else ""
    if not address:
        raise HTTPException(
            404, "no address is known by which phones reach a privacy page"
        )
    picture = BytesIO()
    code = _qr_code(address)
    code.save(picture, kind="svg", border=QUIET_ZONE, light="white")
    return Response(picture.getvalue(), media_type="image/svg+xml")


def qr_picture(address: str) -> str:
    """Return the QR code of an address as the address of a picture that holds it."""
    code = _qr_code(address)
    return code.svg_data_uri(border=QUIET_ZONE, light="white")


def _qr_code(address: str) -> segno.QRCode:
    # Level M reads with 15 % of it covered by glare or dirt.
    return segno.make_qr(address, error="m")


def unreachable_offers(mall: Mall, public_url: str | None) -> list[str]:
    """Return a sentence for the operator where offers are for phones that reach no page."""
    if public_url is not None:
        return []
    names = [
        campaign.id
        for campaign in mall.campaigns
        if any(offer.show == "phone" for offer in campaign.offers)
    ]
    if not names:
        return []
    return [
        f"offers of {', '.join(names)} are for phones and never shown: "
        "set VITRINE_STAND_PUBLIC_URL to the address by which phones reach this stand"
    ]
