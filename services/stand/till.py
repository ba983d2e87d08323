"""What tills ask: check, redeem, cancel, export. The stand's clock counts, and no till's."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from io import StringIO
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.openapi.utils import get_openapi
from redis import Redis

from vitrine.clock import SECOND_NS
from vitrine.errors import Unavailable
from vitrine.mall.days import day_start_s
from vitrine.offers.redemption import (
    AlreadyRedeemed,
    Elsewhere,
    NotRedeemed,
    TooLate,
    UnknownCode,
    Use,
)
from vitrine.schemas import Interaction
from vitrine.services.stand import till_words
from vitrine.services.stand.dependencies import KnownStand, Web, WebOf
from vitrine.services.stand.protocol import Redeemed as RedeemedOnce
from vitrine.services.stand.protocol import RedeemRequest
from vitrine.services.stand.switchboard import Submission
from vitrine.services.stand.till_guard import DESCRIBED, LATER, TillOf
from vitrine.services.stand.till_messages import (
    Cancelled,
    CancelRequest,
    Checked,
    CheckRequest,
    Export,
    Redeemed,
    Redemption,
    Row,
    TillRedeemRequest,
    Worth,
)
from vitrine.services.stand.till_words import Words
from vitrine.stores import redemptions
from vitrine.stores.offers import Emptied
from vitrine.stores.redemptions import MOST_ROWS

# Chosen, not measured: a month is closed as one.
LONGEST_EXPORT: Final = timedelta(days=31)
OF_STAND: Final = "By the clock of the stand."


def till_router() -> APIRouter:
    """Return the routes of tills that have a token of their own."""
    router = APIRouter(prefix="/till", dependencies=[DESCRIBED], tags=["till"])
    router.add_api_route("/check", check, methods=["POST"])
    router.add_api_route("/redeem", redeem, methods=["POST"])
    router.add_api_route("/cancel", cancel, methods=["POST"])
    router.add_api_route("/redemptions", export, methods=["GET"], response_model=Export)
    return router


@cache
def description() -> dict[str, Any]:
    """Return the API of tills as OpenAPI; open, as it says nothing of this site."""
    return get_openapi(
        title="Vitrine till",
        version="1",
        description="Check, redeem and cancel codes of offers, and export redemptions.",
        routes=till_router().routes,
    )


def check(request: CheckRequest, till: TillOf, web: WebOf) -> Checked:
    """Say what a code is worth; nothing is used up. 404 for one that nobody was granted."""
    words = Words(web.mall.current(), till.stand_id)
    with answered(web, words, request.code) as redis:
        granted = redemptions.find(redis, request.code)
        used = redemptions.used(redis, granted)
        worth = _worth(granted.record.shown, granted.record.text, words)
        if used is not None:
            return Checked(
                **worth,
                state="used",
                message=words.used(used, web.clock.now_ns()),
                redemption=_redemption(used, words),
            )
        try:
            granted.record.check_place(till.stand_id)
        except Elsewhere as error:
            message = words.elsewhere(error.stand_id)
            return Checked(**worth, state="elsewhere", message=message)
        return Checked(**worth, state="good", message="good, and not used yet")


def redeem(request: TillRedeemRequest, till: TillOf, web: WebOf) -> Redeemed:
    """Use up a code. 404: unknown. 409: used before. 403: good at another stand only."""
    words = Words(web.mall.current(), till.stand_id)
    use = Use(
        till.stand_id,
        web.clock.now_ns(),
        till.till_id,
        request.request_id,
        request.sale,
    )
    with answered(web, words, request.code) as redis:
        granted = redemptions.find(redis, request.code)
        event = redemptions.redeem(redis, request.code, use)
    _publish(web, event)
    worth = _worth(granted.record.shown, granted.record.text, words)
    return Redeemed(**worth, redemption=_redemption(event, words))


def cancel(request: CancelRequest, till: TillOf, web: WebOf) -> Cancelled:
    """Take back a redemption of this till. 404: there is none. 410: it is too old."""
    words = Words(web.mall.current(), till.stand_id)
    use = Use(till.stand_id, web.clock.now_ns(), till.till_id)
    with answered(web, words, request.code) as redis:
        event = redemptions.cancel(redis, request.code, request.redemption_id, use)
    _publish(web, event)
    return Cancelled(
        redemption_id=request.redemption_id,
        at=words.iso(redemptions.happened_ns(event)),
    )


def export(
    till: TillOf,
    web: WebOf,
    from_: Annotated[date | None, Query(alias="from", description=OF_STAND)] = None,
    to: Annotated[date | None, Query(description=OF_STAND)] = None,
    as_: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Export | Response:
    """Return redemptions and cancellations at the till's stand, of today unless days are given."""
    mall = web.mall.current()
    words = Words(mall, till.stand_id)
    stand = mall.stand(till.stand_id)
    zone = stand.time_zone if stand is not None else "UTC"
    now_s = web.clock.now_ns() // SECOND_NS
    today = datetime.fromtimestamp(now_s, ZoneInfo(zone)).date()
    first = from_ or to or today
    last = to or max(first, today)
    if last < first:
        raise HTTPException(422, f"the days are reversed ({last} before {first})")
    if last - first >= LONGEST_EXPORT:
        raise HTTPException(422, "an export has 31 days at most")
    begin_s = day_start_s(first, zone)
    end_s = day_start_s(last + timedelta(days=1), zone)
    with answered(web, words, "") as redis:
        events = redemptions.journal(redis, till.stand_id, begin_s, end_s)
    if len(events) > MOST_ROWS:
        raise HTTPException(
            422, f"more than {MOST_ROWS} redemptions: ask for fewer days"
        )
    rows = [_row(event, words) for event in events]
    if as_ == "csv":
        return Response(_csv(rows), media_type="text/csv; charset=utf-8")
    return Export(stand_id=till.stand_id, rows=rows)


