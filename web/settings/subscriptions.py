"""Who is told of what flows notify: addresses of other systems, and the names they hear of."""

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import subscriptions
from flowengine.store.subscriptions import Subscription
from flowengine.store.tokens import new_token
from web.api.subscriptions import check
from web.forms import as_uuid, read_form
from web.htmx import go_to
from web.render import render
from web.request import AnyRequest, services, workspace
from web.texts import _

HERE = "/settings/subscriptions"


class SubscriptionsPage(Struct, frozen=True):
    """`proposed`: a secret for the form, shown this once."""

    items: tuple[Subscription, ...]
    proposed: str


class Subscriptions(Controller):
    path = HERE
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            found = await subscriptions.subscriptions(transaction)
        page = SubscriptionsPage(found, new_token())
        return render(request, "settings/subscriptions.html", page)

    @post()
    async def add(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        url, names = form.text("url", longest=2000), tuple(form.lines("names"))
        check(url, names)
        async with workspace(request) as transaction:
            await subscriptions.subscribe(
                transaction, services(request).vault, url, names, form.text("secret", longest=200)
            )
        return go_to(request, HERE, _("Aviso guardado."))

    @post("/{subscription:str}/remove")
    async def remove(self, request: AnyRequest, subscription: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await subscriptions.unsubscribe(transaction, as_uuid(subscription))
        return go_to(request, HERE, _("Aviso removido."))
