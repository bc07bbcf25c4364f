"""Who tests a flow's draft on a real phone: what the page and the API do alike."""

import secrets

from flowengine.messages import Identity
from flowengine.store import flows, identities, trials
from flowengine.store.contacts import contact_of
from flowengine.store.database import Transaction
from flowengine.store.identities import Seen
from flowengine.store.trials import Code
from web.request import AnyRequest, caller, services

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of codes: nothing that is mistaken for something else when it is typed."""


async def code_of(transaction: Transaction, key: str) -> Code | None:
    """The flow's code, if one is good now."""
    return next((each for each in await trials.codes(transaction) if each.flow == key), None)


async def add_tester(request: AnyRequest, key: str, phone: str) -> None:
    """Whoever has a phone (a contact is made where there is none) tests a flow for a day, and what
    runs of it with them ends, as by the code; on the test phone too, where a number is nobody's
    outside of it.

    Raises `NotFound` where there is no such flow.
    """
    tenant = caller(request).tenant
    async with services(request).database.worker(tenant) as transaction:
        await flows.draft(transaction, key)
        ids = [Identity(kind, phone) for kind in ("phone", "simulator")]
        known = {who for id in ids if (who := await contact_of(transaction, id)) is not None}
        if not known:
            seen = Seen(tenant, (Identity("phone", phone),))
            known = {(await identities.resolve(transaction, seen)).contact_id}
        for who in known:
            await trials.invite(transaction, key, who)


def new_code() -> str:
    """Some words that nobody says by chance."""
    return "teste-" + "".join(secrets.choice(LETTERS) for _ in range(6))
