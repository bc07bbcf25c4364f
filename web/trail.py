"""What the engine did, told to a newcomer: one card for each thing that happened.

Read from the journal, which holds for every turn what the engine was given, what it wants done and
what it says happened. Nothing is made up: a card shows what can be replayed.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby

import msgspec
from msgspec import Struct

from flowengine import given as givens
from flowengine import happenings as happens
from flowengine.given import Given, Told
from flowengine.happenings import AnyHappening
from flowengine.messages import (
    Effect,
    Inbound,
)
from flowengine.store.conversations import JournalRow
from flowengine.trail import Trail
from web.drawing.says import CONTENTS
from web.library import Names
from web.texts import Texts, _
from web.trail_lines import Line, tell_step
from web.words import REASONS


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
            lines += tell_step((), effects, None, t)
            continue
        if number == 0:
            cause = why(_given.decode(row.given).event, t)
        lines += tell_step(_trail.decode(row.trail), effects, names.get(row.release), t)
    return Turn(str(seq), rows[0].at, cause.icon, cause.words, cause.quote, tuple(lines))


def happened(raw: bytes, t: Texts) -> Cause | None:
    """The cause of a routing: what came into the inbox."""
    try:
        happening: AnyHappening = _happening.decode(raw)
    except msgspec.DecodeError:
        return None
    return cause_of(happening, t)


def cause_of(happening: AnyHappening, t: Texts) -> Cause | None:
    """What happened, where that alone says something."""
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
        case givens.Moved():
            return Cause("git-branch", t("O fluxo mudou de versão"))
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
