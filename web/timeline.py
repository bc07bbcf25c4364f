"""What happened to a conversation beside what was said: flows, hand-overs, people, consent."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from flowengine import happenings as rows
from flowengine import trail as trails
from flowengine.happenings import AnyHappening
from flowengine.messages import Effect, HandOver
from flowengine.store.conversations import JournalRow, Message
from flowengine.trail import Trail
from web.kinds import KINDS
from web.library import Known, Names
from web.texts import Texts, _
from web.trail_lines import flow_name
from web.transcript import Said
from web.words import EXECUTIONS, REASONS

_effects = msgspec.json.Decoder(tuple[Effect, ...], float_hook=Decimal)
_trail = msgspec.json.Decoder(tuple[Trail, ...], float_hook=Decimal)
_route = msgspec.json.Decoder(tuple[str, ...])
_happening = msgspec.json.Decoder(AnyHappening, float_hook=Decimal)


class Event(Struct, frozen=True):
    """A line between the bubbles; `html` is ours, its values are escaped."""

    id: str
    at: datetime
    icon: str
    html: str


class Cast(Struct, frozen=True):
    """Names: of users by id, of queues by key, of nodes by release."""

    people: Mapping[str, str]
    queues: Mapping[str, str]
    names: Names


def tell_events(
    journal: Iterable[JournalRow], cast: Cast, t: Texts, said: Iterable[Message] = ()
) -> list[Event]:
    """The events of some journal rows, in order. `said`: the messages that they stand among; a flow
    has begun by the time of the first thing that it says."""
    found: list[Event] = []
    spoken = {(message.execution_id, message.effect_id): message.at for message in said}
    for row in journal:
        if row.execution_id is None:
            lines = routing(row, cast, t)
        else:
            known = cast.names.get(row.release)
            lines = [
                line for event in _trail.decode(row.trail) for line in trailed(event, known, t)
            ]
        effects = _effects.decode(row.effects)
        lines += [line for effect in effects for line in handed(effect, cast, t)]
        # A turn's journal is written after its messages.
        own = [spoken.get((row.execution_id, effect.id)) for effect in effects]
        first = min((at for at in own if at is not None), default=row.at)
        found += [
            Event(
                f"{row.seq}-{row.step}-{number}",
                min(first, row.at) if icon == BEGAN else row.at,
                icon,
                html,
            )
            for number, (icon, html) in enumerate(lines)
        ]
    return found


def among(messages: Iterable[Said], events: Iterable[Event]) -> list[Said | Event]:
    """Both in order; of one moment, what happened stands before what was said."""
    return sorted([*events, *messages], key=lambda line: line.at)


Lines = list[tuple[str, str]]

BEGAN = "play"
"""The icon of a flow that begins."""

SWITCHED = {
    "fallback": _("O canal estava fora do ar: segue por <b>{channel}</b>"),
    "plan": _("Passou para <b>{channel}</b>, pela troca de canal"),
    "back": _("Voltou para <b>{channel}</b>"),
    "hand": _("Passou para <b>{channel}</b>"),
}
"""What a switch of channel says, by why."""


def routing(row: JournalRow, cast: Cast, t: Texts) -> Lines:
    """What was decided about an inbox row before any flow heard of it."""
    word = (_route.decode(row.trail) or ("",))[0]
    if word == "opt_out":
        return [("bell-off", t("Pediu para não receber mais mensagens"))]
    try:
        happening: Any = _happening.decode(row.given)
    except msgspec.DecodeError:
        return []
    match happening:
        case rows.Poisoned():
            return [("triangle-alert", t("O robô falhou três vezes nesta conversa"))]
        case rows.PreferenceCame():
            gave = t("Voltou a aceitar mensagens") if happening.give else t("Recusou mensagens")
            return [("bell-off", gave)]
        case rows.TookOver():
            who = cast.people.get(happening.agent, "")
            return [("headset", t.html("<b>{who}</b> assumiu a conversa", who=who))]
        case rows.GaveBack():
            who = cast.people.get(happening.agent, "")
            return [("bot", t.html("<b>{who}</b> devolveu a conversa ao robô", who=who))]
        case rows.Closed():
            who = cast.people.get(happening.agent, "")
            return [("archive", t.html("<b>{who}</b> encerrou a conversa", who=who))]
        case rows.ChannelSwitched():
            told = SWITCHED.get(happening.why, SWITCHED["hand"])
            return [("plug", t.html(told, channel=happening.channel))]
        case rows.ContactMerged(into=""):
            told = t("Esta pessoa também era outro contato: os dois são um só agora")
            return [("users", told)]
        case rows.ContactMerged():
            told = t.html("Continua em <b>outra conversa</b> da mesma pessoa")
            return [("users", told)]
        case _:
            return []


def trailed(event: Trail, known: Known | None, t: Texts) -> Lines:
    match event:
        case trails.Began():
            return [
                (BEGAN, t.html("Começou o fluxo <b>{name}</b>", name=flow_name(event.flow, known)))
            ]
        case trails.MovedOver():
            told = t.html("Passou para a versão <b>{version}</b> do fluxo", version=event.version)
            return [("git-branch", told)]
        case trails.Ended(status="completed", outcome=""):
            return [("circle-check-big", t("O fluxo terminou"))]
        case trails.Ended():
            how = event.outcome or t(EXECUTIONS.get(event.status, event.status))
            return [("circle-check-big", t.html("O fluxo terminou: <b>{how}</b>", how=how))]
        case trails.ProblemMet():
            found = known.somewhere(event.node) if known else None
            kind = t(KINDS[found.kind].label) if found else event.node
            node = (found.title if found else "") or kind
            words = t.html("Problema em <b>{node}</b>: {why}", node=node, why=event.reason)
            return [("triangle-alert", words)]
        case trails.SendRefusedNote():
            return [
                (
                    "circle-x",
                    t.html(
                        "Um envio foi recusado: {why}",
                        why=t(REASONS.get(event.reason, event.reason)),
                    ),
                )
            ]
        case _:
            return []


def handed(effect: Effect, cast: Cast, t: Texts) -> Lines:
    if not isinstance(effect, HandOver):
        return []
    if effect.close:
        return [("archive", t("Conversa encerrada"))]
    to = cast.queues.get(effect.to.queue) or cast.people.get(effect.to.agent)
    name = to or effect.to.queue or effect.to.agent or t("a equipe")
    lines = [("headset", t.html("Passada para <b>{to}</b>", to=name))]
    if effect.briefing:
        lines.append(("sticky-note", t.html("Resumo: {words}", words=effect.briefing)))
    return lines
