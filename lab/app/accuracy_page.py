"""The accuracy report, as the evaluation wrote it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from vitrine.lab.app.documents import Section, sections
from vitrine.lab.app.places import Places

NO_REPORT = """There is no `{page}`. The report lies in a checkout, and this writes it:

```sh
python -m training measure --shared FOLDER
python -m training report
```

Start the app in the checkout, or say where it is with `--folder`."""


def show_accuracy(places: Places) -> None:
    """Show the report, a part at a time."""
    st.title("Accuracy")
    st.caption(
        "How good the models are, on whom that was measured, and what it does not say."
    )
    page = places.page("accuracy")
    if not page.is_file():
        st.info(NO_REPORT.format(page=page))
        return
    found = {section.title: section for section in sections(page)}
    title = st.pills("Part", list(found), default=next(iter(found)), required=True)
    show_section(found[title])


def show_section(section: Section) -> None:
    """Show the Markdown and the pictures of a part of a page."""
    for part in section.parts:
        if not isinstance(part, Path):
            st.markdown(part)
        elif part.suffix == ".svg":
            # The plots are drawn for white paper.
            with st.container(border=True):
                st.image(part.read_text(encoding="utf-8"), width="stretch")
        else:
            st.image(part, width="stretch")
