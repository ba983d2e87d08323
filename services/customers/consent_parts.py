"""A consent of a customer, as their own page shows it: given, renewed or withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.customers.consents import DAY_NS, Consent, Purpose
from vitrine.customers.records import Customer
from vitrine.services.customers.phone_pages import hidden_text
from vitrine.services.customers.texts import Texts, filled

# Chosen, not measured: who comes once a month sees it in time.
RENEWED_BEFORE_NS: Final = 60 * DAY_NS
"""Before a consent ends it may be given anew."""


def consent_part(
    texts: Texts,
    customer: Customer,
    purpose: Purpose,
    text: str,
    version: str,
    now_ns: int,
) -> str:
    """Return a purpose with what was agreed, and the ways to give, renew or withdraw it.

    `text` says what is agreed to, and `version` which text that is.
    """
    consent = _in_force(customer, purpose, now_ns)
    title = escape(texts[purpose])
    state = texts["notAgreed"]
    buttons = ""
    if consent is not None:
        state = filled(
            texts["agreed"],
            since=_day(consent.granted_at_ns),
            until=_day(consent.expires_at_ns),
            version=consent.text_version,
        )
    if consent is None or consent.ends_at_ns - now_ns < RENEWED_BEFORE_NS:
        buttons += _button(texts, "agree", purpose, hidden_text(version))
    if consent is not None and purpose == "recognise":
        buttons += f'<p class="small">{escape(texts["toEnd"])}</p>'
    elif consent is not None:
        buttons += _button(texts, "withdraw", purpose)
    return (
        f'<section class="fact"><h2>{title}</h2><p class="small">{escape(text)}</p>'
        f"<p>{escape(state)}</p>{buttons}</section>"
    )


def _in_force(
    customer: Customer,
    purpose: Purpose,
    now_ns: int,
) -> Consent | None:
    for consent in customer.consents:
        if consent.purpose == purpose and consent.in_force(now_ns):
            return consent
    return None


def _button(
    texts: Texts,
    act: str,
    purpose: Purpose,
    hidden: str = "",
) -> str:
    """Return the form that gives or withdraws a consent; `hidden` is more of it, as HTML."""
    named = escape(f"{texts[act]}: {texts[purpose]}")
    return (
        f'<form method="post" action="/me/{act}">'
        f'<input type="hidden" name="purpose" value="{purpose}">{hidden}'
        f'<button class="slim second" aria-label="{named}">{escape(texts[act])}</button></form>'
    )


def _day(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).date().isoformat()
