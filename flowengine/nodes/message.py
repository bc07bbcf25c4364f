"""Message: says something and goes on."""

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta, field

from flowengine.contents import AuthoredContent, TemplateContent
from flowengine.durations import Typing, seconds
from flowengine.expressions import EvaluationError, compile_expression
from flowengine.given import Pick, SendFailed, Taken, Told
from flowengine.limits import MAX_SENDS
from flowengine.messages import Content, Text
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.speech import Speech, fill, spoken
from flowengine.state import Frame
from flowengine.trail import SendRefusedNote
from flowengine.values import Doc, Expr, Name


class Instead(Doc, frozen=True, kw_only=True):
    """Other contents for a kind of channel.

    - `channel`: the channel's kind.
    - `contents`: what is said there in place of the node's contents.
    """

    channel: str
    contents: tuple[AuthoredContent, ...]


class Spoken(Protocol):
    """What `message` and `ask` share: `typing` shows "typing…" so long, or `auto` by length;
    `instead` holds other contents for some channels, `template` is sent when the window is closed.
    """

    @property
    def contents(self) -> tuple[AuthoredContent, ...]: ...
    @property
    def typing(self) -> str | None: ...
    @property
    def instead(self) -> tuple[Instead, ...]: ...
    @property
    def template(self) -> TemplateContent | None: ...


class Message(Base, tag="message", frozen=True, kw_only=True):
    """Says something and goes on. A text that renders to nothing is left out, and so is all of it
    where a list has no row to show.

    With `failed` wired it waits until the provider took every message; else a refusal is a line in
    the timeline and the flow goes on.

    - `contents`: what is said, in this order; only the last may be something to tap.
    - `typing`: shows "typing…" before each: `auto` by its length, or so long.
    - `instead`: other contents on some channels.
    - `template`: sent in their place where the 24-hour window is closed.
    - `each`: a list: the contents are said once for every item.
    - `as`: what the item is called in them.
    - `max`: items at most.
    - `interruptible`: whether interrupts act while it waits for the provider.

    Exits: `next`, `failed`.

    Example::

        {"id": "ola", "type": "message", "contents": [{"kind": "text", "text": "Olá, {{ nome }}!"}]}
    """

    contents: tuple[AuthoredContent, ...]
    typing: Typing | None = None
    instead: tuple[Instead, ...] = ()
    template: TemplateContent | None = None
    each: Expr | None = None
    as_: Name = field(default="item", name="as")
    max: Annotated[int, Meta(ge=1, le=MAX_SENDS)] = 10
    interruptible: bool = True


AUTO_TYPING = 25
"""Characters that a typist writes in a second, for `typing: auto`; at most eight seconds."""


class Speaker:
    """The contents of a node, by channel and window, and how they are said.

    Cost: ~2 µs a content, and its templates; a template's first evaluation is as any other's.
    """

    def __init__(self, node: Spoken) -> None:
        self.main = Speech(node.contents)
        self.instead = {each.channel: Speech(each.contents) for each in node.instead}
        self.template = Speech((node.template,)) if node.template else None
        self.typing = node.typing
        self.seconds = float(seconds(node.typing)) if node.typing and node.typing != "auto" else 0
        speeches = [self.main, *self.instead.values(), *([self.template] if self.template else [])]
        self.reads = frozenset[str]().union(*(speech.reads for speech in speeches))
        self.dynamic = any(speech.choices and speech.choices.dynamic for speech in speeches)
        self.varies = len(speeches) > 1

    def speech(self, run: Run) -> Speech:
        """What is said on this channel, now."""
        closes = run.world.window_closes_at
        if self.template and closes is not None and closes <= run.now:
            return self.template
        return self.instead.get(run.world.channel, self.main) if self.instead else self.main

    def is_empty(self, run: Run) -> bool:
        """Whether there are dynamic rows, and not one of them now."""
        choices = self.speech(run).choices
        if choices is None or not choices.dynamic:
            return False
        return not any(pick.dynamic for pick in choices.picks(run.scope, run.env))

    def say(self, run: Run, awaited: bool = False) -> tuple[str, ...]:
        """Say everything; gives the effects' ids. A text that renders to nothing is left out."""
        speech, offer = self.speech(run) if self.varies else self.main, ""
        if speech.constant is not None:
            run.spoke()
            return self._send(run, speech.constant, "", awaited)
        contents = speech.render(run.scope, run.env)
        if speech.choices:
            picks = speech.choices.picks(run.scope, run.env)
            offer = run.offer(picks, constant=speech.choices.constant is not None)
            contents[-1] = fill(contents[-1], picks, 0, run.env)
        run.spoke()
        return self._send(run, spoken(contents), offer, awaited)

    def repeat(self, run: Run, page: int, words: str = "", awaited: bool = False) -> None:
        """Say it again: what was offered stays as it was. `words` replace the prompt's text."""
        speech, env = self.speech(run), run.env
        offered = run.frame.offered.get(run.frame.spoken)
        if words and not speech.choices:
            self._send(run, spoken([Text(words)]), "", awaited)
            return
        contents = speech.render(run.scope, env)
        if speech.choices and offered:
            picks = offered.picks or speech.choices.constant or ()
            contents[-1] = fill(contents[-1], picks, page, env)
        if (words or page) and speech.choices:
            contents = [_reworded(contents[-1], words)]
        offer = offered.id if offered and speech.choices else ""
        self._send(run, spoken(contents), offer, awaited)

    def _send(
        self, run: Run, said: Sequence[Content], offer: str, awaited: bool
    ) -> tuple[str, ...]:
        last = len(said) - 1
        if last == 0 and self.typing != "auto":
            return (run.send(said[0], offer, awaited, self.seconds),)
        ids: list[str] = []
        for place, content in enumerate(said):
            pause = self._pause(content) if self.typing == "auto" else self.seconds
            ids.append(run.send(content, offer if place == last else "", awaited, pause))
        return tuple(ids)

    def _pause(self, content: Content) -> float:
        """How long somebody would type it."""
        length = len(getattr(content, "text", "")) or AUTO_TYPING
        return min(round(length / AUTO_TYPING, 1), 8.0)


