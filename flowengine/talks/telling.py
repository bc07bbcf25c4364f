"""What a talk expects, written down from what was really sent, handed over and told."""

from collections.abc import Iterable, Iterator, Mapping

from flowengine.messages import (
    Audio,
    Buttons,
    Content,
    Document,
    Effect,
    HandOver,
    Image,
    List,
    Send,
    Sticker,
    Tell,
    Template,
    Text,
    Video,
)
from flowengine.nodes.transfer import TransferStep
from flowengine.offered import shown_choices
from flowengine.run import Release
from flowengine.state import LIVE, State
from flowengine.talks.expectations import kind_of, text_of
from flowengine.talks.format import (
    EventMatch,
    Expected,
    Step,
    TemplateMatch,
    TransferMatch,
)


def told(effects: Iterable[tuple[str, Effect]], refused: Iterable[str] = ()) -> Iterator[Step]:
    """An `expect` for every send, hand-over and event, in their order.

    `refused`: ids of sends that the provider refused; what the same visit had still to say after
    one never left.
    """
    known = frozenset(refused)
    cancelled = ("", 0)
    for execution, effect in effects:
        match effect:
            case Send():
                visit = (execution, effect.visit)
                if effect.visit and visit == cancelled:
                    continue
                cancelled = visit if effect.id in known else ("", 0)
                yield Step(expect=expected(effect.content))
            case HandOver() if not effect.close:
                yield Step(expect=Expected(transfer=_transfer(effect)))
            case Tell():
                yield Step(expect=Expected(event=EventMatch(name=effect.name, data=effect.data)))
            case _:
                pass


def expected(content: Content) -> Expected:
    """What an `expect` says of a content: its words and what can be tapped, exactly."""
    text = text_of(content)
    match content:
        case Buttons():
            return Expected(text=text, buttons=_titles(content))
        case List():
            return Expected(text=text, rows=_titles(content))
        case Template():
            named = TemplateMatch(
                name=content.name, language=content.language, params=dict(content.params)
            )
            return Expected(template=named, buttons=_titles(content) or None)
        case Image() | Audio() | Video() | Document() | Sticker():
            source = content.media.asset or content.media.url
            return Expected(media=source or kind_of(content), text=text or None)
        case Text():
            return Expected(text=text)
        case _:
            return Expected(kind=kind_of(content), text=text or None)


def ending(state: State, releases: Mapping[str, Release]) -> Expected:
    """Where an execution stands: its status, outcome, and the variables that it set.

    What a person's visit left (`save_as` of a transfer) holds their name, and is not asked for.
    """
    outcome = state.outcome or None
    variables = _variables(state, releases)
    if state.status in LIVE:
        return Expected(status=state.status, variables=variables or None)
    return Expected(status=state.status, outcome=outcome, variables=variables or None)


def _titles(content: Content) -> tuple[str, ...]:
    return tuple(title for _, title in shown_choices(content))


def _transfer(effect: HandOver) -> str | TransferMatch:
    to = effect.to
    if effect.briefing:
        return TransferMatch(
            queue=to.queue or None,
            agent=to.agent or None,
            owner=to.owner or None,
            briefing=effect.briefing,
        )
    return to.queue or to.agent or ("owner" if to.owner else "")


def _variables(state: State, releases: Mapping[str, Release]) -> dict[str, object]:
    if not state.frames:
        return {}
    frame = state.frames[-1]
    flow = releases[state.release].flows[frame.flow]
    people = {step.fields.save_as for step in flow.steps.values() if isinstance(step, TransferStep)}
    return {name: value for name, value in frame.variables.items() if name not in people}
