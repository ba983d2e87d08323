"""See, in the page itself, what is drawn and what the page says of it.

A witness in each page watches the stage and tells the benchmark at once: an element is shown, it is
over when the next one is. It also hears the id that the page gives a play when it first keeps it,
and the other one when it dates the play anew. Both are told by the page's own clock, which no fault
touches.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

BINDING: Final = "benchmarkHears"
# Runs in the page before its own scripts, and in the frames of creatives, where it does nothing.
WATCH: Final = """
    if (window === top) {
      const page = `${Math.random()}`.slice(2);
      const now = () => performance.timeOrigin + performance.now();
      let span = 0;
      let shown = null;
      const tell = (what, more) => benchmarkHears({
        what, page, span, stand: location.pathname.split('/')[2], at: now(), ...more });
      const look = () => {
        const newest = [...document.querySelectorAll('#stage > .shown')].at(-1) ?? null;
        if (newest === shown) return;
        if (shown) tell('over');
        shown = newest;
        if (!newest) return;
        span += 1;
        tell('shown', { house: newest.classList.contains('house') });
      };
      const spans = new Map(); // id of a play → its span
      let dropped = null; // span of what is dropped, to be kept at once under another id
      const { put, delete: remove } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.delete = function (name) {
        const [kind, , id] = `${name}`.split('/').slice(2);
        if (kind === 'plays') {
          dropped = spans.get(id) ?? null;
          queueMicrotask(() => { dropped = null; });
        }
        return remove.call(this, name);
      };
      IDBObjectStore.prototype.put = function (text, name) {
        const [kind, , id] = `${name}`.split('/').slice(2);
        if (kind === 'plays') {
          const told = { id, span: dropped ?? span };
          spans.set(id, told.span);
          tell('kept', told);
          this.transaction.addEventListener('complete', () => tell('stored', told));
        }
        if (kind === 'refused') tell('refused');
        return put.call(this, text, name);
      };
      addEventListener('DOMContentLoaded', () => {
        const stage = document.querySelector('#stage');
        if (!stage) return;
        const what = { subtree: true, childList: true, attributeFilter: ['class'] };
        new MutationObserver(look).observe(stage, what);
      });
    }
"""


@dataclass(slots=True)
class Span:
    """Hold one creative on one screen, from shown to over, in ms of the browser's clock."""

    stand: str
    shown_ms: float
    over_ms: float | None = None
    """None while it is on the screen, and for ever where the browser was killed."""
    kept: dict[str, float] = field(default_factory=dict)
    """Ids of the plays that the page kept for it, and when."""
    stored: set[str] = field(default_factory=set)
    """Those of them that the browser has on the disk."""
    house: bool = False
    """It was the house, which is no play."""

    def last_ms(self) -> float:
        """Return the last moment at which it was seen."""
        return max([self.shown_ms, self.over_ms or 0, *self.kept.values()])

    def drawn_s(self) -> float:
        """Return how long it was drawn, as far as anybody saw."""
        return (self.last_ms() - self.shown_ms) / 1e3


class Witness:
    """Collect what the pages tell."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, int], Span] = {}
        self.refused = 0
        self.unseen: list[str] = []
        """Ids of plays that a page kept with nothing on its stage."""

    def hear(self, _: object, told: Mapping[str, Any]) -> None:
        """Take a word of a page; for `expose_binding`."""
        key = (told["page"], told["span"])
        match told["what"]:
            case "shown":
                self.spans[key] = Span(told["stand"], told["at"], house=told["house"])
            case "over":
                self.spans[key].over_ms = told["at"]
            case "refused":
                self.refused += 1
            case "kept" if key in self.spans:
                self.spans[key].kept.setdefault(told["id"], told["at"])
            case "kept":
                self.unseen.append(told["id"])
            case "stored" if key in self.spans:
                self.spans[key].stored.add(told["id"])


def wall_ms() -> float:
    """Return the time of the browsers' clock."""
    return time.time() * 1e3
