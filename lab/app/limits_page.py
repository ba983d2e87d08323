"""What the lab keeps, and what it does not do."""

from __future__ import annotations

import streamlit as st

from vitrine.lab.app.places import Places

KEPT = """
- Pictures, videos and webcam captures are in the memory of this process while their page is open.
  Nothing of them is written to a disk, and nothing is sent anywhere.
- The page is served to this machine only (127.0.0.1), without telemetry.
- Embeddings of the map are biometric data. They are made when you ask for the map, and are gone
  with the page. Show your own face, or that of somebody who agreed.
- Downloads are coordinates. They are yours, and so is what they are used for.
"""
OUT_OF_SCOPE = """
The studies that the lab follows mention further uses of landmarks. They are out of scope, here and
in the product.

- **Augmented reality** needs points that stay on the skin in each frame of a display. Ours follow
  visitors at the pace of a camera, 10 frames a second in the example configuration.
- **Driver attention** is a safety function. It needs eyes behind glasses and at night, and a proof
  of what a miss may cost.
- **Security, access and surveillance**: the product recognises people who asked for it, and nobody
  else. Its thresholds are chosen for a coupon, not for a door.
"""


def show_limits(places: Places) -> None:  # noqa: ARG001 - as every page
    """Show what is kept and what is out of scope."""
    st.title("What this is not")
    st.subheader("What is kept")
    st.markdown(KEPT)
    st.subheader("Out of scope")
    st.markdown(OUT_OF_SCOPE)
