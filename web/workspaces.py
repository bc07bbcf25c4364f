"""Going from one workspace to another, and making a new one where the operator lets owners."""

import re
import unicodedata

from litestar import Controller, Response, get, post
from msgspec import Struct

from flowengine.chat import Rules
from flowengine.store import accounts, sessions
from flowengine.store.auditing import act_as, user_actor
from flowengine.store.database import Transaction
from flowengine.store.errors import Taken
from flowengine.store.tenants import Tenant, create_tenant, tenant_by_slug
from web.access import COOKIE
from web.forms import read_form
from web.htmx import go_to
from web.problems import NotFound, Problem
from web.render import render
from web.request import AnyRequest, me, runtime, services
from web.sign_in import local_path
from web.texts import _

LONGEST = 80
"""Letters of a workspace's name."""


class NewPage(Struct, frozen=True):
    """Nothing but its form."""

    longest: int = LONGEST


class Workspaces(Controller):
    """What a person does about the workspaces that are theirs."""

    include_in_schema = False

    @post("/workspace")
    async def switch(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        wanted = form.uuid("tenant")
        if wanted not in {place.id for place in me(request).workspaces}:
            raise Problem(_("Você não está neste espaço."), status=404)
        async with services(request).database.visitor() as transaction:
            await sessions.move_session(transaction, request.cookies.get(COOKIE, ""), wanted)
        return go_to(request, local_path(form.text("back", "/")))

    @get("/workspaces/new")
    async def page(self, request: AnyRequest) -> Response[object]:
        refuse_unless_allowed(request)
        return render(request, "workspace_new.html", NewPage())

    @post("/workspaces")
    async def make(self, request: AnyRequest) -> Response[object]:
        """A workspace of its own, its owner who made it; they go on in it."""
        refuse_unless_allowed(request)
        name = (await read_form(request)).text("name", longest=LONGEST).strip()
        if not name:
            raise Problem(_("Dê um nome ao espaço."), place="name")
        user = me(request).id
        async with services(request).database.worker() as transaction:
            await act_as(transaction, user_actor(user))
            made = await make_workspace(transaction, name)
            await accounts.join(transaction.of(made.id), user, "owner")
        async with services(request).database.visitor() as transaction:
            await sessions.move_session(transaction, request.cookies.get(COOKIE, ""), made.id)
        return go_to(request, "/channels", _("Espaço criado. Conecte o primeiro canal."))


def refuse_unless_allowed(request: AnyRequest) -> None:
    if not runtime(request).new_workspaces:
        raise NotFound


async def make_workspace(transaction: Transaction, name: str, slug: str = "") -> Tenant:
    """A workspace for a worker; `slug`: its short name, else made of `name`. Raises `Taken`."""
    rules = Rules()
    return await create_tenant(
        transaction,
        slug or await free_slug(transaction, name),
        name,
        opt_out_words=rules.opt_out,
        opt_out_text=rules.opt_out_text,
    )


async def free_slug(transaction: Transaction, name: str) -> str:
    """ "Pet da Bia" → "pet-da-bia", with the first free number where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "espaco"
    for number in range(1, 1000):
        slug = base if number == 1 else f"{base}-{number}"
        if await tenant_by_slug(transaction, slug) is None:
            return slug
    raise Taken(f"a thousand workspaces are called {base}")
