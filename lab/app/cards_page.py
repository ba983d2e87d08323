"""Model cards: what ships, from what it was made, and what it is worth."""

from __future__ import annotations

import streamlit as st

from vitrine.errors import ConfigurationError
from vitrine.lab.app.documents import Card, cards, without_title
from vitrine.lab.app.places import Places

KILOBYTE = 1000


def show_cards(places: Places) -> None:  # noqa: ARG001 - what ships is in the package
    """Show the list of models, and the card of one of them."""
    st.title("Models")
    st.caption("What ships with the product; each file is compared with its checksum.")
    try:
        found = cards()
    except ConfigurationError as error:
        st.error(str(error))
        return
    listed = [_row(card) for card in found]
    st.dataframe(listed, hide_index=True)
    by_name = {card.entry.file: card for card in found}
    name = st.selectbox("Card", list(by_name))
    card = by_name[name]
    if card.check != "as shipped":
        st.error(f"{name} is {card.check}: install the package again.")
    with st.container(border=True):
        st.subheader(name)
        st.markdown(without_title(card.text) or "It has no card.")


def _row(card: Card) -> dict[str, str | int]:
    entry = card.entry
    return {
        "file": entry.file,
        "what it does": entry.purpose,
        "kB": round(entry.size / KILOBYTE),
        "file is": card.check,
        "licence": entry.licence,
    }
