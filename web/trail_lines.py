"""The lines of a trail card: trail events and effects of one call of the engine, in plain words."""

from collections.abc import Sequence

from markupsafe import Markup
from msgspec import Struct

from flowengine import trail as trails
from flowengine.graph import LABELS
from flowengine.messages import (
    AskModel,
    CallHttp,
    CancelStart,
    ChangeContact,
    Effect,
    HandOver,
    Send,
    StartFlow,
    Tell,
    WakeAt,
)
from flowengine.trail import Trail
from web.drawing.says import CONTENTS, duration_of
from web.kinds import KINDS
from web.library import Known
from web.texts import Texts, _
from web.told_values import told_value
from web.value_names import name_of
from web.words import ANSWERS, EXECUTIONS, REASONS


class Line(Struct, frozen=True):
    """One thing. `main`: a node was entered; `last`: the execution stands here. `tone`: colour."""

    html: str
    tone: str = "slate"
    main: bool = False
    last: bool = False


TELLING = frozenset(
    {"timeout", "failed", "invalid", "unavailable", "limit", "handoff", "unsure", "empty"}
)
"""Exits that are worth a line of their own; what leads on as hoped is seen by the next node."""

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


def tell_step(
    events: Sequence[Trail], effects: Sequence[Effect], known: Known | None, t: Texts
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
        line = tell_event(event, known, t)
        if line:
            lines.append(line)
    flush(None)
    return lines


def tell_event(event: Trail, known: Known | None, t: Texts) -> Line | None:
    """A trail event as a line; None for what would only be noise to a newcomer."""
    match event:
        case trails.Began():
            return Line(
                t.html("Começou o fluxo <b>{name}</b>", name=flow_name(event.flow, known)), "green"
            )
        case trails.Entered():
            return entered(event, known, t)
        case trails.Left():
            if event.exit not in TELLING:
                return None
            return Line(t.html("Saiu por <b>{exit}</b>", exit=t(LABELS[event.exit])), "amber")
        case trails.AnswerTaken():
            if not event.choice and event.value in (None, ""):
                return Line(t("Entendeu a resposta"), "green")
            node = known.somewhere(event.node) if known else None
            choice = node.choices.get(event.choice, event.choice) if node else event.choice
            shown = choice or told_value(event.value, t)
            return Line(t.html("Entendeu a resposta: <b>{value}</b>", value=shown), "green")
        case trails.AnswerRefused():
            return Line(
                t.html(
                    "A resposta não serviu ({why})", why=t(ANSWERS.get(event.reason, event.reason))
                ),
                "amber",
            )
        case trails.Assigned():
            name, value = name_of(event.name, t), told_value(event.value, t)
            return Line(t.html("Guardou <b>{name}</b> = {value}", name=name, value=value), "teal")
        case trails.CaseTaken():
            case = t(LABELS.get(event.case, event.case))
            return Line(t.html("Escolheu o caminho <b>{case}</b>", case=case), "amber")
        case trails.Standing():
            words = WAITS.get(event.waiting_for, event.waiting_for)
            return Line(t(words), "blue", last=True)
        case trails.Backlogged():
            return Line(t("Guardou a mensagem para a próxima pergunta"), "amber")
        case trails.Ignored():
            return Line(t.html("Não mudou nada ({why})", why=event.reason))
        case trails.Interrupted():
            return Line(t("Um comando global interrompeu o que estava aberto"), "amber")
        case trails.MovedOver():
            told = t.html("Passou para a versão <b>{version}</b> do fluxo", version=event.version)
            return Line(told, "violet")
        case trails.Called():
            return Line(
                t.html("Entrou no fluxo <b>{name}</b>", name=flow_name(event.flow, known)), "violet"
            )
        case trails.Returned():
            return Line(
                t.html("Voltou do fluxo <b>{name}</b>", name=flow_name(event.flow, known)), "violet"
            )
        case trails.ToolCalled():
            return Line(t.html("A IA usou a ferramenta <b>{name}</b>", name=event.tool), "violet")
        case trails.ToolAnswered() if event.trouble:
            return Line(
                t.html(
                    "A ferramenta <b>{name}</b> não deu certo ({why})",
                    name=event.tool,
                    why=event.trouble,
                ),
                "amber",
            )
        case trails.PassagesShown():
            names = ", ".join(each.title or each.id for each in event.passages)
            return Line(t.html("A IA leu: <b>{names}</b>", names=names), "violet")
        case trails.Queued():
            return Line(t("Ficou na fila: outro fluxo está com a palavra"), "amber")
        case trails.Paused():
            return Line(t("Parou, e guardou onde estava"), "amber")
        case trails.Resumed():
            return Line(t("Voltou para onde estava"), "green")
        case trails.ResultRecorded():
            return Line(t.html("Anotou para os relatórios: <b>{name}</b>", name=event.name), "teal")
        case trails.SendRefusedNote():
            return Line(
                t.html(
                    "O envio foi recusado: {why}", why=t(REASONS.get(event.reason, event.reason))
                ),
                "rose",
            )
        case trails.ProblemMet():
            return Line(t.html("Problema: <b>{why}</b>", why=event.reason), "rose", last=True)
        case trails.Ended():
            if not event.outcome and event.status == "completed":
                return Line(t("Terminou"), "slate", last=True)
            outcome = event.outcome or t(EXECUTIONS.get(event.status, event.status))
            return Line(t.html("Terminou: <b>{outcome}</b>", outcome=outcome), "slate", last=True)
        case _:
            return None


def entered(event: trails.Entered, known: Known | None, t: Texts) -> Line:
    """The node by its title, with a link that shows it in the drawing of its flow."""
    node = known.node(event.flow, event.node) if known else None
    if node is None:
        return Line(t.html("Entrou em <b>{name}</b>", name=event.node), main=True)
    kind = KINDS[node.kind]
    link = Markup('<a href="/flows/{}#n-{}">{}</a>')
    if not node.title:
        return Line(link.format(node.flow, node.id, t(kind.label)), kind.tone, main=True)
    named = link.format(node.flow, node.id, node.title)
    return Line(Markup("{}: {}").format(t(kind.label), named), kind.tone, main=True)


def flow_name(key: str, known: Known | None) -> str:
    """A flow by its name, where the release tells it."""
    return known.flows.get(key, key) if known else key


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
