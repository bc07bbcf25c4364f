"""How an explored chat can begin: who writes, when, and with what first act."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.explore.answers import GIBBERISH, as_text
from flowengine.explore.ground import Ground
from flowengine.explore.names import Name
from flowengine.explore.shapes import sample
from flowengine.explore.steering import MONDAY
from flowengine.explore.walk import Move
from flowengine.flow import Flow
from flowengine.messages import Tap
from flowengine.nodes import Trigger
from flowengine.nodes.split import SplitStep
from flowengine.nodes.trigger import (
    OnButton,
    OnConversationClosed,
    OnCron,
    OnEvent,
    OnFieldChanged,
    OnKeyword,
    OnLink,
    OnReferral,
    OnTagAdded,
)
from flowengine.regexes import samples
from flowengine.schedules import Schedule, is_open
from flowengine.talks.format import (
    ContactNews,
    Human,
    OutsideEvent,
    SaidMessage,
    StartedFlow,
    Step,
    TalkContact,
)

ANA = TalkContact(name="Ana", phone="+5511999990001")

PAIRS = 40
"""Ways to begin that differ in two things at once."""

HOURS = (0, 4, 10, 13, 18, 5 * 24 + 6, 6 * 24)
"""Hours after Monday 9:00 that a look at the clock may tell apart."""


class Opening(Struct, frozen=True):
    """Who writes, when, and what happened before that no flow takes."""

    contact: TalkContact = ANA
    now: datetime = MONDAY
    before: Move = ()


def openings(ground: Ground) -> Iterator[Opening]:
    """Ana on a Monday morning; then each other way that decides something; then two at once."""
    single = list(_single(ground))
    yield Opening()
    yield from single
    for first, second in list(combinations(single, 2))[:PAIRS]:
        merged = _merged(first, second)
        if merged is not None:
            yield merged


def _single(ground: Ground) -> Iterator[Opening]:
    names: set[Name] = set()
    for live in ground.live.values():
        names |= {each for each in live if not each[0]}
    for name in sorted(names):
        match name[1][0]:
            case "contact":
                for value in ground.names.values.get(name, ()):
                    changed = _contact(name[1][1:], value)
                    if changed is not None and changed != ANA:
                        yield Opening(contact=changed)
            case "schedule":
                schedule = ground.workspace.schedules.get(name[1][1])
                if schedule is not None:
                    yield from (Opening(now=each) for each in _other_time(schedule))
            case "now":
                for hours in HOURS[1:]:
                    yield Opening(now=MONDAY + timedelta(hours=hours))
            case _:
                pass
    yield from _split(ground)


def _contact(path: tuple[str, ...], value: Any) -> TalkContact | None:
    if path[:1] == ("fields",) and len(path) > 1:
        return msgspec.structs.replace(ANA, fields={path[1]: value}) if value is not None else ANA
    match path:
        case ("tags",):
            tags = (value,) if isinstance(value, str) else ()
            return msgspec.structs.replace(ANA, tags=tags)
        case ("name",) | ("language",):
            return msgspec.structs.replace(ANA, **{path[0]: as_text(value)})
        case ("phone",):
            phone = as_text(value) or None
            return msgspec.structs.replace(ANA, phone=phone, id="" if phone else "ana")
        case _:
            return None


def _other_time(schedule: Schedule) -> Iterator[datetime]:
    """The next time at which it is open where Monday is closed, and the other way round."""
    first = is_open(schedule, MONDAY)
    for hour in range(24 * 14):
        at = MONDAY + timedelta(hours=hour)
        if is_open(schedule, at) != first:
            yield at
            return


def _split(ground: Ground) -> Iterator[Opening]:
    """A contact for each variant that hashes share out; events that nobody takes move an
    execution's id on."""
    for release in ground.releases:
        for step in release.flow.steps.values():
            if isinstance(step, SplitStep) and step.by_contact:
                yield from _of_variants(step, release.root)
            elif isinstance(step, SplitStep):
                nothing = Step(event=OutsideEvent(name="nada"))
                yield from (Opening(before=(nothing,) * count) for count in range(1, 8))


