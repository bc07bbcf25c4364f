"""A preview's script: who writes, and the acts in their order, as a talk without expectations.

{"contact": {"name": "Ana"}, "acts": [{"say": "oi"}, {"tap": "vendas"}, {"after": "PT2H"}]}
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from flowengine.durations import DurationError
from flowengine.errors import FlowError
from flowengine.expressions import EvaluationError
from flowengine.happenings import AgentSaid
from flowengine.messages import AskModel, CallHttp
from flowengine.preview.chat import Preview
from flowengine.run import Release
from flowengine.simulation import AGENT
from flowengine.strict import read
from flowengine.talks.acting import (
    NOW,
    act,
    by_node,
    contact_of,
    http_outcome,
    model_outcome,
)
from flowengine.talks.format import (
    CannedHttp,
    CannedModel,
    Human,
    StartedFlow,
    Step,
    Talk,
    TalkContact,
)
from flowengine.talks.player import play as play_talk
from flowengine.talks.recording import record
from flowengine.talks.rows import simulated
from flowengine.values import Doc
from flowengine.workspace import Workspace

MOST = 400
"""Acts in a script."""


class Assigned(Doc, frozen=True, kw_only=True):
    """A variable that was changed by hand."""

    name: str
    value: Any = None


class Act(Step, frozen=True, kw_only=True):
    """A talk's step (but `expect`), or one that only a hand does: exactly one of these.

    `together`: messages that come before any answer left. `twice`: the provider delivers the last
    message again. `set`: a variable changed by hand. `http`, `model`: the answer to the call that
    waits longest.
    """

    together: tuple[str, ...] | None = None
    twice: bool | None = None
    set: Assigned | None = None
    http: CannedHttp | None = None
    model: CannedModel | None = None


class Script(Doc, frozen=True, kw_only=True):
    """`http`, `model`: answers given beforehand, as in a talk."""

    contact: TalkContact = TalkContact(name="Ana", phone="+5511999990001")
    now: datetime | None = None
    http: tuple[CannedHttp, ...] = ()
    model: tuple[CannedModel, ...] = ()
    acts: tuple[Act, ...] = ()

    def __post_init__(self) -> None:
        if len(self.acts) > MOST:
            raise ValueError(f"a preview has at most {MOST} acts")
        if self.now is not None and self.now.tzinfo is None:
            raise ValueError("now needs an offset")


class Mark(msgspec.Struct, frozen=True):
    """Where an act ended: rows that were taken by then. `why`: it could not be done.

    `again`: a message that came twice; the product drops the second by its id.
    """

    rows: int
    why: str = ""
    again: bool = False


class Played(msgspec.Struct, frozen=True):
    """A script that was played: `marks` has one entry an act."""

    preview: Preview
    marks: tuple[Mark, ...]


_decoder = msgspec.json.Decoder(Script, float_hook=Decimal)


def read_script(raw: bytes) -> Script:
    """The script that `raw` says; raises `FlowError` with the path and the mend. ~3 µs an act."""
    return read(raw, _decoder, '{"acts": […]}')


def play(
    script: Script, releases: Iterable[Release], workspace: Workspace, now: datetime = NOW
) -> Played:
    """Plays a script from its beginning, with the flows of `releases` taken as published in
    `workspace`. Nothing is ever called.

    `now`: when it begins where it does not say. An act that cannot be done says why in its mark,
    and the next one goes on. Cost: that of its turns, some 0.1 ms each, and a catalogue's.
    """
    preview = Preview(
        releases,
        workspace,
        contact_of(script.contact),
        script.now or now,
        http=by_node((each.flow, each.node, http_outcome(each)) for each in script.http),
        model=by_node((each.flow, each.node, model_outcome(each)) for each in script.model),
        known=script.contact.known,
    )
    marks: list[Mark] = []
    for each in script.acts:
        why = "" if preview.endless else _do(preview, each)
        again = bool(each.twice) and not why
        marks.append(Mark(len(preview.happened), why, again))
    return Played(preview, tuple(marks))


def _do(preview: Preview, each: Act) -> str:
    """Does one act; gives why it could not be done, else nothing."""
    try:
        if each.together is not None:
            preview.at_once(each.together)
        elif each.twice is not None:
            return "" if preview.happened else "nothing"
        elif each.set is not None:
            return "" if preview.assign(each.set.name, each.set.value) else "nobody_stands"
        elif each.http is not None:
            return _answer(preview, CallHttp, each.http)
        elif each.model is not None:
            return _answer(preview, AskModel, each.model)
        elif each.expect is None:
            return _step(preview, each)
    except EvaluationError as error:
        return str(error)
    except (DurationError, OverflowError):
        return "time"
    return ""


def _answer(
    preview: Preview, kind: type[AskModel | CallHttp], canned: CannedHttp | CannedModel
) -> str:
    if not isinstance(preview.asked, kind):
        return "not_asked"
    http = isinstance(canned, CannedHttp)
    preview.answer(http_outcome(canned) if http else model_outcome(canned))
    return ""


def _step(preview: Preview, each: Act) -> str:
    if isinstance(each.start, StartedFlow) and each.start.node:
        preview.wrote_just_now()  # one looks at a step, not at how a campaign would reach it
    if isinstance(each.start, str | StartedFlow):
        key = each.start if isinstance(each.start, str) else each.start.flow
        if preview.chat.catalog.release(key) is None:
            return "no_flow"
    why = act(preview, each)
    if not why and isinstance(each.human, Human) and each.human.say is not None:
        preview.happens(AgentSaid(AGENT, each.human.say))
    return "not_offered" if why else ""


class Saved(msgspec.Struct, frozen=True):
    """A preview as a talk. `left_out`: why it ends before the preview did. `differs`: the talk
    does not come true, because a hand did what no talk can say."""

    talk: Talk
    left_out: str = ""
    differs: str = ""


def talk_of(
    script: Script,
    played: Played,
    releases: Sequence[Release],
    workspace: Workspace,
    flow: str,
    name: str,
) -> Saved:
    """What was played of a `script`, as a talk called `name` about `flow` that plays again, on the
    same `releases` and `workspace`.

    Raises `FlowError` where nothing happened. Cost: that of playing it once more.
    """
    preview = played.preview
    if not preview.happened:
        raise FlowError("nothing happened yet", fix="Say something first.")
    rows = simulated(preview.happened)
    found = record(rows, preview.chat.releases, flow, name, script.contact)
    talk = replace(found.talk, now=script.now or found.talk.now)
    result = play_talk(talk, releases, workspace)
    differs = result.failure.message if result.failure is not None else ""
    return Saved(talk, found.left_out, differs)
