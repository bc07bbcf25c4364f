"""What a chaos run finds in the database: a workspace, its flow, an agent's key, some numbers."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from connectors.fake_graph import Number
from flowengine.document import parse
from flowengine.store import (
    accounts,
    api_keys,
    channels,
    constants,
    flows,
    queues,
    tenants,
)
from flowengine.store.database import Database, Transaction
from flowengine.store.vault import Vault
from web.commands.chaos_story import document
from web.publishing import version_of

SECRET = "chaos-app-secret"  # noqa: S105 - of a provider that exists while this runs
POLICIES = ("resend", "resend", "resend", "flag")
"""One number for each: most resend what is unclear, one asks a person."""

RATE = 500
"""Messages a second of each number: what is tormented is us, not its limit at Meta."""


class World(Struct, frozen=True):
    """`numbers`: each with its policy, as the provider knows it. `key`: of the agent."""

    tenant: UUID
    numbers: tuple[tuple[Number, str], ...]
    key: str


async def make_world(
    database: Database, vault: Vault, provider: str, shop: str, ports: Sequence[int]
) -> World:
    """`provider`: its address; `shop`: host and port; `ports`: of our web processes."""
    async with database.worker() as transaction:
        tenant = await tenants.create_tenant(
            transaction, "caos", "Caos", opt_out_words=("parar",), opt_out_text="Pronto."
        )
        inside = transaction.of(tenant.id)
        bia = await accounts.make_user(inside, "bia@exemplo.com.br", "Bia")
        await accounts.join(inside, bia.id, "owner")
        await queues.put_queue(inside, "geral", "Geral")
        await queues.set_queue_members(inside, "geral", [bia.id])
        await constants.put_constant(inside, "loja", f"http://{shop}")
        flow = parse(msgspec.json.encode(document()))
        await flows.publish_all(inside, [version_of(flow)])
        numbers = [
            (await _number(inside, vault, str(100 + place), policy, provider, ports), policy)
            for place, policy in enumerate(POLICIES)
        ]
    async with database.web(tenant.id, bia.id) as transaction:
        _, key = await api_keys.make_api_key(transaction, "agente", "agent", bia.id)
    return World(tenant.id, tuple(numbers), key)


async def _number(
    transaction: Transaction,
    vault: Vault,
    number: str,
    policy: str,
    provider: str,
    ports: Sequence[int],
) -> Number:
    settings = {
        "phone_number_id": number,
        "token": f"token-{number}",
        "app_secret": SECRET,
        "verify_token": "chaos",
        "base_url": provider,
        "unclear": policy,
        "messages_per_second": RATE,
    }
    channel = await channels.add_channel(
        transaction, vault, "cloud", f"Número {number}", number, msgspec.json.encode(settings)
    )
    hooks = [f"http://127.0.0.1:{port}/webhooks/cloud/{channel.id}" for port in ports]
    return Number(number, token=f"token-{number}", app_secret=SECRET, webhook=",".join(hooks))
