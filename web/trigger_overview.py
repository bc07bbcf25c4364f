"""All triggers of what is published: who answers what, where two want the same, and a try-out."""

from contextlib import suppress

from litestar import Controller, Response, get
from litestar.params import FromQuery
from msgspec import Struct

from flowengine.answering import Answer, answers, who_takes
from flowengine.document import parse
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.nodes.trigger import (
    OnButton,
    OnCron,
    OnEvent,
    OnFieldChanged,
    OnKeyword,
    OnLink,
    OnTagAdded,
)
from flowengine.store import channels, flows
from flowengine.store.database import Transaction
from web.render import render
from web.request import AnyRequest, texts, workspace
from web.texts import Texts, _

WHAT = {
    "keyword": _("Palavras"),
    "message": _("Qualquer mensagem"),
    "new_contact": _("Primeira mensagem de alguém novo"),
    "cron": _("Agenda"),
    "event": _("Evento de outro sistema"),
    "referral": _("Clique em anúncio"),
    "link": _("Link ou QR code"),
    "button": _("Botão de um modelo"),
    "conversation_closed": _("Conversa encerrada por uma pessoa"),
    "tag_added": _("Etiqueta posta"),
    "field_changed": _("Campo mudado"),
    "fallback": _("O que nenhum outro responde"),
}

MATCHES = {
    "exact": _("a mensagem inteira"),
    "any_word": _("em qualquer lugar"),
    "all_words": _("todas as palavras"),
    "phrase": _("a frase"),
    "pattern": _("padrão"),
}


class Clash(Struct, frozen=True):
    """The same `what` for two; `first`: the other one gets it. `flow`: the other's name."""

    what: str
    flow: str
    href: str
    first: bool


class AnswerLine(Struct, frozen=True):
    """A trigger as the page shows it. `said`: what it listens to, piece by piece."""

    kind: str
    match: str
    said: tuple[str, ...]
    flow: str
    href: str
    channels: tuple[str, ...]
    priority: int
    conditional: bool
    interrupts: bool
    clashes: tuple[Clash, ...]


class TriggersPage(Struct, frozen=True):
    """`said`: what was tried; `takers`: who would answer it, the first first."""

    lines: tuple[AnswerLine, ...]
    said: str
    takers: tuple[AnswerLine, ...]
    clashing: int


class TriggerOverview(Controller):
    path = "/flows/triggers"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest, said: FromQuery[str] = "") -> Response[object]:
        async with workspace(request) as transaction:
            found, names = await _published(transaction)
            rooms = {str(each.id): each.name for each in await channels.channels(transaction)}
        tell = _Telling(names, rooms, texts(request))
        listed = answers(found)
        page = TriggersPage(
            tuple(tell.line(each) for each in listed),
            said[:200],
            tuple(tell.line(each) for each in who_takes(listed, said[:200])) if said else (),
            sum(bool(each.rivals) for each in listed),
        )
        return render(request, "flows/triggers.html", page)


async def _published(transaction: Transaction) -> tuple[list[Flow], dict[str, str]]:
    rows = [row for row in await flows.flows(transaction) if row.version is not None]
    found: list[Flow] = []
    for row in rows:
        version = await flows.version(transaction, row.key, row.version or 0)
        with suppress(FlowError):  # one that cannot be read any more is told on its own page
            found.append(parse(version.document))
    return found, {row.key: row.name for row in rows}


class _Telling(Struct, frozen=True):
    names: dict[str, str]
    rooms: dict[str, str]
    t: Texts

    def line(self, answer: Answer) -> AnswerLine:
        trigger = answer.trigger
        return AnswerLine(
            kind=self.t(WHAT.get(answer.kind, answer.kind)),
            match=self.t(MATCHES[answer.match]) if answer.kind == "keyword" else "",
            said=_said(answer),
            flow=self.names.get(answer.flow, answer.flow),
            href=f"/flows/{answer.flow}/edit#{answer.node}",
            channels=tuple(self.rooms.get(each, each) for each in trigger.channels),
            priority=trigger.priority,
            conditional=answer.conditional,
            interrupts=answer.interrupts,
            clashes=tuple(
                Clash(
                    each.what,
                    self.names.get(each.flow, each.flow),
                    f"/flows/{each.flow}/edit#{each.node}",
                    each.first,
                )
                for each in answer.rivals
            ),
        )


def _said(answer: Answer) -> tuple[str, ...]:
    match answer.trigger.on:
        case OnKeyword(words=words):
            return words
        case OnLink(text=text):
            return (text,)
        case OnButton(payload=payload):
            return (payload,)
        case OnEvent(name=name):
            return (name,)
        case OnCron(expression=expression):
            return (expression,)
        case OnTagAdded(tag=tag):
            return (tag,)
        case OnFieldChanged(field=field):
            return (field,)
        case _:
            return ()
