"""What the engine did, told to a newcomer: one card for each thing that happened.

Read from the journal, which holds for every turn what the engine was given, what it wants done and
what it says happened. Nothing is made up: a card shows what can be replayed.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby

import msgspec
from markupsafe import Markup, escape
from msgspec import Struct

from flowengine import given as givens
from flowengine import happenings as happens
from flowengine import trail as trails
from flowengine.given import Given, Told
from flowengine.happenings import AnyHappening
from flowengine.messages import (
    AskModel,
    CallHttp,
    CancelStart,
    ChangeContact,
    Effect,
    HandOver,
    Inbound,
    Send,
    StartFlow,
    Tell,
    WakeAt,
)
from flowengine.store.conversations import JournalRow
from flowengine.trail import Trail
from web.drawing.says import CONTENTS, duration_of
from web.kinds import KINDS
from web.library import Names
from web.texts import Texts, _
from web.words import REASONS


class Line(Struct, frozen=True):
    """One thing. `main`: a node was entered; `last`: the execution stands here. `tone`: colour."""

    html: str
    tone: str = "slate"
    main: bool = False
    last: bool = False


class Turn(Struct, frozen=True):
    """Everything that one inbox row led to. `quote`: the customer's own words, if it was those."""

    mark: str
    at: datetime
    icon: str
    cause: str
    quote: str
    lines: tuple[Line, ...]


class Cause(Struct, frozen=True):
    """Why a turn was: an icon, words, and the customer's own ones."""

    icon: str
    words: str
    quote: str = ""


_effects = msgspec.json.Decoder(tuple[Effect, ...], float_hook=Decimal)
_trail = msgspec.json.Decoder(tuple[Trail, ...], float_hook=Decimal)
_route = msgspec.json.Decoder(tuple[str, ...])
_happening = msgspec.json.Decoder(AnyHappening, float_hook=Decimal)
_given = msgspec.json.Decoder(Given, float_hook=Decimal)

WAITS = {
    "reply": _("Espera a resposta"),
    "time": _("Espera o tempo passar"),
    "event": _("Espera um evento de fora"),
    "http": _("Espera o outro sistema responder"),
    "model": _("Espera a IA responder"),
    "person": _("Espera uma pessoa da equipe"),
    "foreground": _("Espera a vez nesta conversa"),
    "send": _("Espera o envio ser aceito"),
}


def tell_turns(rows: Sequence[JournalRow], names: Names, t: Texts) -> list[Turn]:
    """The cards of some journal rows (oldest first)."""
    return [
        tell_turn(seq, list(steps), names, t) for seq, steps in groupby(rows, lambda row: row.seq)
    ]


def tell_turn(seq: int, rows: Sequence[JournalRow], names: Names, t: Texts) -> Turn:
    """One card. The routing of the row, where there is one, comes first and says the cause."""
    cause = Cause("circle-dashed", t("O motor olhou a conversa"))
    lines: list[Line] = []
    for number, row in enumerate(rows):
        effects = _effects.decode(row.effects)
        if row.execution_id is None:
            cause = happened(row.given, t) or cause
            lines += told_route(_route.decode(row.trail), t)
            lines += tell_step((), effects, names, t)
            continue
        if number == 0:
            cause = why(_given.decode(row.given).event, t)
        lines += tell_step(_trail.decode(row.trail), effects, names, t)
    return Turn(str(seq), rows[0].at, cause.icon, cause.words, cause.quote, tuple(lines))


def happened(raw: bytes, t: Texts) -> Cause | None:
    """The cause of a routing: what came into the inbox."""
    try:
        happening: AnyHappening = _happening.decode(raw)
    except msgspec.DecodeError:
        return None
    match happening:
        case happens.MessageCame():
            return said(happening.message, t)
        case happens.TookOver():
            return Cause("headset", t("Uma pessoa assumiu a conversa"))
        case happens.GaveBack() | happens.Closed():
            return Cause("headset", t("A pessoa terminou o atendimento"))
        case happens.AgentSaid():
            return Cause("headset", t("Uma pessoa escreveu"), happening.text)
        case happens.FlowStarted():
            return Cause("play", t("O fluxo foi iniciado"))
        case happens.EventCame():
            return Cause("radio", t("Chegou o evento {name}", name=happening.name))
        case happens.ContactChanged():
            return Cause("user", t("O contato mudou"))
        case happens.PreferenceCame():
            return Cause("bell-off", t("A pessoa mudou o que aceita receber"))
        case happens.Poisoned():
            return Cause("triangle-alert", t("O robô falhou três vezes nesta conversa"))
        case _:
            return None


