"""The preview's routes: the browser sends the acts, the draft is played with them from the start.

Nothing is kept here and nothing is called, but for a call that somebody asks for by a button.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from litestar import Controller, Response, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.durations import iso_duration
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.messages import AskModel, CallHttp
from flowengine.nodes import AiReply, Ask, Http, Trigger, Wait
from flowengine.nodes.trigger import OnEvent, OnKeyword
from flowengine.preview import Act, Played, Preview, Script, play, read_script
from flowengine.talks.rows import simulated
from flowengine.talks.said import Outcome, canned_http, canned_model
from web.drawing.says import duration_of
from web.editor.stage import Stage, Stages, stage_of
from web.editor.story import Story, tell_story
from web.forms import Form, read_form
from web.kinds import KINDS
from web.problems import Problem
from web.refused import Refused
from web.render import render_part
from web.request import AnyRequest, me, services, texts, workspace
from web.texts import Texts, _
from web.trail_lines import WAITS
from web.value_names import in_words
from workers.asking import ask

WHYS = {
    "nothing": _("Ainda não há mensagem para repetir."),
    "nobody_stands": _("Nenhum fluxo está em andamento."),
    "not_asked": _("O fluxo não espera mais esta resposta."),
    "no_flow": _("Este fluxo não está publicado."),
    "not_offered": _("Esta opção não está mais no fluxo."),
    "time": _("O tempo não serve."),
}

WORDS = 3
"""Words of a trigger that are offered to begin with."""


class Asked(Struct, frozen=True):
    """A call that waits for its outcome. `what`: whom it asks, by names; `address`: where that is
    just now. `outcomes`: ways out that a model may choose."""

    kind: str
    node: str
    flow: str
    title: str
    what: str
    outcomes: tuple[tuple[str, str], ...] = ()
    address: str = ""


class Stands(Struct, frozen=True):
    """How it stands after the last act. `due`: until the next thing happens by itself.

    `owner`: bot, queue or agent. `events`: names that the flow waits for. `gathers`: it has heard
    something, and waits until `due` for more of it.
    """

    words: str
    owner: str
    over: bool
    due: str
    due_words: str
    clock: str
    window: bool
    events: tuple[str, ...]
    gathers: bool


class Shown(Struct, frozen=True):
    """What the browser gets. `rows`: for each act, how many rows there were by then."""

    chat: str
    foot: str
    moments: list[tuple[str, str, int, int, str, int]]
    values: tuple[tuple[tuple[str, str], ...], ...]
    rows: list[int]
    problem: str
    stands: Stands


class Called(Struct, frozen=True):
    """The act that a real call came to."""

    act: Act


class PreviewRoutes(Controller):
    """Everything under /flows/KEY/edit/preview."""

    path = "/flows/{key:str}/edit/preview"
    include_in_schema = False

    @post(status_code=200)
    async def show(self, request: AnyRequest, key: FromPath[str]) -> Response[Shown]:
        """The acts so far, played on the draft as it is now."""
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
        script = script_of(await read_form(request))
        return await asyncio.to_thread(answer, request, stage, script)

    @post("/call", status_code=200)
    async def call(self, request: AnyRequest, key: FromPath[str]) -> Response[Called]:
        """The call that the flow waits for is really made; its outcome becomes an act."""
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
        script = script_of(await read_form(request))
        asked = (await asyncio.to_thread(played_on, stage, script)).preview.asked
        if asked is None:
            raise Problem(WHYS["not_asked"], status=409)
        there = services(request)
        outcome = await ask(there.database, there.vault, there.guarded, me(request).tenant, asked)
        return Response(Called(act_of(asked, outcome)), media_type="application/json")


def act_of(asked: AskModel | CallHttp, outcome: Outcome) -> Act:
    """An outcome as what the browser keeps."""
    if isinstance(asked, CallHttp):
        return Act(http=canned_http(asked.node, asked.flow, outcome))
    return Act(model=canned_model(asked.node, asked.flow, outcome))


def stages(request: AnyRequest) -> Stages:
    found: Stages = request.app.state.stages
    return found


def script_of(form: Form) -> Script:
    """What the browser remembers."""
    try:
        return read_script(form.raw("script").encode())
    except FlowError as error:
        raise Refused(error) from None


def played_on(stage: Stage, script: Script) -> Played:
    """A script on a stage; one that says no time begins now."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return play(script, stage.releases, stage.workspace, now)


