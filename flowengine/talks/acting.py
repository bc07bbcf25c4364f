"""Doing what a talk's steps say, on a simulation: its contact, canned answers, and every act."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

from msgspec.structs import replace

from flowengine.contacts import changed_contact
from flowengine.durations import to_timedelta
from flowengine.given import Contact
from flowengine.happenings import ContactChanged, FlowStarted
from flowengine.messages import (
    Answered,
    ChangeContact,
    Inbound,
    MediaRef,
    Place,
    Refused,
    Said,
    Shown,
    ToolCall,
    Unclear,
)
from flowengine.offered import shown_choices
from flowengine.run import Release
from flowengine.simulation import Simulation
from flowengine.talks.expectations import show
from flowengine.talks.format import (
    CannedHttp,
    CannedModel,
    Fail,
    Human,
    MediaKind,
    OutsideEvent,
    SaidMedia,
    SaidTap,
    StartedFlow,
    Step,
    Talk,
    TalkContact,
)
from flowengine.workspace import Workspace

T = TypeVar("T")

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""When a talk begins that does not say: a Monday, 9 in the morning in São Paulo."""

REASON = "unreachable"
"""Why a send is refused where a talk gives no reason."""


def simulation(talk: Talk, releases: Iterable[Release], workspace: Workspace) -> Simulation:
    """The simulation in which a talk is played: its contact, time, channel and canned answers.

    `releases`: taken as published, in `workspace`. Cost: ~50 µs and that of a catalogue.
    """
    return Simulation(
        releases,
        workspace,
        contact_of(talk.contact),
        talk.now or NOW,
        talk.channel,
        http=by_node((each.flow, each.node, http_outcome(each)) for each in talk.http),
        model=by_node((each.flow, each.node, model_outcome(each)) for each in talk.model),
        known=talk.contact.known,
    )


def contact_of(contact: TalkContact) -> Contact:
    """The customer of a talk, as flows see them. Cost: ~1 µs."""
    return Contact(
        id=contact.id or contact.phone or "contact",
        name=contact.name,
        phone=contact.phone,
        language=contact.language,
        tags=contact.tags,
        fields=contact.fields,
    )


def http_outcome(canned: CannedHttp) -> Answered | Unclear:
    """A canned answer, as the connector would give it. Cost: ~1 µs."""
    if canned.failed:
        return Unclear(canned.failed)
    return Answered(canned.status, canned.json if canned.text is None else canned.text)


def model_outcome(canned: CannedModel) -> Said | Refused:
    """A canned answer, as the connector would give it. Cost: ~1 µs."""
    if canned.failed:
        return Refused(canned.failed, permanent=True)
    calls = tuple(ToolCall(call.name, call.arguments) for call in canned.calls)
    shown = tuple(Shown(each.id, each.title) for each in canned.shown)
    return Said(canned.text, calls, tokens_out=canned.tokens, shown=shown)


def by_node(canned: Iterable[tuple[str, str, T]]) -> dict[str, list[T]]:
    """Outcomes in their order, by "flow/node", or by "node" where no flow is named. Cost:
    linear."""
    found: dict[str, list[T]] = {}
    for flow, node, outcome in canned:
        found.setdefault(f"{flow}/{node}" if flow else node, []).append(outcome)
    return found


def act(sim: Simulation, step: Step) -> str:
    """Does on `sim` what a step says that is no `expect`; gives why it could not be done, else
    nothing. Cost: that of the turns it leads to, some 0.1 ms each."""
    if step.say is not None:
        sim.say(step.say)
    elif step.tap is not None:
        tap = step.tap if isinstance(step.tap, SaidTap) else SaidTap(choice=step.tap)
        if not sim.tap(tap.choice, tap.back):
            return (
                f"nothing that was offered is called {show(tap.choice)}; offered: {_offered(sim)}"
            )
    elif step.media is not None:
        sim.message(_media(sim, step.media))
    elif step.location is not None:
        at = step.location
        place = Place(at.latitude, at.longitude, at.name, at.address)
        sim.message(Inbound(sim.next_message(), sim.now, "location", location=place))
    elif step.event is not None:
        event = step.event
        told = event if isinstance(event, OutsideEvent) else OutsideEvent(name=event)
        sim.event(told.name, told.data)
    elif step.human is not None:
        _human(sim, step.human)
    elif step.after is not None:
        sim.after(to_timedelta(step.after))
    elif step.fail is not None:
        fail = step.fail if isinstance(step.fail, Fail) else Fail(reason=step.fail)
        sim.fail_next(Refused(fail.reason or REASON, permanent=True, code=fail.code), fail.node)
    else:
        _other(sim, step)
    return ""


def _other(sim: Simulation, step: Step) -> None:
    if step.message is not None:
        fields = {name: getattr(step.message, name) for name in step.message.__struct_fields__}
        sim.message(Inbound(sim.next_message(), sim.now, **fields))
    elif step.start is not None:
        start = step.start if isinstance(step.start, StartedFlow) else StartedFlow(flow=step.start)
        args = dict(start.with_)
        sim.happens(FlowStarted(start.flow, start.by, args, start.node, start.purpose))
    elif step.contact is not None:
        news = step.contact
        change = ChangeContact("", "", "", fields=news.fields, add_tags=news.tags)
        sim.chat = replace(
            sim.chat,
            world=replace(sim.chat.world, contact=changed_contact(sim.chat.world.contact, change)),
        )
        sim.happens(ContactChanged(news.tags, tuple(news.fields)))


def _media(sim: Simulation, media: MediaKind | SaidMedia) -> Inbound:
    said = media if isinstance(media, SaidMedia) else SaidMedia(kind=media)
    file = MediaRef(id="media", mime=said.mime, filename=said.filename, url=said.url)
    return Inbound(sim.next_message(), sim.now, said.kind, said.caption, media=file)


def _human(sim: Simulation, human: str | Human) -> None:
    if isinstance(human, str):
        sim.human(human)
    elif human.say is not None:
        sim.human("say", human.say)
    elif human.close is not None:
        sim.human("close", human.close)
    else:
        sim.human("return" if human.return_ else "take")


def _offered(sim: Simulation) -> str:
    for send in reversed(sim.sends):
        if choices := shown_choices(send.content):
            return ", ".join(f"{name} ({title})" for name, title in choices)
    return "nothing"
