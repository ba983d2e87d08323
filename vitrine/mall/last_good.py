"""Keep the last good configuration over a restart, as the texts of its files."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from vitrine.mall.checking import FILES, mall_of
from vitrine.mall.models import Mall
from vitrine.mall.problems import Refused
from vitrine.mall.reader import MOST_BYTES
from vitrine.mall.text import Unreadable, read_text
from vitrine.output import replace_file

logger = logging.getLogger(__name__)

# Texts grow in JSON: a line end takes two bytes there, a control character six.
MOST_KEPT_BYTES = 6 * len(FILES) * MOST_BYTES
# Tells the folders of one machine apart.
NAME_DIGITS = 16


class LastGood:
    """Keep the texts of one configuration folder in a folder of the machine.

    Only its owner can read them: the address of a camera may hold a password.
    """

    def __init__(self, state: Path, folder: Path) -> None:
        name = sha256(os.fsencode(folder.absolute())).hexdigest()[:NAME_DIGITS]
        self._path = state / f"configuration-{name}.json"
        self._folder = folder
        self._told = False

    def mall(self) -> Mall | None:
        """Return the configuration that was kept, if there is one that can be used."""
        texts = self.texts()
        if texts is None:
            return None
        try:
            return mall_of(self._folder, texts)
        except Refused:
            # Kept by another version, which took what this one refuses.
            return None

    def texts(self) -> dict[str, str] | None:
        """Return the texts that were kept, by the names of their files; None without any."""
        try:
            found = json.loads(read_text(self._path, MOST_KEPT_BYTES))
        except (Unreadable, ValueError):
            return None
        if not isinstance(found, dict) or set(found) != set(FILES):
            return None
        if not all(isinstance(text, str) for text in found.values()):
            return None
        return found

    def keep(self, texts: Mapping[str, str]) -> None:
        """Replace what is kept, in one step; a folder that cannot be written is logged once."""
        if self.texts() == texts:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(dict(texts)))
        except OSError as error:
            if not self._told:
                logger.warning(
                    "the configuration cannot be kept in %s (%s): after a restart, a file with "
                    "a mistake will be refused; set VITRINE_STATE to a folder that can be written",
                    self._path.parent,
                    error.strerror,
                )
            self._told = True
