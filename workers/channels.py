"""Channels as a worker sees them: each one's connector, made from its opened settings and kept."""

import json
from datetime import datetime
from uuid import UUID

import httpx
import pydantic
import structlog

from connectors.base import Provider, only_replies
from connectors.registry import UnknownConnector, build
from flowengine.store.channels import channel_anywhere, channel_settings
from flowengine.store.database import Transaction
from flowengine.store.errors import NotFound, Unsealed
from flowengine.store.plans import Rules
from flowengine.store.vault import Vault
from workers.library import Shelf

log = structlog.stdlib.get_logger()

KEPT = 2000
WINDOW_HOURS = 24
"""The window of a channel whose settings cannot be read: the stricter guess."""


class Channels:
    """Connectors by channel; made anew when the channel changes. One per process."""

    def __init__(self, vault: Vault, client: httpx.AsyncClient) -> None:
        self._vault = vault
        self._client = client
        self._kept: Shelf[UUID, tuple[datetime, Provider | str]] = Shelf(KEPT)

    async def provider(
        self, transaction: Transaction, channel: UUID, kind: str, updated_at: datetime
    ) -> Provider | str:
        """The channel's connector, or why there is none. `updated_at`: of the channel's row."""
        kept = self._kept.get(channel)
        if kept is not None and kept[0] == updated_at:
            return kept[1]
        made = await self._make(transaction, channel, kind)
        if isinstance(made, str):
            log.warning("channel cannot be used", channel=str(channel), why=made)
        self._kept.put(channel, (updated_at, made))
        return made

    async def window_hours(
        self, transaction: Transaction, channel: UUID, kind: str, updated_at: datetime
    ) -> int:
        """Hours that a customer's message keeps the channel open for free text; 0: always."""
        provider = await self.provider(transaction, channel, kind, updated_at)
        if isinstance(provider, str):
            return WINDOW_HOURS
        return provider.capabilities.window_hours

    async def rules(self, transaction: Transaction, channel: UUID) -> Rules | None:
        """What holds on a channel; None where it is not at work or cannot be used."""
        found = await channel_anywhere(transaction, channel)
        if found is None or found.state != "active":
            return None
        provider = await self.provider(transaction, found.id, found.kind, found.updated_at)
        if isinstance(provider, str):
            return None
        return Rules(provider.capabilities.window_hours, only_replies(provider))

    async def _make(self, transaction: Transaction, channel: UUID, kind: str) -> Provider | str:
        return await open_connector(transaction, self._vault, channel, kind, self._client)


async def open_connector(
    transaction: Transaction, vault: Vault, channel: UUID, kind: str, client: httpx.AsyncClient
) -> Provider | str:
    """A channel's connector out of what is stored, or a word for why there is none."""
    try:
        settings = await channel_settings(transaction, vault, channel)
    except (NotFound, Unsealed) as error:
        return type(error).__name__
    try:
        return build(kind, json.loads(settings or b"{}"), client)
    except pydantic.ValidationError as error:
        wrong = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
        return f"settings: {wrong}"
    except (UnknownConnector, ValueError, TypeError) as error:
        return type(error).__name__
    except Exception as error:  # a connector that somebody else wrote: only its channel is off
        log.exception("a connector cannot be made", kind=kind)
        return type(error).__name__
