"""What customers, people and programs did, as the steps and canned answers of a talk."""

from flowengine.happenings import (
    AgentSaid,
    AnyHappening,
    Closed,
    ContactChanged,
    EventCame,
    FlowStarted,
    GaveBack,
    MessageCame,
    TookOver,
)
from flowengine.messages import Answered, Inbound, MediaRef, Refused, Said, Unclear
from flowengine.talks.format import (
    CannedHttp,
    CannedModel,
    ContactNews,
    Human,
    OutsideEvent,
    SaidLocation,
    SaidMedia,
    SaidMessage,
    ShownPassage,
    StartedFlow,
    Step,
    ToolUse,
)
from flowengine.talks.rows import Row

Outcome = Answered | Said | Refused | Unclear

MEDIA = ("image", "audio", "video", "document", "sticker")


def act_of(row: Row) -> Step | None:
    """The step that a row is; None for what comes by itself (time, outcomes) or cannot be said."""
    happening = row.happening
    match happening:
        case MessageCame():
            return message_step(happening.message)
        case EventCame():
            return Step(event=OutsideEvent(name=happening.name, data=happening.data))
        case FlowStarted():
            return Step(start=_start(happening))
        case ContactChanged():
            return Step(contact=_news(row, happening))
        case _:
            return _person(happening)


def _person(happening: AnyHappening) -> Step | None:
    match happening:
        case TookOver():
            return Step(human="take")
        case GaveBack():
            return Step(human="return")
        case Closed():
            return Step(human=Human(close=happening.reason))
        case AgentSaid():
            return Step(human=Human(say=happening.text))
        case _:
            return None


def message_step(message: Inbound) -> Step:
    """A message that taps nothing of ours, as the plainest step that says all of it."""
    whole = SaidMessage(**{name: getattr(message, name) for name in SaidMessage.__struct_fields__})
    if whole == SaidMessage(text=message.text):
        return Step(say=message.text)
    place = message.location
    if place is not None and whole == SaidMessage(kind="location", location=place):
        return Step(
            location=SaidLocation(
                latitude=place.latitude,
                longitude=place.longitude,
                name=place.name,
                address=place.address,
            )
        )
    file = message.media
    if file is not None and message.kind in MEDIA:
        said = SaidMedia(
            kind=message.kind,
            url=file.url,
            caption=message.text,
            mime=file.mime,
            filename=file.filename,
        )
        plain = MediaRef(id="media", mime=file.mime, filename=file.filename, url=file.url)
        if whole == SaidMessage(kind=message.kind, text=message.text, media=plain):
            return Step(media=said)
    return Step(message=whole)


def canned_http(node: str, flow: str, outcome: Outcome) -> CannedHttp:
    """The `outcome` of a call of `node` in `flow` as a canned one: the answer of another system, or
    why there was none. Cost: ~1 µs.
    """
    match outcome:
        case Answered(body=str()):
            return CannedHttp(node=node, flow=flow, status=outcome.status, text=outcome.body)
        case Answered():
            return CannedHttp(node=node, flow=flow, status=outcome.status, json=outcome.body)
        case Refused() | Unclear():
            return CannedHttp(node=node, flow=flow, failed=outcome.reason or "failed")
        case Said():
            return CannedHttp(node=node, flow=flow, text=outcome.text)


def canned_model(node: str, flow: str, outcome: Outcome) -> CannedModel:
    """The `outcome` of a question of `node` in `flow` as a canned one: a model's answer, or why
    there was none. Cost: ~1 µs.
    """
    match outcome:
        case Said():
            calls = tuple(ToolUse(name=c.name, arguments=c.arguments) for c in outcome.calls)
            shown = tuple(ShownPassage(id=each.id, title=each.title) for each in outcome.shown)
            return CannedModel(
                node=node,
                flow=flow,
                text=outcome.text,
                calls=calls,
                shown=shown,
                tokens=outcome.tokens_out,
            )
        case Refused() | Unclear():
            return CannedModel(node=node, flow=flow, failed=outcome.reason or "failed")
        case Answered():
            return CannedModel(node=node, flow=flow, text=str(outcome.body))


def _start(happening: FlowStarted) -> str | StartedFlow:
    whole = StartedFlow(
        flow=happening.flow,
        node=happening.node,
        with_=happening.args,
        purpose=happening.purpose,
        by=happening.by,
    )
    return happening.flow if whole == StartedFlow(flow=happening.flow) else whole


def _news(row: Row, happening: ContactChanged) -> ContactNews:
    """The fields' new values are known where a flow that this began reads them."""
    worlds = [call.given.world.contact for call in row.calls]
    known = {name: value for contact in worlds for name, value in contact.fields.items()}
    fields = {name: known.get(name) for name in happening.fields}
    return ContactNews(tags=happening.added_tags, fields=fields)
