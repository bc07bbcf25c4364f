"""The workspace itself: name, language, timezone, opt-out words."""

from litestar import Controller, Response, get, post
from msgspec import Struct

from flowengine.store import policies, queues, tenants
from flowengine.store.policies import Policy
from flowengine.store.queues import Queue
from flowengine.store.tenants import Tenant
from flowengine.zones import UnknownZone, zone
from web.forms import read_form
from web.htmx import go_to
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, services, workspace
from web.texts import LANGUAGES, _

ZONES = (
    "America/Sao_Paulo",
    "America/Manaus",
    "America/Rio_Branco",
    "America/Noronha",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Mexico_City",
    "America/New_York",
    "Europe/Lisbon",
    "Europe/Madrid",
    "UTC",
)


class WorkspacePage(Struct, frozen=True):
    tenant: Tenant
    queues: tuple[Queue, ...]
    zones: tuple[str, ...]
    languages: dict[str, str]
    policy: Policy


class WorkspaceSettings(Controller):
    path = "/settings"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            page = WorkspacePage(
                await tenants.tenant(transaction),
                await queues.queues(transaction),
                ZONES,
                LANGUAGES,
                await policies.policy(transaction),
            )
        return render(request, "settings/workspace.html", page)

    @post()
    async def change(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        timezone = form.text("timezone")
        try:
            zone(timezone)
        except UnknownZone:
            raise Problem(_("Não conheço este fuso horário."), place="timezone") from None
        async with workspace(request) as transaction:
            await tenants.change_tenant(
                transaction,
                name=form.text("name", longest=80),
                language=form.text("language"),
                timezone=timezone,
            )
            await tenants.set_default_queue(transaction, form.text("default_queue", "") or None)
        services(request).workers.ring()
        return go_to(request, "/settings", _("Espaço guardado."))

    @post("/opt-out")
    async def opt_out(self, request: AnyRequest) -> Response[object]:
        """The words that end everything, and what is answered to them once."""
        form = await read_form(request)
        words = form.lines("words")
        if not words:
            raise Problem(_("Deixe ao menos uma palavra de saída."), place="words")
        async with workspace(request) as transaction:
            await tenants.change_tenant(
                transaction, opt_out_words=words, opt_out_text=form.text("text", longest=1000)
            )
        return go_to(request, "/settings", _("Palavras de saída guardadas."))
