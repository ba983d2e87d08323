"""Tell what a configuration allows and its author probably did not mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

from vitrine.campaigns.lifetime import SYNTHETIC
from vitrine.cli.schedule_warnings import schedule_warnings
from vitrine.mall import Campaign, Mall, Stand
from vitrine.mall.checking import Checked
from vitrine.mall.creative_files import creative_fault
from vitrine.mall.problems import Problem
from vitrine.mall.references import Place
from vitrine.mall.text import Unreadable, read_text
from vitrine.offers.codes import MOST_POOL_BYTES, read_pool
from vitrine.offers.made_codes import SIGNED
from vitrine.policy.learner import plain_creatives

# Shares are decimal fractions; three times 0.333 is meant as 1.
MOST_SHARE: Final = 1.001
# So many numbers of lines fit into a message.
LINES_TOLD: Final = 5

Warnings: TypeAlias = Iterator[tuple[Place, str]]


def warnings_of(found: Checked, today: date) -> list[Problem]:
    """Return all warnings, in the order of the files."""
    mall = found.mall
    folder = found.folder
    warnings = chain(
        _cameras(mall, folder),
        _stands(mall),
        _notices(mall),
        _campaigns(mall, today),
        _shares(mall),
        schedule_warnings(mall),
        _creatives(mall, folder / "creatives"),
        _offers(mall, folder / "codes"),
    )
    return [found.problem(place, text) for place, text in warnings]


def _cameras(mall: Mall, folder: Path) -> Warnings:
    for number, camera in enumerate(mall.cameras):
        address = camera.uri
        if address.kind != "path" or Path(address.target).exists():
            continue
        place = ("cameras", number, "uri")
        yield (
            place,
            f"there is no such file or folder; a relative path begins at {folder}",
        )


def _stands(mall: Mall) -> Warnings:
    watched = {camera.stand for camera in mall.cameras}
    for number, stand in enumerate(mall.stands):
        if stand.id not in watched:
            place = ("stands", number)
            yield place, "no camera watches this stand, so it counts nobody"
        elif is_mixed(mall, stand):
            place = ("stands", number)
            yield (
                place,
                "a synthetic and a real camera watch it: all its figures will be synthetic",
            )


def is_mixed(mall: Mall, stand: Stand) -> bool:
    """Tell whether both drawn and real visitors are before a stand."""
    drawn = {
        camera.uri.scheme == SYNTHETIC
        for camera in mall.cameras
        if camera.stand == stand.id
    }
    return len(drawn) > 1


def _notices(mall: Mall) -> Warnings:
    watched = live_stands(mall)
    for number, stand in enumerate(mall.stands):
        if stand.id in watched and stand.responsible is None:
            place = ("stands", number)
            yield (
                place,
                "a live camera watches it, and no `responsible:` says who answers for that; "
                "its notice sends people to the staff",
            )


def live_stands(mall: Mall) -> set[str]:
    """Return the stands that devices or network cameras watch."""
    return {camera.stand for camera in mall.cameras if camera.uri.live}


def _campaigns(mall: Mall, today: date) -> Warnings:
    named = {advertiser.id for advertiser in mall.advertisers}
    for number, campaign in enumerate(mall.campaigns):
        if campaign.to < today:
            place = ("campaigns", number, "to")
            yield place, f"the campaign has ended; today is {today}"
        if named and campaign.advertiser not in named:
            place = ("campaigns", number, "advertiser")
            yield place, "has no entry under `advertisers:`"
        if campaign.choose == "learn" and len(plain_creatives(campaign)) < 2:
            place = ("campaigns", number, "choose")
            yield place, "only one creative has no `when`: there is nothing to choose"


def _shares(mall: Mall) -> Warnings:
    """Warn once a stand, of the first day on which the shares add up to too much."""
    days = sorted(campaign.from_ for campaign in mall.campaigns)
    for stand in mall.stands:
        for day in days:
            running = _running(mall, stand, day)
            total = sum(campaign.share for campaign in running)
            if total <= MOST_SHARE:
                continue
            names = ", ".join(campaign.id for campaign in running)
            last = mall.campaigns.index(running[-1])
            place = ("campaigns", last, "share")
            yield (
                place,
                f"on {day} the shares at {stand.id} add up to {total:g} ({names}); "
                "each campaign gets less than its share",
            )
            break


def _running(
    mall: Mall,
    stand: Stand,
    day: date,
) -> list[Campaign]:
    campaigns = mall.campaigns
    return [campaign for campaign in campaigns if campaign.runs(day, stand.id)]


def _creatives(mall: Mall, folder: Path) -> Warnings:
    users: dict[str, list[tuple[Campaign, str]]] = {}
    for number, campaign in enumerate(mall.campaigns):
        for position, creative in enumerate(campaign.creatives):
            file = creative.file
            place = ("campaigns", number, "creatives", position, "file")
            fault = creative_fault(folder, file)
            if fault is not None:
                yield place, f"{file} {fault}; the creative is not shown"
            earlier = users.setdefault(file, [])
            other = _shown_together(campaign, earlier)
            if other:
                yield place, f"{file} is that of the creative {other} too"
            earlier.append((campaign, creative.id))


def _shown_together(campaign: Campaign, users: Sequence[tuple[Campaign, str]]) -> str:
    """Return a creative of the same file whose campaign runs on a day of this one."""
    for other, creative in users:
        if other.from_ <= campaign.to and campaign.from_ <= other.to:
            return f"{other.id}/{creative}"
    return ""


def _offers(mall: Mall, folder: Path) -> Warnings:
    for number, campaign in enumerate(mall.campaigns):
        for position, offer in enumerate(campaign.offers):
            if offer.codes == SIGNED:
                continue
            path = folder / f"{offer.codes}.txt"
            place = ("campaigns", number, "offers", position, "codes")
            for text in _pool(path):
                yield place, f"the pool {path} {text}"


def _pool(path: Path) -> Iterator[str]:
    """Yield what is wrong with a pool's file."""
    try:
        text = read_text(path, MOST_POOL_BYTES)
    except Unreadable as error:
        yield f"cannot be used ({error}); the offer is never granted"
        return
    pool = read_pool(text)
    if not pool.codes:
        yield "has no codes; the offer is never granted"
    if pool.doubled:
        yield f"has doubled lines ({pool.doubled}); each code counts once"
    if pool.unusable:
        lines = ", ".join(str(line) for line in pool.unusable[:LINES_TOLD])
        yield f"has lines that can be no code, such as {lines}"
