"""The first workspace of a production database, and a way in for its owner."""

from datetime import timedelta

from flowengine.chat import Rules
from flowengine.store.accounts import join, make_user, members
from flowengine.store.database import Database, Transaction
from flowengine.store.sessions import make_link
from flowengine.store.tenants import create_tenant, tenants

LINK = timedelta(days=1)
"""How long a printed sign-in link can be used (once)."""

SLUG = "principal"


async def sign_in_path(database: Database, email: str = "") -> str:
    """The path of a one-time link for the owner with that address, or for the first owner.

    Raises `LookupError` where there is none.
    """
    async with database.worker() as transaction:
        for tenant in await tenants(transaction):
            inside = transaction.of(tenant.id)
            for member in await members(inside):
                if member.role == "owner" and email in ("", member.email):
                    return f"/sign-in/{await make_link(inside, member.id, tenant.id, LINK)}"
    raise LookupError("no workspace has such an owner")


async def make_owner(database: Database, email: str, workspace: str) -> None:
    """An owner with that address: of the first workspace, which is made if there is none."""
    async with database.worker() as transaction:
        inside = await _first_workspace(transaction, workspace)
        user = await make_user(inside, email, email.partition("@")[0].capitalize())
        await join(inside, user.id, "owner")


async def _first_workspace(transaction: Transaction, name: str) -> Transaction:
    for tenant in await tenants(transaction):
        return transaction.of(tenant.id)
    rules = Rules()
    made = await create_tenant(
        transaction, SLUG, name, opt_out_words=rules.opt_out, opt_out_text=rules.opt_out_text
    )
    return transaction.of(made.id)
