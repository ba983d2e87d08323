"""The script that Streamlit runs for each browser and each change: one argument, the folder."""

from __future__ import annotations

import sys
from pathlib import Path

from vitrine.lab.app.navigation import show

show(Path(sys.argv[1]))
