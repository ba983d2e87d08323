"""Tell what a configuration allows and its author probably did not mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from vitrine.mall import Campaign
from vitrine.mall.checking import Checked
from vitrine.mall.creative_files import creative_fault
from vitrine.mall.problems import Problem
from vitrine.mall.references import Place
from vitrine.mall.text import Unreadable, read_text
from vitrine.offers.codes import MOST_POOL_BYTES, read_pool

# Shares are decimal fractions; three times 0.333 is meant as 1.
MOST_SHARE: Final = 1.001


def warnings_of(found: Checked, today: date) -> list[Problem]:
    """Return all warnings, in the order of the files."""
    warnings = [
        *_cameras(found),
        *_stands(found),
        *_campaigns(found, today),
        *_shares(found),
        *_creatives(found),
        *_offers(found),
    ]
    return [found.problem(place, text) for place, text in warnings]


Warnings = Iterator[tuple[Place, str]]


def _cameras(found: Checked) -> Warnings:
    for number, camera in enumerate(found.mall.cameras):
        if camera.uri.kind == "path" and not Path(camera.uri.target).exists():
            text = "there is no such file or folder; a relative path begins at "
            yield ("cameras", number, "uri"), f"{text}{found.folder}"


def _stands(found: Checked) -> Warnings:
    watched = {camera.stand for camera in found.mall.cameras}
    for number, stand in enumerate(found.mall.stands):
        if stand.id not in watched:
            yield (
                ("stands", number),
                "no camera watches this stand, so it counts nobody",
            )


def _campaigns(found: Checked, today: date) -> Warnings:
    named = {advertiser.id for advertiser in found.mall.advertisers}
    for number, campaign in enumerate(found.mall.campaigns):
        place: Place = ("campaigns", number)
        if campaign.to < today:
            yield (*place, "to"), f"the campaign has ended; today is {today}"
        if named and campaign.advertiser not in named:
            yield (*place, "advertiser"), "has no entry under `advertisers:`"


def _shares(found: Checked) -> Warnings:
    """Warn once a stand, of the first day on which the shares add up to too much."""
    campaigns = found.mall.campaigns
    for stand in found.mall.stands:
        first_days = sorted(campaign.from_ for campaign in campaigns)
        for day in first_days:
            running = [
                number
                for number, campaign in enumerate(campaigns)
                if campaign.runs(day, stand.id)
            ]
            total = sum(campaigns[number].share for number in running)
            if total > MOST_SHARE:
                names = ", ".join(campaigns[number].id for number in running)
                yield (
                    ("campaigns", running[-1], "share"),
                    f"on {day} the shares at {stand.id} add up to {total:g} ({names}); "
                    "each campaign gets less than its share",
                )
                break


def _creatives(found: Checked) -> Warnings:
    folder = found.folder / "creatives"
    users: defaultdict[str, list[tuple[Campaign, str]]] = defaultdict(list)
    for number, campaign in enumerate(found.mall.campaigns):
        for position, creative in enumerate(campaign.creatives):
            place: Place = ("campaigns", number, "creatives", position, "file")
            fault = creative_fault(folder, creative.file)
            if fault is not None:
                yield place, f"{creative.file} {fault}; the creative is not shown"
            other = _shown_together(campaign, users[creative.file])
            if other:
                yield place, f"{creative.file} is that of the creative {other} too"
            users[creative.file].append((campaign, creative.id))


def _shown_together(campaign: Campaign, users: Sequence[tuple[Campaign, str]]) -> str:
    """Return a creative of the same file whose campaign runs on a day of this one."""
    for other, creative in users:
        if other.from_ <= campaign.to and campaign.from_ <= other.to:
            return f"{other.id}/{creative}"
    return ""


def _offers(found: Checked) -> Warnings:
    for number, campaign in enumerate(found.mall.campaigns):
        for position, offer in enumerate(campaign.offers):
            path = found.folder / "codes" / f"{offer.codes}.txt"
            place: Place = ("campaigns", number, "offers", position, "codes")
            for text in _pool(path):
                yield place, text


def _pool(path: Path) -> Iterator[str]:
    """Yield what is wrong with a pool's file."""
    try:
        pool = read_pool(read_text(path, MOST_POOL_BYTES))
    except Unreadable as error:
        yield f"the pool {path}: {error}; the offer is never granted"
        return
    if not pool.codes:
        yield f"the pool {path} has no codes; the offer is never granted"
    if pool.doubled:
        yield f"the pool {path} has doubled lines ({pool.doubled}); each code counts once"
    if pool.unusable:
        lines = ", ".join(str(line) for line in pool.unusable[:5])
        yield f"the pool {path} has lines that can be no code, such as {lines}"
