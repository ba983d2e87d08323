"""The gallery of everybody enrolled, in memory, kept in step with the customer store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

from vitrine.customers.gallery import Gallery
from vitrine.customers.records import NEVER_NS, Template, by_customer
from vitrine.stores.customer_records import Change

# Reading 1,000 again takes some 0.2 s, in which nobody is recognised; beyond that a small gallery
# is read anew as fast. Chosen, not measured.
CHANGED_AT_ONCE: Final = 1_000


class TemplateStore(Protocol):
    """Keep the enrolled templates. Each call may raise Unavailable."""

    def check_keys(self) -> None:
        """Make sure that the data keys are there, without which no template opens."""

    def last_change(self) -> Change:
        """Return the newest change."""

    def changed_since(self, change: Change) -> set[str] | None:
        """Return the customers who were changed after a change; None where that is not known."""

    def templates(self, now_ns: int) -> Sequence[Template]:
        """Return the templates of everybody who may be recognised now, without a key in hand."""

    def templates_of(
        self, customer_ids: Collection[str], now_ns: int
    ) -> Sequence[Template]:
        """Return those of some customers."""


def as_it_is(gallery: Gallery) -> Gallery:
    """Return a gallery of which nothing is learned."""
    return gallery


class Enrolled:
    """Keep the gallery, and read again only who was changed since."""

    def __init__(
        self,
        build: Callable[[Sequence[Template]], Gallery],
        now_ns: Callable[[], int],
        improved: Callable[[Gallery], Gallery] = as_it_is,
    ) -> None:
        """`improved` returns the gallery with what was learned of it since it was read."""
        self._build = build
        self._now_ns = now_ns
        self._improved = improved
        self._gallery: Gallery | None = None
        self._until_ns: dict[str, int] = {}
        """By customer, when a consent ends, which changes nothing in the store."""
        self._next_until_ns = NEVER_NS
        self.change = Change()
        """All that were made before it are known."""

    def __len__(self) -> int:
        """Return the number of customers in memory."""
        return len(self._gallery.customers) if self._gallery is not None else 0

    def up_to_date(self, store: TemplateStore) -> Gallery:
        """Return the gallery as it is now; the same one where nothing is different.

        Raises Unavailable.
        """
        # Where nothing was changed the keys are not read, and what is in memory needs none. It is
        # not used without them all the same.
        store.check_keys()
        # Before the templates: a change meanwhile is then seen by the next look.
        change = store.last_change()
        # After the change: who consented just before it does so now.
        gallery = self._up_to(store, change, self._now_ns())
        self._gallery = self._improved(gallery)
        self.change = change
        return self._gallery

    def forget(self) -> None:
        """Forget everybody: the next time they are read anew."""
        self._gallery = None
        self._until_ns = {}

    def _up_to(self, store: TemplateStore, change: Change, now_ns: int) -> Gallery:
        if self._gallery is None:
            return self._read_all(store, now_ns)
        changed: set[str] | None = set()
        if change != self.change:
            changed = store.changed_since(self.change)
        if changed is None or len(changed) > CHANGED_AT_ONCE:
            return self._read_all(store, now_ns)
        if now_ns >= self._next_until_ns:
            changed |= {each for each, end in self._until_ns.items() if end <= now_ns}
        if not changed:
            return self._gallery
        return self._read_again(store, changed, self._gallery, now_ns)

    def _read_all(self, store: TemplateStore, now_ns: int) -> Gallery:
        templates = store.templates(now_ns)
        self._until_ns = {each.customer_id: each.until_ns for each in templates}
        self._next_until_ns = min(self._until_ns.values(), default=NEVER_NS)
        return self._build(templates)

    def _read_again(
        self,
        store: TemplateStore,
        changed: set[str],
        gallery: Gallery,
        now_ns: int,
    ) -> Gallery:
        """Return a gallery with some customers as they are now, and the others as they were."""
        templates = by_customer(store.templates_of(changed, now_ns))
        changes = {}
        for customer_id in changed:
            theirs = templates.get(customer_id, [])
            changes[customer_id] = theirs
            self._until_ns.pop(customer_id, None)
            for template in theirs:
                self._until_ns[customer_id] = template.until_ns
        self._next_until_ns = min(self._until_ns.values(), default=NEVER_NS)
        return gallery.replaced(changes)