def _reworded(content: Content, words: str) -> Content:
    return msgspec.structs.replace(content, text=words) if words else content


class MessageStep(Step):
    claims = True

    def __init__(self, node: Message, wired: frozenset[str]) -> None:
        self.speaker, self.awaited = Speaker(node), "failed" in wired
        self.interruptible = node.interruptible
        self.each = compile_expression(node.each.expr) if node.each else None
        self.name, self.max = node.as_, node.max
        self.reads = self.speaker.reads | (self.each.reads if self.each else frozenset())

    def enter(self, run: Run) -> str | None:
        if self.speaker.dynamic and not self.each and self.speaker.is_empty(run):
            self._offer_nothing(run)
            return "next"
        ids = self._say_each(run) if self.each else self.speaker.say(run, self.awaited)
        if not self.awaited or not ids:
            return "next"
        run.stand_for("send", asked=ids)
        return None

    def told(self, run: Run, event: Told) -> str | None:
        match event:
            case Taken():
                run.drop(event.effect)
                left = tuple(each for each in run.stand.asked if each != event.effect)
                run.change_stand(asked=left)
                return None if left else "next"
            case SendFailed():
                run.fail_send(event.refused.reason)
                run.trail.append(SendRefusedNote(run.frame.node, event.refused.reason))
                return "failed"
            case _:
                return super().told(run, event)

    def again(self, run: Run) -> str | None:
        """It was said; that it was refused was kept while the frame could not step on."""
        kept = run.stand.kept
        return "next" if kept is None else self.told(run, kept)

    def picks(self, frame: Frame) -> tuple[Pick, ...]:
        return offered_picks(self.speaker, frame, self.node)

    def _offer_nothing(self, run: Run) -> None:
        """Not one row now: nothing is said, and a wait for these choices takes `empty`."""
        frame = run.frame
        offered = {node: each for node, each in frame.offered.items() if node != frame.node}
        run.set_frame(offered=offered, last_offered=frame.node)

    def _say_each(self, run: Run) -> tuple[str, ...]:
        items = self.each.evaluate(run.scope, run.env) if self.each else None
        if items is None:
            return ()
        if not isinstance(items, list):
            raise EvaluationError("`each` is not a list", 1)
        ids: tuple[str, ...] = ()
        for item in items[: self.max]:
            run.scope[self.name] = item
            ids += self.speaker.say(run, self.awaited)
        run.forget_scope()
        return ids


def offered_picks(speaker: Speaker, frame: Frame, node: str) -> tuple[Pick, ...]:
    """What `node` offered last in this frame: frozen, or the same for everybody."""
    offered = frame.offered.get(node)
    if offered is None:
        return ()
    constant = speaker.main.choices.constant if speaker.main.choices else None
    return offered.picks or constant or ()
