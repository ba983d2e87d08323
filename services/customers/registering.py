"""Somebody who has passed the challenge becomes a customer, once."""

from __future__ import annotations

from typing import Final

from vitrine.customers.consents import allows, granted
from vitrine.errors import Unavailable
from vitrine.services.customers.dependencies import Opened, Web
from vitrine.services.customers.joinings import Joining
from vitrine.services.customers.sweeping import ERASED
from vitrine.stores import phones, recovery
from vitrine.stores.sealed_records import HeldBy
from vitrine.telemetry import metrics

PHONE: Final = "phone"
"""Who did it, for the audit log: nobody has an account here."""


class Known(Exception):
    """The face resembles somebody who has joined before."""


def register(
    web: Web,
    joining: Joining,
    name: str,
    secret: str,
) -> None:
    """Enrol who joins, and link the phone with this secret; a second time changes nothing.

    Of two who join with one face at once, in whatever process, the first one is enrolled. Raises
    Known, and Unavailable.
    """
    with joining.lock, web.opened() as opened:
        if joining.is_done:
            return
        # The same one where it goes on: the answer may be asked for again.
        joining.recovery_code = joining.recovery_code or recovery.new_code()
        code = joining.recovery_code
        web.lookalikes.read(opened.store)
        with opened.store.enrolling():
            if not joining.customer_id:
                held_by = None
                if web.is_in_hand():
                    held_by = HeldBy(phone=secret, recovery=recovery.plain(code))
                # From here on the face is known: who asks again goes on with the next step.
                joining.customer_id = _enrol(web, opened, joining, name, held_by)
            customer_id = joining.customer_id
            if not hand_over(opened, customer_id, secret, code, web.now_ns()):
                raise Unavailable("the customer was erased meanwhile")
        joining.is_done = True
    metrics.CUSTOMER_JOININGS.labels("enrolled").inc()
    web.audit.note("joined", None, name=PHONE, place=customer_id)


def hand_over(
    opened: Opened,
    customer_id: str,
    secret: str,
    code: str,
    now_ns: int,
) -> bool:
    """Make a phone and a recovery code a customer's, in place of those before.

    The code comes last: until then the one before is good, whatever goes away in between. Returns
    False without such a customer. Raises Unavailable.
    """
    phone = opened.store.bound(customer_id, secret)
    proof = opened.store.bound(customer_id, recovery.plain(code))
    if phone is None or proof is None:
        return False
    if not phones.link_at_once(opened.redis, customer_id, phone):
        return False
    link_for_offers(opened, customer_id, secret, now_ns)
    return recovery.keep_code(opened.redis, customer_id, code, proof)


def link_for_offers(
    opened: Opened,
    customer_id: str,
    secret: str,
    now_ns: int,
) -> None:
    """Let offers of a customer open on this phone, where they agree to offers.

    The stands know customers by a pseudonym only, and no phone by its customer. Raises Unavailable.
    """
    customer = opened.store.customer(customer_id)
    if customer is None or not allows(customer.consents, "offers", now_ns):
        return
    token = phones.offer_link(opened.redis, customer.pseudonym)
    phones.link(opened.redis, token, secret)


def _enrol(
    web: Web,
    opened: Opened,
    joining: Joining,
    name: str,
    held_by: HeldBy | None,
) -> str:
    now_ns = web.now_ns()
    model = web.reader.embedder.model
    store = opened.store
    vectors = joining.challenge.templates
    found = web.lookalikes.first_like(store, vectors, model)
    while found is not None:
        _, known = found
        if not _is_abandoned(opened, known):
            metrics.CUSTOMER_JOININGS.labels("known").inc()
            web.audit.note(
                "looked like a customer, and was not enrolled", None, name=PHONE
            )
            raise Known
        store.erase(known, now_ns)
        web.audit.note(ERASED, None, name=PHONE, place=known)
        found = web.lookalikes.first_like(store, vectors, model)
    consents = granted(
        joining.purposes,
        at_ns=now_ns,
        days=web.settings.days,
        text_version=joining.text_version,
        language=joining.language,
        method=PHONE,
    )
    return store.enrol(
        name=name,
        vectors=vectors,
        model=model,
        consents=consents,
        now_ns=now_ns,
        held_by=held_by,
    )


def _is_abandoned(opened: Opened, customer_id: str) -> bool:
    """Return True for who joined by phone and got no code, as the process was killed before it.

    Nobody has a key to that record. It is the same person who joins again.
    """
    customer = opened.store.customer(customer_id)
    if customer is None:
        return False
    by_phone = all(consent.method == PHONE for consent in customer.consents)
    return by_phone and not recovery.has_code(opened.redis, customer_id)