ROUTES = {
    "opt_out": _("É uma palavra de saída: nada mais é enviado a esta pessoa"),
    "for_person": _("Uma pessoa cuida da conversa: a mensagem é para ela"),
    "old_tap": _("O botão é de uma pergunta que já passou"),
    "jump": _("É um comando que vale a qualquer hora"),
    "nothing": _("Nenhum fluxo publicado responde a isto"),
}


def told_route(route: tuple[str, ...], t: Texts) -> list[Line]:
    """What was decided before any flow heard of it, where that says something."""
    word = route[0] if route else ""
    return [Line(t(ROUTES[word]), "amber")] if word in ROUTES else []


def why(event: Told, t: Texts) -> Cause:
    """The cause of a turn that no routing came before: what the execution was told."""
    match event:
        case givens.Begin() if event.message:
            return said(event.message, t)
        case givens.Begin():
            return Cause("play", t("O fluxo foi iniciado"))
        case givens.Reply() | givens.Jump() | givens.Stale():
            return said(event.message, t)
        case givens.Woken():
            return Cause("timer", t("Passou o tempo combinado"))
        case givens.Taken():
            return Cause("check-check", t("O envio foi aceito"))
        case givens.SendFailed():
            reason = t(REASONS.get(event.refused.reason, event.refused.reason))
            return Cause("circle-x", t("Um envio foi recusado: {why}", why=reason))
        case givens.HttpCame():
            return Cause("webhook", t("O outro sistema respondeu"))
        case givens.ModelCame():
            return Cause("sparkles", t("A IA respondeu"))
        case givens.Heard():
            return Cause("radio", t("Chegou o evento {name}", name=event.name))
        case givens.PersonTook():
            return Cause("headset", t("Uma pessoa assumiu a conversa"))
        case givens.PersonDone():
            return Cause("headset", t("A pessoa terminou o atendimento"))
        case givens.Suspend():
            return Cause("hand", t("O robô parou: uma pessoa cuida da conversa"))
        case givens.Restore() | givens.Granted():
            return Cause("play", t("O robô continua de onde parou"))
        case givens.Stop():
            return Cause("circle-x", t("O fluxo foi encerrado"))


def said(message: Inbound, t: Texts) -> Cause:
    return Cause("message-circle", t("Você disse"), words_of(message, t))


def words_of(message: Inbound, t: Texts) -> str:
    """A message in a few words: its text, else what kind of thing it is."""
    return message.text or t(CONTENTS.get(message.kind, message.kind))


def tell_step(
    events: Sequence[Trail], effects: Sequence[Effect], names: Names, t: Texts
) -> list[Line]:
    """The lines of one call of the engine: each node with what it wanted done below it."""
    waiting = list(effects)
    lines: list[Line] = []
    node = ""

    def flush(of: str | None) -> None:
        for effect in [e for e in waiting if of is None or e.node == of]:
            waiting.remove(effect)
            line = tell_effect(effect, t)
            if line:
                lines.append(line)

    for event in events:
        if isinstance(event, trails.Entered):
            flush(node)
            node = event.node
        if isinstance(event, trails.Standing | trails.Ended | trails.ProblemMet):
            flush(None)
        line = tell_event(event, names, t)
        if line:
            lines.append(line)
    flush(None)
    return lines


