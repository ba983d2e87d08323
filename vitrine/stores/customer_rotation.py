"""Another key of the site: the data keys of customers are sealed anew, and no record is touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vitrine.errors import Invalid
from vitrine.sealing import Sealer
from vitrine.stores.data_keys import DataKey, KeyStore


@dataclass(slots=True)
class Rotated:
    """Count data keys."""

    sealed: int = 0
    """Sealed with the active key of the site now, and with another one before."""
    unopened: int = 0
    """Left as they are, as no key of the site opens them."""
    late: int = 0
    """Of who was enrolled meanwhile by a process that does not have the active key yet."""


def rotate(
    keys: KeyStore,
    sealer: Sealer,
    customer_ids: Iterable[str],
) -> Rotated:
    """Seal the data keys of customers with the active key of the site.

    Each in one step: what a process that dies leaves undone opens as before. All are on the
    disk before the answer.
    """
    rotated = Rotated()
    for customer_id in customer_ids:
        try:
            rotated.sealed += _sealed_anew(keys, sealer, customer_id)
        except Invalid:
            rotated.unopened += 1
    keys.save()
    others = 0
    for key in keys.entries().values():
        if key is not None and key.key_id != sealer.active_id:
            others += 1
    rotated.late = max(0, others - rotated.unopened)
    return rotated


def _sealed_anew(keys: KeyStore, sealer: Sealer, customer_id: str) -> bool:
    """Return False where the key was sealed with the active one before. Raises Invalid."""

    def anew(key: DataKey) -> DataKey:
        if key.key_id == sealer.active_id:
            return key
        return key.sealed_anew(sealer, customer_id)

    return keys.replace(customer_id, anew)
