"""Name the folders of files that ship inside the package.

In a checkout they are links to `models/` and `config/`; a wheel holds the files themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent

MODELS: Final = _HERE / "models"
"""Weights made by our own training code, each with a card."""
CONFIG: Final = _HERE / "config"
"""The example configuration: cameras, stands, campaigns, creatives and codes."""