def tell_event(event: Trail, names: Names, t: Texts) -> Line | None:
    """A trail event as a line; None for what would only be noise to a newcomer."""
    match event:
        case trails.Began():
            return Line(t.html("Começou o fluxo <b>{name}</b>", name=event.flow), "green")
        case trails.Entered():
            return entered(event, names, t)
        case trails.Left():
            if event.exit in ("next", "reply", "ok") or event.exit.startswith("choice:"):
                return None
            return Line(t.html("Saiu por <b>{exit}</b>", exit=event.exit))
        case trails.AnswerTaken():
            shown = event.choice or (event.value if event.value is not None else "")
            if shown == "":
                return Line(t("Entendeu a resposta"), "green")
            return Line(t.html("Entendeu a resposta: <b>{value}</b>", value=shown), "green")
        case trails.AnswerRefused():
            return Line(t.html("A resposta não serviu ({why})", why=event.reason), "amber")
        case trails.Assigned():
            value = "" if event.value is None else event.value
            return Line(
                t.html("Guardou <b>{name}</b> = {value}", name=event.name, value=value), "teal"
            )
        case trails.CaseTaken():
            return Line(t.html("Escolheu o caminho <b>{case}</b>", case=event.case), "amber")
        case trails.Standing():
            words = WAITS.get(event.waiting_for, event.waiting_for)
            return Line(t(words), "blue", last=True)
        case trails.Backlogged():
            return Line(t("Guardou a mensagem para a próxima pergunta"), "amber")
        case trails.Ignored():
            return Line(t.html("Não mudou nada ({why})", why=event.reason))
        case trails.Interrupted():
            return Line(t("Um comando global interrompeu o que estava aberto"), "amber")
        case trails.Called():
            return Line(t.html("Entrou no fluxo <b>{name}</b>", name=event.flow), "violet")
        case trails.Returned():
            return Line(t.html("Voltou do fluxo <b>{name}</b>", name=event.flow), "violet")
        case trails.Queued():
            return Line(t("Ficou na fila: outro fluxo está com a palavra"), "amber")
        case trails.Paused():
            return Line(t("Parou, e guardou onde estava"), "amber")
        case trails.Resumed():
            return Line(t("Voltou para onde estava"), "green")
        case trails.ResultRecorded():
            return Line(t.html("Anotou para os relatórios: <b>{name}</b>", name=event.name), "teal")
        case trails.SendRefusedNote():
            return Line(t.html("O envio foi recusado ({why})", why=event.reason), "rose")
        case trails.ProblemMet():
            return Line(t.html("Problema: <b>{why}</b>", why=event.reason), "rose", last=True)
        case trails.Ended():
            outcome = event.outcome or event.status
            return Line(t.html("Terminou: <b>{outcome}</b>", outcome=outcome), "slate", last=True)
        case _:
            return None


def entered(event: trails.Entered, names: Names, t: Texts) -> Line:
    """The node by its title, with a link that shows it in the drawing of its flow."""
    node = names.get((event.flow, event.node))
    if node is None:
        return Line(str(escape(event.node)), main=True)
    kind = KINDS[node.kind]
    link = Markup('{}: <a href="/flows/{}#n-{}">{}</a>').format(
        t(kind.label), node.flow, node.id, node.title or node.id
    )
    return Line(link, kind.tone, main=True)


def tell_effect(effect: Effect, t: Texts) -> Line | None:
    """What the engine wants done."""
    match effect:
        case Send():
            kind = str(effect.content.__struct_config__.tag)
            words = str(getattr(effect.content, "text", ""))
            short = words if len(words) < 70 else words[:68] + "…"
            if not words:
                return Line(t.html("Enviou: {what}", what=t(CONTENTS.get(kind, kind))), "blue")
            return Line(t.html("Enviou: “{words}”", words=short), "blue")
        case WakeAt():
            if effect.seconds:
                time = duration_of(int(effect.seconds), t)
                return Line(t.html("Marcou um prazo de <b>{time}</b>", time=time))
            return Line(t("Marcou a hora de continuar"))
        case CallHttp():
            return Line(
                t.html("Chamou <b>{method}</b> {url}", method=effect.method, url=effect.url), "teal"
            )
        case AskModel():
            return Line(t("Perguntou à IA"), "violet")
        case HandOver():
            to = effect.to.queue or effect.to.agent or t("a equipe")
            return Line(t.html("Passou a conversa para <b>{to}</b>", to=to), "rose")
        case Tell():
            return Line(t.html("Avisou os sistemas: <b>{name}</b>", name=effect.name), "teal")
        case ChangeContact():
            return Line(t("Atualizou o contato"), "teal")
        case StartFlow():
            return Line(t.html("Agendou o fluxo <b>{name}</b>", name=effect.start), "violet")
        case CancelStart():
            return Line(t.html("Cancelou o agendado <b>{name}</b>", name=effect.key), "violet")
