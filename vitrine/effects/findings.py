"""Effects in words: what was found, with its interval, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vitrine.effects.effect import Effect
from vitrine.effects.outcomes import (
    ATTENTION,
    BY_NAME,
    OWN_ATTENTION,
    TRAFFIC,
    Outcome,
)
from vitrine.effects.outlook import Outlook, outlook
from vitrine.effects.plan import Planned

ADVICE: Final = {
    "works": "Keep adapting, and a holdout, to see when it stops working.",
    "harms": "Stop adapting, or change its rules.",
    "futile": "Stop this test, and try other rules, creatives or offers.",
}
"""What to do next, by verdict."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what was found, and what to do next."""

    text: str
    advice: str


def finding(effect: Effect, relevant: float | None = None) -> Finding:
    """Return what an effect says; `relevant` is the effect worth finding, if somebody named one."""
    title = effect.outcome.title
    if effect.estimate is None or effect.silence is not None:
        silence = effect.silence
        reason = silence.reason if silence else "nothing was seen"
        advice = silence.advice if silence else "Wait."
        return Finding(f"Nothing can be said of {title} yet: {reason}.", advice)
    ahead = outlook(effect, relevant)
    text = f"{headline(effect, ahead)} {interval_words(effect)}"
    return Finding(text, advice_of(effect, ahead))


def headline(effect: Effect, ahead: Outlook | None) -> str:
    """Return what is shown, without its interval."""
    outcome = effect.outcome
    size = quantity(abs(effect.estimate or 0.0), outcome)
    found = ahead.verdict if ahead else "open"
    if found == "works":
        return f"Adapting adds {size} a {outcome.per}."
    if found == "harms":
        return f"Adapting takes {size} a {outcome.per} away."
    if found == "futile":
        limit = quantity(ahead.relevant if ahead else 0.0, outcome)
        return f"Adapting adds less than {limit} a {outcome.per}, if anything."
    return f"No effect on {outcome.title} is shown so far."


def interval_words(effect: Effect) -> str:
    """Return estimate, interval and what it is compared with."""
    outcome = effect.outcome
    estimate = signed(effect.estimate, outcome)
    lower = signed(effect.lower, outcome)
    upper = signed(effect.upper, outcome)
    plain = amount(effect.plain.mean or 0.0, outcome)
    return (
        f"The estimate is {estimate} a {outcome.per}, between {lower} and {upper} (95 %, at every "
        f"look), beside {plain} in plain slots."
    )


def advice_of(effect: Effect, ahead: Outlook | None) -> str:
    """Return what to do next."""
    if ahead is None:
        return "Go on; there is nothing yet to relate an effect to."
    if ahead.verdict == "open":
        return how_long(effect.outcome, ahead)
    return ADVICE[ahead.verdict]


def how_long(outcome: Outcome, ahead: Outlook) -> str:
    """Return how many slots are still needed, in words."""
    relevant = quantity(ahead.relevant, outcome)
    if ahead.slots_needed is None:
        return f"An effect of {relevant} will not be found here: change more at once."
    if ahead.slots_needed == 0:
        return f"An effect of {relevant} would probably have been found by now."
    smallest = amount(ahead.smallest, outcome)
    return (
        f"Some {ahead.slots_needed:,} more slots would find an effect of {relevant}; those so far "
        f"find one of {smallest}."
    )


def remarks(effects: Sequence[Effect]) -> list[str]:
    """Return what several effects say together."""
    by_name = {effect.outcome.name: effect for effect in effects}
    found = []
    traffic = by_name.get(TRAFFIC.name)
    if traffic is not None and excludes_zero(traffic):
        more = "More" if (traffic.estimate or 0.0) > 0 else "Fewer"
        found.append(
            f"{more} people are present in adaptive slots. {interval_words(traffic)} "
            "Figures a visitor compare different crowds then."
        )
    if moves_attention_only(by_name):
        found.append(
            "The campaign gains attention, and the stand as a whole is not shown to: "
            "it may come from other campaigns."
        )
    return found


def moves_attention_only(by_name: Mapping[str, Effect]) -> bool:
    """Return whether the campaign gains attention and the stand is not shown to."""
    own = by_name.get(OWN_ATTENTION.name)
    stand = by_name.get(ATTENTION.name)
    if own is None or stand is None or stand.lower is None:
        return False
    return (own.lower or 0.0) > 0 >= stand.lower


def planned_words(planned: Planned) -> str:
    """Return what the frozen plan says, and what its one look found."""
    plan = planned.plan
    outcome = BY_NAME[plan.outcome]
    look = planned.look
    if look is None:
        return (
            f"As planned, {outcome.title} will be looked at once, after {plan.slots:,} slots with "
            f"people; what comes after {plan.last_day.day} {plan.last_day:%B %Y} does not count."
        )
    if look.estimate is None:
        return f"As planned, {outcome.title} was looked at once: {look.reason}."
    return (
        f"As planned, {outcome.title} was looked at once, after {look.slots:,} slots with people: "
        f"{signed(look.estimate, outcome)} a {outcome.per}, between {signed(look.lower, outcome)} "
        f"and {signed(look.upper, outcome)} (95 %, for this one look)."
    )


def excludes_zero(effect: Effect) -> bool:
    """Return whether the interval that holds at every look excludes zero."""
    if effect.lower is None or effect.upper is None:
        return False
    return effect.lower > 0 or effect.upper < 0


def quantity(value: float, outcome: Outcome) -> str:
    """Return how much of an outcome."""
    size = amount(value, outcome)
    joined = "of " if outcome.unit else ""
    return f"{size} {joined}{outcome.title}"


def amount(value: float, outcome: Outcome) -> str:
    """Return a number with the outcome's unit."""
    digits = f"{value:,.{outcome.decimals}f}"
    return f"{digits} {outcome.unit}".strip()


def signed(value: float | None, outcome: Outcome) -> str:
    """Return a number with its sign and the outcome's unit."""
    digits = f"{value or 0.0:+,.{outcome.decimals}f}".replace("-", "−")
    return f"{digits} {outcome.unit}".strip()
