"""The ledgers of one stand: each changes a few times an hour at most, and many are there."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from pydantic_core import from_json

from vitrine.campaigns.ledger import IMPERSONAL, Ledger, has_any
from vitrine.campaigns.ledger_json import ledger_from_json
from vitrine.campaigns.shelf import LEVEL


class Ledgers(Mapping[str, Ledger]):
    """Keep ledgers by `Cell.line`: as objects those with plays that wait, the others as text.

    Those with plays change within the hour. Measured (benchmarks.analytics): a ledger of two
    visitors takes 2.7 KB as objects, and 0.4 KB as text.
    """

    def __init__(self) -> None:
        self._people: dict[str, int] = {}
        """Of each ledger, the most who wait for a step of one creative."""
        self._texts: dict[str, bytes] = {}
        """JSON, compressed."""
        self._with_plays: dict[str, Ledger] = {}
        """Those of which sums that concern nobody wait."""
        self._read: dict[str, Ledger] = {}
        """Others that were read or changed, until the next change."""

    def __getitem__(self, line: str) -> Ledger:
        """Return a ledger to be read. Raises KeyError where nothing is known."""
        found = self._with_plays.get(line) or self._read.get(line)
        if found is None:
            found = self._unpacked(line)
            self._read[line] = found
        return found

    def __iter__(self) -> Iterator[str]:
        """Iterate over the lines."""
        return iter(self._people)

    def __len__(self) -> int:
        """Return the number of ledgers."""
        return len(self._people)

    def with_plays(self) -> AbstractSet[str]:
        """Return the lines of which sums that concern nobody wait."""
        return self._with_plays.keys()

    def most_people(self) -> int:
        """Return the most who wait for a step of one creative."""
        return max(self._people.values(), default=0)

    def draft(self, line: str) -> Ledger:
        """Return a ledger to be changed, apart from the one that is kept."""
        if line in self._with_plays:
            return self._with_plays[line].copy()
        if line in self._texts:
            return self._unpacked(line)
        return Ledger()

    def put(self, ledgers: Mapping[str, Ledger], texts: Mapping[str, bytes]) -> None:
        """Add ledgers, or replace those of their lines; `texts` are the same as JSON."""
        self._read.clear()
        for line, ledger in ledgers.items():
            accounts = ledger.accounts.values()
            counts = [len(account.people) for account in accounts]
            self._people[line] = max(counts, default=0)
            if any(has_any(IMPERSONAL, account.plays) for account in accounts):
                self._with_plays[line] = ledger
                self._texts.pop(line, None)
            else:
                self._with_plays.pop(line, None)
                self._texts[line] = zlib.compress(texts[line], LEVEL)
                self._read[line] = ledger

    def load(self, texts: Mapping[str, bytes]) -> None:
        """Take in the ledgers of a store, as JSON; most of them are not made to objects."""
        for line, text in texts.items():
            accounts = from_json(text)["accounts"].values()
            counts = [len(account["people"]) for account in accounts]
            self._people[line] = max(counts, default=0)
            plays = [account["plays"]["sums"].values() for account in accounts]
            if any(amount > 0 for amounts in plays for amount in amounts):
                self._with_plays[line] = ledger_from_json(text)
            else:
                self._texts[line] = zlib.compress(text, LEVEL)

    def _unpacked(self, line: str) -> Ledger:
        return ledger_from_json(zlib.decompress(self._texts[line]))