def story_of(stage: Stage, played: Played, t: Texts) -> Story:
    preview = played.preview
    routes = [
        step.route if (step := next(iter(each.taken.steps), None)) else ()
        for each in preview.happened
    ]
    rows = simulated(preview.happened)
    releases = preview.chat.releases
    return tell_story(rows, stage.flow, stage.flows, releases, t, routes, preview.refused)


def answer(request: AnyRequest, stage: Stage, script: Script) -> Response[Shown]:
    """What the panel shows of a script. In a thread: a long chat takes seconds to play again."""
    t = texts(request)
    played = played_on(stage, script)
    story = story_of(stage, played, t)
    stands = stands_of(request, played.preview, stage, t)
    chat = render_part(request, "editor/_preview_chat.html", items=story.items, stage=stage)
    foot = render_part(
        request,
        "editor/_preview_foot.html",
        asked=asked_of(played.preview, stage, t),
        begins=begins_of(stage.flow) if not played.preview.happened else (),
        fresh=not played.preview.happened,
        flow=stage.flow,
        stands=stands,
    )
    shown = Shown(
        chat,
        foot,
        [(m.node, m.via, m.shown, m.row, m.words, m.run) for m in story.moments],
        story.values,
        [mark.rows for mark in played.marks],
        problem_of(played, t),
        stands,
    )
    return Response(shown, media_type="application/json")


def problem_of(played: Played, t: Texts) -> str:
    """Why the last act could not be done, or what it was for."""
    if played.preview.endless:
        return t(_("O fluxo dá voltas sem fim aqui. A lista de verificação mostra onde."))
    last = played.marks[-1] if played.marks else None
    if last is None:
        return ""
    if last.again:
        return t(_("Chegou de novo, com o mesmo identificador: foi descartada, nada se repete."))
    return t(WHYS.get(last.why, last.why)) if last.why else ""


def begins_of(flow: Flow) -> tuple[tuple[str, str], ...]:
    """Ways to begin: words to say ("say"), events that may come ("event")."""
    found: list[tuple[str, str]] = []
    for node in flow.nodes:
        if not isinstance(node, Trigger) or node.interrupts:
            continue
        if isinstance(node.on, OnKeyword):
            found += [("say", word) for word in node.on.words[:WORDS]]
        elif isinstance(node.on, OnEvent):
            found.append(("event", node.on.name))
        else:
            found.append(("say", "oi"))
    return tuple(dict.fromkeys(found))


def stands_of(request: AnyRequest, preview: Preview, stage: Stage, t: Texts) -> Stands:
    due = preview.next_due
    length = due - preview.now if due else None
    state = preview.last
    live = state is not None and state.execution in preview.chat.executions
    frame = state.frames[-1] if state is not None and state.frames else None
    stand = frame.stand if frame else None
    words = t(WAITS.get(stand.waiting_for, stand.waiting_for)) if live and stand else ""
    events: tuple[str, ...] = ()
    node = _node(stage, frame.flow, frame.node) if live and frame else None
    if isinstance(node, Wait | Ask):
        events = tuple(event.name for event in node.events)
    closes = preview.window_closes
    return Stands(
        words,
        preview.chat.conversation.owner.kind,
        bool(preview.happened) and not live,
        iso_duration(length) if length is not None and length.total_seconds() > 0 else "",
        duration_of(int(length.total_seconds()), t) if length is not None else "",
        render_part(request, "editor/_preview_clock.html", at=preview.now).strip(),
        closes is None or preview.now < closes,
        events,
        bool(live and stand and stand.gather and length),
    )


def asked_of(preview: Preview, stage: Stage, t: Texts) -> Asked | None:
    """The call that waits for its outcome, in words."""
    asked = preview.asked
    node = _node(stage, asked.flow, asked.node) if asked else None
    if asked is None or node is None:
        return None
    title = node.title or t(KINDS[str(node.__struct_config__.tag)].label)
    if isinstance(asked, CallHttp):
        url = in_words(node.url, t) if isinstance(node, Http) else asked.url
        what = f"{asked.method} {url}"
        return Asked("http", asked.node, asked.flow, title, what, address=asked.url)
    ways = node.outcomes if isinstance(node, AiReply) else ()
    chosen = tuple((way.id, way.when or way.id) for way in ways)
    return Asked("model", asked.node, asked.flow, title, last_words(asked), chosen)


def last_words(asked: AskModel) -> str:
    """What the customer wants to know of a model."""
    return asked.messages[-1].text if asked.messages else ""


def _node(stage: Stage, flow: str, id: str) -> Any:
    known = stage.flows.get(flow)
    return next((node for node in known.nodes if node.id == id), None) if known else None
