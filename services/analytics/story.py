"""What happened in a campaign, in sentences: the first thing that a report says."""

from __future__ import annotations

from vitrine.campaigns import figures as table
from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Totals
from vitrine.clock import SECOND_NS
from vitrine.effects.effect import primary
from vitrine.effects.findings import finding
from vitrine.mall.names import Names
from vitrine.services.analytics.days import days_in_words, duration, zone_of

# Stands that a sentence names; of more it tells the number. Chosen, not measured.
MOST_NAMED = 3


def story(campaign: CampaignFigures, names: Names) -> list[str]:
    """Return sentences: what was shown, who was there and looked, what they did, and the effect."""
    totals = campaign.totals
    sentences = [shown(campaign, names), seen(totals)]
    done = responses(totals)
    if done:
        sentences.append(done)
    effect = primary(campaign.effects)
    if effect is not None and effect.estimate is not None:
        sentences.append(finding(effect).text)
    return sentences


def shown(campaign: CampaignFigures, names: Names) -> str:
    """Return when, how often and where the campaign was on screens."""
    when = days_in_words(campaign, zone_of(campaign, names))
    name = names.campaign(campaign.campaign_id)
    start = f"{when}, {name}" if when else name
    often = times(campaign.totals.plays)
    place = where(campaign, names)
    if campaign.origin == "virtual":
        return f"{start} was played {often} {place} by a player that draws nothing."
    text = f"{start} was shown {often} {place}."
    if campaign.synthetic:
        return f"{text} Its visitors are computer-made, not people."
    return text


def where(campaign: CampaignFigures, names: Names) -> str:
    """Return the stands in words."""
    stands = [names.stand(stand_id) for stand_id in sorted(campaign.stand_ids)]
    if not stands:
        return "at no stand"
    if len(stands) == 1:
        return f"at {stands[0]}"
    if len(stands) > MOST_NAMED:
        return f"at {len(stands)} stands"
    return f"at {', '.join(stands[:-1])} and {stands[-1]}"


def seen(totals: Totals) -> str:
    """Return how many were there, how many of them looked, and for how long."""
    if not totals.ots:
        return "Nobody was seen in front of it."
    if totals.ots_noise:
        return (
            f"A face was in front of it for a second or longer {table.OTS.shown(totals)} times "
            "(face OTS, with noise that protects single visitors)."
        )
    conversion = table.CONVERSION.shown(totals)
    watched = duration(totals.attention_ns / SECOND_NS)
    return (
        f"A face was in front of it for a second or longer at least {times(totals.ots)} "
        f"(face OTS); at most {conversion} of these looked at it, for {watched} in all."
    )


def responses(totals: Totals) -> str:
    """Return touches, offers and sales in words; empty where there were none."""
    parts = []
    if totals.touches:
        parts.append(f"the screen was touched {times(totals.touches)}")
    if totals.offers_shown:
        offers = counted(totals.offers_shown, "offer was", "offers were")
        parts.append(f"{offers} shown")
    if totals.offers_redeemed:
        codes = counted(totals.offers_redeemed, "code was", "codes were")
        parts.append(f"{codes} redeemed")
    if totals.sales:
        parts.append(f"tills reported {counted(totals.sales, 'sale', 'sales')}")
    if not parts:
        return ""
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def times(count: int) -> str:
    """Return `once`, or how many times."""
    if count == 1:
        return "once"
    return f"{count:,} times"


def counted(count: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {one if count == 1 else many}"
