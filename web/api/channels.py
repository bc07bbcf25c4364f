"""Channels: the connected numbers."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from pydantic import ValidationError

from connectors.registry import connector, known
from flowengine.store import channels
from flowengine.store.channels import Channel
from flowengine.store.database import Transaction
from flowengine.store.ids import new_id
from web.api.shapes import ChannelIn, ChannelItem, Listed
from web.channels import address_of, webhook_of
from web.forms import as_uuid
from web.problems import Problem
from web.request import AnyRequest, services, workspace
from web.schema_form import hidden_fields, plain, problem_of
from web.texts import _


class ChannelChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays."""

    state: Literal["active", "paused"] | None = None
    name: Annotated[str, Meta(min_length=1, max_length=80)] | None = None


class ApiChannels(Controller):
    path = "/channels"
    tags = ["channels"]

    @get()
    async def list_channels(self, request: AnyRequest) -> Listed[ChannelItem]:
        """The workspace's channels, by name; their secrets are never told."""
        async with workspace(request) as transaction:
            found = await channels.channels(transaction)
            items = [await item_of(request, transaction, channel) for channel in found]
        return Listed(tuple(items))

    @get("/{channel:str}")
    async def get_channel(self, request: AnyRequest, channel: FromPath[str]) -> ChannelItem:
        """One of them."""
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            return await item_of(request, transaction, found)

    @post()
    async def add_channel(self, request: AnyRequest, data: JSONBody[ChannelIn]) -> ChannelItem:
        """Connect a number; `webhook` of the answer is what the provider must call. It begins with
        FLOWENGINE_PUBLIC_URL; where that is not set, with the address that this request went to."""
        if data.kind not in known() or data.kind == "simulator":
            raise Problem(_("Não há um conector deste tipo."), place="kind")
        model = connector(data.kind).Settings
        given = {k: v for k, v in data.settings.items() if k not in hidden_fields(model)}
        try:
            checked = model.model_validate(given)
        except ValidationError as error:
            raise problem_of(model, error) from None
        settings = {name: plain(value) for name, value in checked.model_dump().items()}
        id_ = new_id()
        async with workspace(request) as transaction:
            found = await channels.add_channel(
                transaction,
                services(request).vault,
                data.kind,
                data.name,
                address_of(settings),
                msgspec.json.encode(settings),
                channel_id=id_,
            )
            if data.flows:
                await channels.bind_flows(transaction, id_, data.flows)
            return await item_of(request, transaction, found)

    @patch("/{channel:str}")
    async def change_channel(
        self, request: AnyRequest, channel: FromPath[str], data: JSONBody[ChannelChange]
    ) -> ChannelItem:
        """Pause it (what comes in is kept, nothing leaves), have it go on, or name it anew."""
        async with workspace(request) as transaction:
            found = await channels.change_channel(
                transaction,
                services(request).vault,
                as_uuid(channel),
                name=data.name,
                state=data.state,
            )
            item = await item_of(request, transaction, found)
        services(request).workers.ring()
        return item

    @delete("/{channel:str}")
    async def remove_channel(self, request: AnyRequest, channel: FromPath[str]) -> None:
        """Disconnect a number: its tokens are wiped, its conversations stay."""
        async with workspace(request) as transaction:
            await channels.remove_channel(transaction, as_uuid(channel))


async def item_of(request: AnyRequest, transaction: Transaction, channel: Channel) -> ChannelItem:
    id_: UUID = channel.id
    return ChannelItem(
        id_,
        channel.kind,
        channel.name,
        channel.address,
        channel.state,
        channel.trouble,
        webhook_of(request, channel),
        await channels.bound_flows(transaction, id_),
    )
