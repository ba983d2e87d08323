"""Tell where times, conditions and goals of campaigns can never come true, or mean little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, TypeAlias

from vitrine.mall import Campaign, Condition, Mall, Stand
from vitrine.mall.hours import DAYPART_STEP, MIDNIGHT, LocalTime, hold, read_hours
from vitrine.mall.references import Place

# Longer nights are rarely meant: 20:00-09:00 is 09:00-20:00 the wrong way round.
LONGEST_NIGHT: Final = 12 * 60
"""Minutes."""
A_MONDAY: Final = date(2027, 1, 4)

Warnings: TypeAlias = Iterator[tuple[Place, str]]


def schedule_warnings(mall: Mall) -> Warnings:
    """Yield what is probably not meant, with its place."""
    for number, campaign in enumerate(mall.campaigns):
        place: Place = ("campaigns", number)
        stands = [stand for stand in mall.stands if stand.id in campaign.stands]
        yield from _nights((*place, "hours"), campaign.hours)
        yield from _days(place, campaign)
        yield from _closed((*place, "hours"), campaign.hours, stands)
        yield from _goal((*place, "goal"), campaign, stands)
        for inner, condition in _conditions(campaign):
            yield from _condition((*place, *inner), condition, campaign, stands)
    yield from _alone(mall)


def _nights(place: Place, hours: Sequence[str]) -> Warnings:
    for number, text in enumerate(hours):
        read = read_hours(text)
        minutes = read.closes - read.opens
        if minutes < 0 and minutes + MIDNIGHT > LONGEST_NIGHT:
            lasts = (minutes + MIDNIGHT) / 60
            yield (
                (*place, number),
                f"{text} ends on the next day, after {lasts:g} hours; "
                "are beginning and end mixed up?",
            )


def _days(place: Place, campaign: Campaign) -> Warnings:
    for number, day in enumerate(campaign.blackout):
        if not campaign.from_ <= day <= campaign.to:
            yield (*place, "blackout", number), f"{day} is no day of the campaign"
    if not any(_is_on(campaign, day) for day in _first_days(campaign)):
        yield (
            place,
            "is never on: its hours and blackout days leave none of its days",
        )


def _first_days(campaign: Campaign) -> Iterator[date]:
    """Yield the days of a campaign: of one that is on at all, some weeks are enough."""
    weeks = len(campaign.blackout) + 1
    last = min(campaign.to, campaign.from_ + timedelta(days=7 * weeks))
    day = campaign.from_
    while day <= last:
        yield day
        day += timedelta(days=1)


def _is_on(campaign: Campaign, day: date) -> bool:
    if day in campaign.blackout:
        return False
    if not campaign.hours:
        return True
    return any(day.weekday() in read_hours(text).days for text in campaign.hours)


def _closed(
    place: Place,
    hours: Sequence[str],
    stands: Sequence[Stand],
) -> Warnings:
    """Warn of hours at which all stands are closed."""
    if not hours or any(_meet(hours, stand.hours) for stand in stands):
        return
    names = ", ".join(stand.id for stand in stands)
    yield place, f"{names} is closed at all of these hours"


def _meet(hours: Sequence[str], others: Sequence[str]) -> bool:
    """Return True when both hold at some time of a week; none given is always."""
    for weekday in range(7):
        day = A_MONDAY + timedelta(days=weekday)
        for minute in range(0, MIDNIGHT, DAYPART_STEP):
            local = LocalTime(day, minute)
            first = not hours or hold(hours, local)
            if first and (not others or hold(others, local)):
                return True
    return False


def _goal(
    place: Place,
    campaign: Campaign,
    stands: Sequence[Stand],
) -> Warnings:
    if campaign.goal == "redemption" and not campaign.offers:
        yield place, "the campaign has no offers that could be redeemed"
    if campaign.goal == "touch" and not any(stand.screen.touch for stand in stands):
        names = ", ".join(stand.id for stand in stands)
        yield place, f"the screen of {names} cannot be touched"


def _conditions(campaign: Campaign) -> Iterator[tuple[Place, Condition]]:
    for number, creative in enumerate(campaign.creatives):
        place: Place = ("creatives", number)
        if creative.when is not None:
            yield (*place, "when"), creative.when
        for position, response in enumerate(creative.responses):
            yield (*place, "responses", position, "when"), response.when
    for number, offer in enumerate(campaign.offers):
        yield ("offers", number, "when"), offer.when


def _condition(
    place: Place,
    condition: Condition,
    campaign: Campaign,
    stands: Sequence[Stand],
) -> Warnings:
    yield from _nights((*place, "hours"), condition.hours)
    timed = (condition.engagement, condition.expression, condition.reaction)
    if condition.for_seconds and timed == (None, None, None):
        yield (
            (*place, "for_seconds"),
            "means nothing without `engagement`, `expression` or `reaction`, whose time it is",
        )
    yield from _recognised(place, condition, stands)
    if condition.hours and not _meet(condition.hours, campaign.hours):
        yield (*place, "hours"), "never holds: the campaign is not on at these hours"
    elif condition.hours:
        yield from _closed((*place, "hours"), condition.hours, stands)


def _recognised(
    place: Place,
    condition: Condition,
    stands: Sequence[Stand],
) -> Warnings:
    """Warn of what needs embeddings where none are computed."""
    if any(stand.recognition != "none" for stand in stands):
        return
    names = ", ".join(stand.id for stand in stands)
    for field in ("known", "tags", "visits", "returning"):
        if getattr(condition, field):
            yield (
                (*place, field),
                f"never holds: {names} recognises nobody (`recognition: none`)",
            )


def _all_compete(campaigns: Sequence[Campaign]) -> bool:
    """Return True for campaigns of several advertisers and one category."""
    advertisers = {each.advertiser for each in campaigns}
    categories = {each.category for each in campaigns}
    return len(advertisers) > 1 and len(categories) == 1 and None not in categories


def _alone(mall: Mall) -> Warnings:
    """Warn once a stand where nothing can stand between campaigns that compete."""
    days = sorted(campaign.from_ for campaign in mall.campaigns)
    for stand in mall.stands:
        for day in days:
            running = [each for each in mall.campaigns if each.runs(day, stand.id)]
            if not _all_compete(running):
                continue
            last = mall.campaigns.index(running[-1])
            yield (
                ("campaigns", last, "category"),
                f"on {day} all campaigns at {stand.id} are of the category "
                f"{running[-1].category}; the house is shown between advertisers",
            )
            break
