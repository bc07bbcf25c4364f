"""What begins flows without a message: starts, time tables, events, changes of the contact."""

from dataclasses import replace

from flowengine.compiled import CompiledTrigger
from flowengine.given import Begin, Cause, Heard
from flowengine.happenings import ContactChanged, EventCame, FlowStarted, PreferenceCame
from flowengine.messages import ChangeContact
from flowengine.run import Release
from flowengine.taking import Taking


def start(taking: Taking, happening: FlowStarted) -> None:
    """Somebody, something or a time table starts a flow, if it is published on this channel.

    `happening` says which, with what arguments; what comes of it is put into `taking`. Cost: that
    of one `advance`.
    """
    release = taking.chat.catalog.release(happening.flow)
    if release is None:
        taking.note(f"the flow {happening.flow!r} is not published here")
        return
    if happening.by == "cron":
        _strike(taking, release, happening)
    else:
        cause = Cause(happening.by, happening.node)
        begin = Begin(cause, happening.node, args=happening.args, purpose=happening.purpose)
        taking.begin(release, begin)
    taking.settle()


def _strike(taking: Taking, release: Release, happening: FlowStarted) -> None:
    """A time table's hour has struck for this contact: its trigger begins, where it may."""
    cause = Cause("cron", happening.node)
    trigger = next((t for t in release.flow.triggers if t.node == happening.node), None)
    if trigger is None or trigger.kind != "cron":
        taking.note("the time table is gone from the published version")
    elif not taking.accepts()(release, _at_home(trigger, happening), cause):
        taking.note("the trigger does not take this contact now")
    else:
        taking.cooldowns[f"{trigger.flow}/{trigger.node}"] = taking.now
        purpose = happening.purpose or str(getattr(trigger.on, "purpose", ""))
        begin = Begin(cause, trigger.to, happening.args, busy=trigger.busy, purpose=purpose)
        taking.begin(release, begin)


def _at_home(trigger: CompiledTrigger, happening: FlowStarted) -> CompiledTrigger:
    """The trigger as it is meant for a conversation that came from one of its channels."""
    if set(trigger.channels).isdisjoint(happening.home):
        return trigger
    return replace(trigger, channels=())


def event_came(taking: Taking, happening: EventCame) -> None:
    """The executions that wait for an event hear it, then the triggers that listen to it.

    `happening`: its name and data; what comes of it is put into `taking`. Cost: one `advance` for
    each that hears it, and ~1 µs for each that is live.
    """
    for execution in sorted(taking.live):
        if taking.waits_for_event(execution, happening.name):
            taking.advance(execution, Heard(happening.name, happening.data))
    fire(taking, "event", happening.name, happening.data)
    taking.settle()


def contact_changed(taking: Taking, happening: ContactChanged) -> None:
    """Tags were added or fields changed: by a person or a program, not by a flow.

    `happening` names them; each trigger that means one starts its flow in `taking`. Cost: one
    `advance` for each.
    """
    for tag in happening.added_tags:
        fire(taking, "tag_added", tag, {"tag": tag})
    for name in happening.fields:
        fire(taking, "field_changed", name, {"field": name})
    taking.settle()


def fire(taking: Taking, kind: str, name: str, data: object) -> None:
    """Every trigger that means this event starts its flow.

    `kind`: event, tag_added or field_changed; `name`: of the event, tag or field; `data` goes to
    the flow. What comes of it is put into `taking`. Cost: one `advance` a flow, and ~10 µs a
    trigger.
    """
    asking = taking.accepts()
    for found in list(taking.chat.catalog.on_event(kind, name, data, asking)):
        trigger = found.trigger
        if not taking.hears(found, data):
            continue
        taking.cooldowns[f"{trigger.flow}/{trigger.node}"] = taking.now
        purpose = str(getattr(trigger.on, "purpose", ""))
        begin = Begin(found.cause, trigger.to, busy=trigger.busy, purpose=purpose)
        taking.begin(found.release, begin)


def preference(taking: Taking, happening: PreferenceCame) -> None:
    """The customer stopped or resumed messages in the provider's settings: consent says so.

    `happening`: for which purpose, and which of the two. What comes of it is put into `taking`.
    Cost: a few µs.
    """
    consent = {happening.purpose: happening.give}
    taking.add(ChangeContact(taking.own_id(), "", "", consent=consent, proof="provider"))
