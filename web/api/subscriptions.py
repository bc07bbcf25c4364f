"""Subscriptions: addresses of other systems that are told of what flows notify."""

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from flowengine.store import subscriptions
from flowengine.store.subscriptions import Subscription
from flowengine.store.tokens import new_token
from web.api.shapes import Listed
from web.forms import as_uuid
from web.problems import Problem
from web.request import AnyRequest, services, workspace
from web.texts import _


class SubscriptionIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`names`: of `notify` nodes and of a transfer's `notify`; "*" is all. `secret` signs what is
    sent; left out, one is made."""

    url: Annotated[str, Meta(max_length=2000)]
    names: tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...]
    secret: Annotated[str, Meta(max_length=200)] = ""


class SubscriptionItem(Struct, frozen=True):
    id: UUID
    url: str
    names: tuple[str, ...]
    state: str


class Subscribed(Struct, frozen=True):
    """`secret` is shown this once: `X-Flowengine-Signature` is "sha256=" and the HMAC-SHA256 of the
    body with it, in hex."""

    id: UUID
    secret: str


class ApiSubscriptions(Controller):
    path = "/subscriptions"
    tags = ["subscriptions"]

    @get()
    async def list_subscriptions(self, request: AnyRequest) -> Listed[SubscriptionItem]:
        """All of them."""
        async with workspace(request) as transaction:
            found = await subscriptions.subscriptions(transaction)
        return Listed(tuple(item_of(each) for each in found))

    @post(status_code=201)
    async def subscribe(self, request: AnyRequest, data: JSONBody[SubscriptionIn]) -> Subscribed:
        """Have an address told of these names from now on, by signed posts, at least once."""
        secret = data.secret or new_token()
        check(data.url, data.names)
        async with workspace(request) as transaction:
            made = await subscriptions.subscribe(
                transaction, services(request).vault, data.url, data.names, secret
            )
        return Subscribed(made.id, secret)

    @delete("/{subscription:str}")
    async def unsubscribe(self, request: AnyRequest, subscription: FromPath[str]) -> None:
        """Tell it nothing more; what waits for it is dropped."""
        async with workspace(request) as transaction:
            await subscriptions.unsubscribe(transaction, as_uuid(subscription))


def check(url: str, names: tuple[str, ...]) -> None:
    """An address that can be posted to, and something to tell it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Problem(
            _("O endereço precisa começar com https:// e ter um nome de servidor."), place="url"
        )
    if not names:
        raise Problem(_("Diga ao menos um nome de aviso, ou * para todos."), place="names")


def item_of(each: Subscription) -> SubscriptionItem:
    return SubscriptionItem(each.id, each.url, each.names, each.state)
