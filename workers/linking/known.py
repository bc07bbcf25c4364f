"""The channels that are linked: their settings, opened, and what they lack to be asked."""

from datetime import datetime
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from connectors.baileys import BaileysConnector, BaileysSettings
from flowengine.store.channels import (
    Channel,
    change_channel,
    channel_anywhere,
    channel_settings,
)
from flowengine.store.database import Database, Transaction
from flowengine.store.errors import NotFound, Unsealed
from flowengine.store.tokens import new_token
from flowengine.store.vault import Vault
from workers.library import Shelf

KIND = "baileys"
KEPT = 2000


class Known(Struct, frozen=True):
    channel: Channel
    settings: BaileysSettings
    connector: BaileysConnector

    @property
    def secret(self) -> str:
        return self.settings.secret.get_secret_value()


class Channels:
    """By their ids; read anew when the channel changed."""

    def __init__(self, database: Database, vault: Vault, client: httpx.AsyncClient) -> None:
        self._database = database
        self._vault = vault
        self._client = client
        self._kept: Shelf[UUID, tuple[datetime, Known]] = Shelf(KEPT)

    async def of(self, session: str) -> Known | None:
        """The channel of a session; None where there is none, or it cannot be read."""
        try:
            id_ = UUID(session)
        except ValueError:
            return None
        async with self._database.worker() as transaction:
            channel = await channel_anywhere(transaction, id_)
            if channel is None or channel.kind != KIND or str(id_) != session:
                return None
            kept = self._kept.get(id_)
            if kept is not None and kept[0] == channel.updated_at:
                return kept[1]
            try:
                raw = await channel_settings(transaction, self._vault, id_)
                settings = BaileysSettings.model_validate_json(raw)
            except (NotFound, Unsealed, ValueError):
                return None
        known = Known(channel, settings, BaileysConnector(settings, self._client))
        self._kept.put(id_, (channel.updated_at, known))
        return known

    async def is_gone(self, session: str) -> bool:
        """Whether there is no such channel any more (and not just one that cannot be read now)."""
        try:
            id_ = UUID(session)
        except ValueError:
            return True
        async with self._database.worker() as transaction:
            channel = await channel_anywhere(transaction, id_)
        return channel is None or channel.kind != KIND

    async def furnish(self, tenant: UUID, channel: UUID, address: str) -> None:
        """Write into a channel's settings where we are, and the key that only it and we have."""
        async with self._database.worker(tenant) as transaction:
            await self._furnish(transaction, channel, address)

    async def _furnish(self, transaction: Transaction, channel: UUID, address: str) -> None:
        try:
            before = msgspec.json.decode(
                await channel_settings(transaction, self._vault, channel), type=dict[str, object]
            )
        except (NotFound, Unsealed, msgspec.DecodeError):
            return
        wanted = {
            **before,
            "base_url": address,
            "session": str(channel),
            "secret": before.get("secret") or new_token(),
        }
        if wanted != before:
            settings = msgspec.json.encode(wanted)
            await change_channel(transaction, self._vault, channel, settings=settings)