def _of_variants(step: SplitStep, flow: str) -> Iterator[Opening]:
    seen = {step.variant(flow, ANA.phone or "")}
    for number in range(2, 200):
        phone = f"+55119999{number:05}"
        variant = step.variant(flow, phone)
        if variant not in seen:
            seen.add(variant)
            yield Opening(contact=msgspec.structs.replace(ANA, phone=phone))


def _merged(first: Opening, second: Opening) -> Opening | None:
    """Both at once; None where they differ in the same thing."""
    plain = Opening()
    if first.now != plain.now and second.now != plain.now:
        return None
    fields = {
        name: getattr(second.contact, name)
        for name in ANA.__struct_fields__
        if getattr(second.contact, name) != getattr(ANA, name)
    }
    if any(getattr(first.contact, name) != getattr(ANA, name) for name in fields):
        if set(fields) != {"fields"}:
            return None
        fields["fields"] = {**first.contact.fields, **second.contact.fields}
    return Opening(
        contact=msgspec.structs.replace(first.contact, **fields),
        now=first.now if first.now != plain.now else second.now,
        before=first.before or second.before,
    )


# -- the first act -------------------------------------------------------------------------------


def trigger_acts(ground: Ground, flow: Flow) -> Iterator[Move]:
    """What sets off the triggers of a flow."""
    for node in flow.nodes:
        if isinstance(node, Trigger):
            yield from ((step,) for step in _sets_off(ground, flow, node))


def start_acts(ground: Ground, flow: Flow) -> Iterator[Move]:
    """A program starts a flow."""
    for args in _arguments(ground, flow):
        yield (Step(start=StartedFlow(flow=flow.key, with_=args) if args else flow.key),)


def _sets_off(ground: Ground, flow: Flow, node: Trigger) -> Iterator[Step]:
    match node.on:
        case OnKeyword():
            yield from (Step(say=text) for text in _keywords(node.on))
        case OnLink():
            yield Step(say=node.on.text)
        case OnButton():
            tap = Tap(node.on.payload, node.on.payload)
            yield Step(message=SaidMessage(kind="choice", text=node.on.payload, choice=tap))
        case OnReferral():
            source = node.on.source_id[0] if node.on.source_id else "anuncio"
            yield Step(message=SaidMessage(text=GIBBERISH, referral={"source_id": source}))
        case OnEvent():
            data = sample(ground.names, ("", ("trigger", "event")))
            yield Step(event=OutsideEvent(name=node.on.name, data=data))
        case OnConversationClosed():
            yield Step(human=Human(close="resolvido"))
        case OnTagAdded():
            yield Step(contact=ContactNews(tags=(node.on.tag,)))
        case OnFieldChanged():
            yield Step(contact=ContactNews(fields={node.on.field: "exemplo"}))
        case OnCron():
            yield Step(start=StartedFlow(flow=flow.key, node=node.id, by="cron"))
        case _:
            said = ground.names.of(flow.key, ("message", "text"))
            yield Step(say=GIBBERISH)
            yield from (Step(say=text) for text in map(as_text, said) if text)


def _keywords(on: OnKeyword) -> Iterator[str]:
    for word in on.words:
        if on.match == "pattern":
            yield from samples(word, 2)
        else:
            yield word


def _arguments(ground: Ground, flow: Flow) -> Iterator[dict[str, Any]]:
    """The inputs of a flow: plain ones, then with each value that decides something."""
    plain = {each.name: sample(ground.names, (flow.key, (each.name,))) for each in flow.inputs}
    yield plain
    for each in flow.inputs:
        for value in ground.names.of(flow.key, (each.name,)):
            yield {**plain, each.name: value}
    if any(not each.required for each in flow.inputs):
        yield {each.name: plain[each.name] for each in flow.inputs if each.required}
