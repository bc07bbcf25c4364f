"""The simulator's numbers: opened on this process's network, and told this process's port."""

from typing import Any

import msgspec

from connectors.simulator import Line, Network
from flowengine.store import channels
from flowengine.store.channels import Channel
from flowengine.store.database import Database, Transaction
from flowengine.store.tenants import tenants
from flowengine.store.vault import Vault


async def open_numbers(database: Database, vault: Vault, network: Network, loopback: str) -> None:
    """Every simulator channel of every workspace. The port may be another one than last time."""
    async with database.worker() as transaction:
        for tenant in await tenants(transaction):
            inside = transaction.of(tenant.id)
            for channel in await channels.channels(inside):
                if channel.kind == "simulator":
                    await _open(inside, vault, network, channel, loopback)


async def _open(
    transaction: Transaction, vault: Vault, network: Network, channel: Channel, loopback: str
) -> None:
    raw = await channels.channel_settings(transaction, vault, channel.id)
    settings: dict[str, Any] = msgspec.json.decode(raw)
    if settings.get("base_url") != loopback:
        settings["base_url"] = loopback
        changed = msgspec.json.encode(settings)
        await channels.change_channel(transaction, vault, channel.id, settings=changed)
    webhook = f"{loopback}/webhooks/simulator/{channel.id}"
    network.register(Line(channel.address, webhook, settings["secret"], settings["token"]))