def redeem_once(
    stand_id: KnownStand, request: RedeemRequest, web: WebOf
) -> RedeemedOnce:
    """Use up a code with the token that all tills share; a second time is refused with 409."""
    words = Words(web.mall.current(), stand_id)
    use = Use(stand_id, web.clock.now_ns())
    with answered(web, words, request.code) as redis:
        event = redemptions.redeem(redis, request.code, use)
    _publish(web, event)
    return RedeemedOnce(
        campaign_id=event.campaign_id or "",
        offer_id=event.offer_id or "",
        at_ns=event.at_ns,
    )


@contextmanager
def answered(web: Web, words: Words, code: str) -> Iterator[Redis]:
    """Yield the store, and answer with a status and a sentence what is refused meanwhile."""
    try:
        with closing(web.redis()) as redis:
            yield redis
    except UnknownCode as error:
        raise HTTPException(404, till_words.unknown(code)) from error
    except NotRedeemed as error:
        raise HTTPException(404, till_words.NO_REDEMPTION) from error
    except AlreadyRedeemed as error:
        said = words.used(error.redemption, web.clock.now_ns())
        raise HTTPException(409, said) from error
    except Elsewhere as error:
        raise HTTPException(403, words.elsewhere(error.stand_id)) from error
    except TooLate as error:
        raise HTTPException(410, till_words.TOO_LATE) from error
    except Emptied as error:
        raise HTTPException(503, till_words.LOST) from error
    except Unavailable as error:
        raise HTTPException(503, str(error), LATER) from error


def _publish(web: Web, event: Interaction) -> None:
    """Hand an event to the loop; a repetition has the same id, and counts once."""
    # Nobody waits for the bus: the event is pending in the store until the bus has it.
    submission = Submission(
        interactions=[event],
        settles=[event.interaction_id],
    )
    web.switchboard.submit(submission)


def _worth(shown: Interaction, text: str, words: Words) -> dict[str, Any]:
    worth = Worth(
        campaign_id=shown.campaign_id or "",
        advertiser=shown.advertiser or "",
        offer_id=shown.offer_id or "",
        text=text,
        granted_stand_id=shown.stand_id,
        granted_at=words.iso(shown.at_ns),
    )
    return worth.model_dump()


def _redemption(event: Interaction, words: Words) -> Redemption:
    return Redemption(
        redemption_id=event.interaction_id,
        stand_id=event.redeemed_at or event.stand_id,
        till_id=event.till_id,
        at=words.iso(event.at_ns),
        sale=event.sale,
    )


def _row(event: Interaction, words: Words) -> Row:
    sale = event.sale
    return Row(
        at=words.iso(redemptions.happened_ns(event)),
        kind="redeemed" if event.kind == "offer-redeemed" else "cancelled",
        redemption_id=event.cancels or event.interaction_id,
        till_id=event.till_id,
        campaign_id=event.campaign_id or "",
        advertiser=event.advertiser or "",
        offer_id=event.offer_id or "",
        granted_stand_id=event.stand_id,
        sale_minor=sale.minor if sale is not None else None,
        sale_currency=sale.currency if sale is not None else None,
    )


def _csv(rows: list[Row]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, Row.model_fields)
    writer.writeheader()
    for row in rows:
        writer.writerow(row.model_dump())
    return text.getvalue()
