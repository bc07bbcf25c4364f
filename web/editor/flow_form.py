"""The form of the flow itself: its name, language and zone, and what holds for all of its steps."""

from typing import Any, cast

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.declarations import Settings
from flowengine.editing import Op, SetFlow, sign
from flowengine.flow import Flow
from flowengine.store import flows
from web.drawing.says import called
from web.editor.again import Applied
from web.editor.drafts import edit, may_edit
from web.editor.forms.filling import take
from web.editor.forms.leading import BUSY
from web.editor.forms.making import Maker
from web.editor.forms.pieces import Around, Group, Json, Piece, fields_in, write
from web.editor.forms.values import sent
from web.editor.inspector import around_of
from web.forms import Form, read_form
from web.htmx import html_response
from web.publishing import read_flow
from web.render import render_part
from web.request import AnyRequest, workspace
from web.texts import _

LANGUAGES = (("pt-BR", "Português"), ("en", "English"), ("es", "Español"))
RESUME = (
    ("reprompt", _("repete a pergunta em que estava")),
    ("end", _("termina o fluxo")),
)
LATE = (
    ("send", _("vai assim mesmo")),
    ("apologise", _("vai com um pedido de desculpas")),
    ("transfer", _("a conversa passa para uma pessoa")),
)
ZONES = (
    "America/Sao_Paulo",
    "America/Manaus",
    "America/Rio_Branco",
    "America/Noronha",
    "America/Argentina/Buenos_Aires",
    "America/Santiago",
    "America/Bogota",
    "America/Lima",
    "America/Mexico_City",
    "America/New_York",
    "Europe/Lisbon",
    "Europe/Madrid",
    "UTC",
)
PARTS = ("name", "language", "timezone", "settings")
TO = "/settings/on_problem/queue"


class FlowForm(Struct, frozen=True):
    """What the inspector shows of the flow."""

    key: str
    name: str
    pieces: tuple[Piece, ...]
    around: Around
    may_edit: bool
    signs: str


class FlowFormRoutes(Controller):
    """/flows/KEY/edit/flow."""

    path = "/flows/{key:str}/edit/flow"
    include_in_schema = False

    @get()
    async def show(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            flow = read_flow((await flows.draft(transaction, key)).document)
            around = await around_of(request, transaction, flow)
        signs = msgspec.json.encode(
            {f"/{part}": sign(getattr(flow, part)) for part in PARTS}
        ).decode()
        form = FlowForm(key, flow.name, flow_pieces(flow, around), around, may_edit(request), signs)
        return html_response(render_part(request, "editor/_flow.html", form=form))

    @post()
    async def change(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        """What was typed: the parts of the flow that are other than before."""
        form = await read_form(request)
        async with workspace(request) as transaction:
            draft = read_flow((await flows.draft(transaction, key)).document)
            around = await around_of(request, transaction, draft)
        return await edit(request, key, form, lambda flow: changed(flow, form, around), told=True)


def parts_of(flow: Flow) -> Json:
    """The parts that the form is about, as JSON; of the settings what is written."""
    return {part: msgspec.to_builtins(getattr(flow, part)) for part in PARTS}


def flow_pieces(flow: Flow, around: Around) -> tuple[Piece, ...]:
    """The pieces of the flow's form. What is not written shows what holds then."""
    body = parts_of(flow)
    silent = {at: value for at, value in msgspec.structs.asdict(Settings()).items() if value}
    shown: Json = {**body, "settings": {**silent, **body["settings"]}}
    m = Maker(shown, around, {})
    queues = tuple((key, q.name or key) for key, q in around.workspace.queues.items())
    zones = tuple((each, each) for each in ZONES)
    steps = tuple((node.id, called(node, around.t)) for node in flow.nodes)
    purposes = tuple((each, each) for each in around.workspace.purposes)
    known = m.words((("", _("nenhuma")), ("utility", _("utilidade")), ("marketing", "marketing")))
    return (
        m.field("/name", _("Nome do fluxo"), "text", required=True),
        m.choose(
            TO,
            _("Se algo der errado, a conversa vai para"),
            (("", m.t(_("ninguém: fica com o robô"))), *queues),
            hint=_("Um passo que falha sem saída ligada, um limite do fluxo."),
        ),
        m.choose("/language", _("Idioma dos textos"), LANGUAGES),
        m.choose("/timezone", _("Fuso horário"), zones),
        m.field(
            "/settings/expires", _("Esquecer a conversa parada depois de"), "time", required=True
        ),
        Group(
            m.t(_("Mais opções")),
            (
                m.choose("/settings/busy", _("Se a conversa está ocupada"), _busy(m)),
                m.choose(
                    "/settings/resume",
                    _("Quando uma pessoa devolve a conversa"),
                    (*m.words(RESUME), *steps),
                ),
                m.choose("/settings/purpose", _("Finalidade"), (*known, *purposes)),
                m.field("/settings/late_after", _("Uma resposta está atrasada depois de"), "time"),
                m.choose("/settings/late_reply", _("Uma resposta atrasada"), m.words(LATE)),
            ),
            "fold",
        ),
    )


def _busy(m: Maker) -> tuple[tuple[str, str], ...]:
    return (("", m.t(_("o de costume"))), *m.words(BUSY[1:]))


def changed(flow: Flow, form: Form, around: Around) -> tuple[Op, ...]:
    """The operations that what was typed asks for; none where nothing is other than before."""
    before, body = parts_of(flow), parts_of(flow)
    for field in fields_in(flow_pieces(flow, around)):
        came = sent(form, field.at, field.shown)
        if came is None or came == field.shown:
            continue
        value: Any = take(field, form)
        if field.at == TO:
            write(body, "/settings/on_problem", {"queue": value} if value else None)
        else:
            write(body, field.at, value)
    return tuple(
        SetFlow(part=cast(Any, part), value=body[part])
        for part in PARTS
        if body[part] != before[part]
    )
