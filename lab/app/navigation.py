"""The pages of the app, and the way between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from vitrine.errors import ConfigurationError
from vitrine.lab.app.accuracy_page import show_accuracy
from vitrine.lab.app.cards_page import show_cards
from vitrine.lab.app.faces_page import show_faces
from vitrine.lab.app.limits_page import show_limits
from vitrine.lab.app.map_page import show_map
from vitrine.lab.app.nets_page import show_nets
from vitrine.lab.app.places import Places
from vitrine.lab.app.runs_page import show_runs
from vitrine.lab.app.tour_page import show_tour
from vitrine.settings import Settings

# Within the program: beside a folder called `pages`, Streamlit takes an address for a file there.
LOGO: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 172 32">'
    '<rect width="32" height="32" rx="8" fill="#14161d"/>'
    '<path d="M7 9l9 15 9-15" fill="none" stroke="#ffb35c" stroke-width="4" '
    'stroke-linecap="round" stroke-linejoin="round"/>'
    '<text x="42" y="23" font-family="Liberation Sans, Arial, sans-serif" font-size="20" '
    'font-weight="600" fill="#d9773f">Vitrine lab</text></svg>'
)
# Streamlit leaves a fifth of the screen empty above a page.
STYLE: Final = "[data-testid=stMainBlockContainer] { padding-top: 3.5rem; }"
ShowPage = Callable[[Places], None]
# Title, address, page. No icons: Streamlit fetches them from a server of others.
LOOKING: Final[list[tuple[str, str, ShowPage]]] = [
    ("Faces", "faces", show_faces),
    ("Two nets", "nets", show_nets),
    ("Map of faces", "map", show_map),
]
KNOWING: Final[list[tuple[str, str, ShowPage]]] = [
    ("Training runs", "runs", show_runs),
    ("Models", "models", show_cards),
    ("Accuracy", "accuracy", show_accuracy),
]
LEARNING: Final[list[tuple[str, str, ShowPage]]] = [
    ("The studies, a tour", "tour", show_tour),
    ("What this is not", "limits", show_limits),
]


def show(folder: Path) -> None:
    """Show the page that the browser asks for."""
    st.set_page_config(page_title="Vitrine lab", layout="wide")
    try:
        places = Places(folder, Settings.load().models)
    except ConfigurationError as error:
        st.error(str(error))
        return
    st.logo(LOGO, size="large")
    st.html(f"<style>{STYLE}</style>")
    chosen = st.navigation(
        {
            "Look": _pages(LOOKING, places),
            "Know": _pages(KNOWING, places),
            "Learn": _pages(LEARNING, places),
        }
    )
    st.sidebar.caption("Pictures stay in the memory of this machine.")
    chosen.run()


def _pages(listed: list[tuple[str, str, ShowPage]], places: Places) -> list[st.Page]:
    pages = []
    for title, address, show_page in listed:
        page = st.Page(
            partial(show_page, places),
            title=title,
            url_path=address,
        )
        pages.append(page)
    return pages
