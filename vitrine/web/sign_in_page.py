"""The pages of signing in and out."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from vitrine.people.accounts import ROLES, Person, Role
from vitrine.web.cards import body_of, card

HOMES: Final[dict[Role, tuple[str, str]]] = {
    "operator": ("/", "To the console"),
    "auditor": ("/audit", "To the audit log"),
    "advertiser": ("/campaigns", "To your campaigns"),
}
"""Where each role begins, and what to call that."""


def sign_in_page(
    next_address: str,
    wrong: str = "",
    name: str = "",
    *,
    by_provider: bool = False,
) -> str:
    """Return the page that asks for name and password, and what was wrong with the last ones.

    `next_address` is where it leads; with `by_provider` a link leads to the identity provider.
    """
    # Whose name is there types the password next.
    focus = ("", "autofocus") if name else ("autofocus", "")
    body = body_of(
        "sign_in",
        first=focus[0],
        second=focus[1],
        next=next_address,
        wrong=wrong,
        name=name,
    )
    if by_provider:
        query = urlencode({"next": next_address})
        body += body_of("provider", address=f"/sign-in/provider?{query}")
    return card("Sign in", body)


def returned_page(next_address: str) -> str:
    """Return the page after the identity provider's, which leads on by itself."""
    return card("You are signed in", body_of("returned", next=next_address))


def signed_in_page(person: Person) -> str:
    """Return the page on which somebody signs out."""
    return card("You are signed in", _about(person))


def not_allowed_page(person: Person) -> str:
    """Return the page for somebody who asked for a page of another role."""
    return card("This page is not for your role", _about(person))


def open_page() -> str:
    """Return the page that tells why nobody signs in."""
    words = (
        "Whoever reaches this address sees these pages. To change that, set "
        "<code>VITRINE_USERS</code> or <code>VITRINE_OPERATOR_TOKEN</code>."
    )
    return card("Nobody signs in here", f"<p>{words}</p>")


def _about(person: Person) -> str:
    home, place = HOMES[person.role]
    return body_of(
        "signed_in",
        name=person.name,
        role=person.role,
        opens=ROLES[person.role],
        home=home,
        place=place,
    )
