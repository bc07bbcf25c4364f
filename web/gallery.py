"""The page on which a flow begins: from nothing, from what somebody has, or from an example."""

import asyncio
from collections.abc import Iterable, Set

from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from msgspec import Struct
from msgspec.structs import replace

from flowengine.flow import Flow
from flowengine.store import flows, talks
from flowengine.store.database import Transaction
from flowengine.talks.format import Talk
from flowengine.talks.player import play
from flowengine.talks.writing import write_talk
from flowengine.uses import Kind, uses
from flowengine.workspace import Workspace
from web.bundle import furnish
from web.drawing import Drawing, draw
from web.editor.beginning import free_key
from web.editor.preview import stages
from web.editor.stage import stage_of
from web.editor.story import Bubble, tell_story
from web.editor.talks import file_of
from web.editor.tongues import NAMES
from web.examples import Example, examples, releases, shown_talk, their_workspace
from web.forms import read_form
from web.htmx import go_to
from web.kinds import KINDS
from web.problems import Problem
from web.publishing import save, surroundings
from web.render import render
from web.request import AnyRequest, me, texts, workspace
from web.texts import Texts, _

LINES = 8
"""Bubbles of a talk that are shown of an example."""

PLACES: dict[Kind, tuple[str, str]] = {
    "queue": (_("Filas"), "/settings/queues"),
    "schedule": (_("Horários"), "/settings/schedules"),
    "field": (_("Campos do contato"), "/settings/fields"),
    "tag": (_("Etiquetas"), "/settings/tags"),
    "template": (_("Modelos de mensagem"), "/settings/templates"),
    "constant": (_("Constantes"), "/settings/constants"),
    "secret": (_("Segredos"), "/settings/secrets"),
    "profile": (_("Modelos de IA"), "/settings/models"),
    "knowledge": (_("Conhecimento"), "/settings/knowledge"),
    "purpose": (_("Finalidades"), ""),
    "flow": (_("Fluxos"), ""),
}
"""Each kind of name: its word, and the page where one is made."""

WORDS: Set[Kind] = {"field", "tag", "template", "constant"}
ROOMS: Set[Kind] = {"queue", "schedule"}


class Need(Struct, frozen=True):
    """A name that an example uses and the workspace lacks. `makes`: it can be made with it."""

    kind: Kind
    name: str
    words: str
    link: str
    makes: bool


class ExampleCard(Struct, frozen=True):
    """An example in the gallery. `kinds`: of its steps, each once."""

    key: str
    name: str
    about: str
    steps: int
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    tests: int
    drawing: Drawing


class Shown(Struct, frozen=True):
    """An example looked at before it is taken."""

    card: ExampleCard
    lines: tuple[Bubble, ...]
    more: bool
    needs: tuple[Need, ...]


class GalleryPage(Struct, frozen=True):
    """`start`: "" (the gallery), "paste", or "example", which is `shown`."""

    start: str
    cards: tuple[ExampleCard, ...] = ()
    shown: Shown | None = None


class Gallery(Controller):
    """The page /flows/new, and what an example becomes."""

    path = "/flows/new"
    include_in_schema = False

    @get()
    async def page(
        self, request: AnyRequest, start: FromQuery[str] = "", example: FromQuery[str] = ""
    ) -> Response[object]:
        """`start=paste`: what one has already. `example`: a look at one."""
        t = texts(request)
        if example:
            shown = await shown_of(request, found_example(example))
            return render(request, "flows/example.html", GalleryPage("example", shown=shown))
        if start == "paste":
            return render(request, "flows/new.html", GalleryPage("paste"))
        cards = tuple(card_of(each, t) for each in examples().values())
        return render(request, "flows/new.html", GalleryPage("", cards))

    @post()
    async def take(self, request: AnyRequest) -> Response[object]:
        """An example becomes a draft with its talks; `make`: what the workspace lacks, too."""
        form = await read_form(request)
        example, t = found_example(form.text("example")), texts(request)
        async with workspace(request) as transaction:
            if form.flag("make"):
                needs = await needs_of(request, transaction, example.flow)
                part = part_of(their_workspace(), needs)
                await furnish(transaction, part, rooms=may_make_rooms(request))
            taken = {row.key for row in await flows.flows(transaction)}
            flow = as_own(example.flow, taken | await flows.past_keys(transaction))
            await save(transaction, flow, 0, me(request).id)
            left = await bring_talks(request, transaction, example, flow.key)
        notice = t(_("Fluxo criado."))
        if left:
            words = _(
                "{n} teste ficou de fora: conta com outro exemplo."
                " | {n} testes ficaram de fora: contam com outros exemplos."
            )
            notice = f"{notice} {t(words, n=left)}"
        return go_to(request, f"/flows/{flow.key}/edit", notice)


def found_example(key: str) -> Example:
    found = examples().get(key)
    if found is None:
        raise Problem(_("Este exemplo não existe."), status=404, place="example")
    return found


def card_of(example: Example, t: Texts) -> ExampleCard:
    flow = example.flow
    there = {str(node.__struct_config__.tag) for node in flow.nodes}
    codes = (flow.language, *flow.translations)
    return ExampleCard(
        flow.key,
        flow.name,
        example.about,
        len(flow.nodes),
        tuple(kind for kind in KINDS if kind in there and kind not in ("trigger", "end")),
        tuple(NAMES.get(code, code) for code in codes),
        len(example.talks),
        draw(flow, t),
    )


async def shown_of(request: AnyRequest, example: Example) -> Shown:
    t = texts(request)
    bubbles = await asyncio.to_thread(lines_of, example, t)
    async with workspace(request) as transaction:
        needs = await needs_of(request, transaction, example.flow)
    return Shown(card_of(example, t), bubbles[:LINES], len(bubbles) > LINES, needs)


def lines_of(example: Example, t: Texts) -> tuple[Bubble, ...]:
    """What is said in the talk that shows most of an example."""
    every = {key: each.flow for key, each in examples().items()}
    by_hash = {each.hash: each for each in releases()}
    story = tell_story(shown_talk(example), example.flow, every, by_hash, t)
    return tuple(item for item in story.items if isinstance(item, Bubble))


async def needs_of(request: AnyRequest, transaction: Transaction, flow: Flow) -> tuple[Need, ...]:
    """What a flow names and the workspace has not, in the order of `PLACES`."""
    around = await surroundings(transaction)
    known = names_in(around.workspace)
    known["flow"] = {row.key for row in await flows.flows(transaction)}
    made = WORDS | ROOMS if may_make_rooms(request) else WORDS
    missing = {(use.kind, use.name) for use in uses(flow) if use.name not in known[use.kind]}
    t, offered = texts(request), names_in(their_workspace())
    return tuple(
        Need(
            kind, name, t(words), link_to(kind, name, link), kind in made and name in offered[kind]
        )
        for kind, (words, link) in PLACES.items()
        for name in sorted(name for each, name in missing if each == kind)
    )


def link_to(kind: Kind, name: str, link: str) -> str:
    return f"/flows/new?example={name}" if kind == "flow" and name in examples() else link


def names_in(whole: Workspace) -> dict[Kind, set[str]]:
    """Every name of a workspace by its kind."""
    return {
        "queue": set(whole.queues),
        "schedule": set(whole.schedules),
        "field": set(whole.fields),
        "tag": set(whole.tags),
        "template": {each.name for each in whole.templates},
        "constant": set(whole.constants),
        "secret": set(whole.secrets),
        "profile": set(whole.profiles),
        "knowledge": set(whole.knowledge),
        "purpose": set(whole.purposes),
        "flow": set(whole.flows),
    }


def part_of(whole: Workspace, needs: Iterable[Need]) -> Workspace:
    """Of a workspace what is needed of it and can be made."""
    names = {(need.kind, need.name) for need in needs if need.makes}
    return Workspace(
        format=whole.format,
        queues={key: each for key, each in whole.queues.items() if ("queue", key) in names},
        schedules={k: each for k, each in whole.schedules.items() if ("schedule", k) in names},
        fields={key: each for key, each in whole.fields.items() if ("field", key) in names},
        tags=tuple(tag for tag in whole.tags if ("tag", tag) in names),
        templates=tuple(each for each in whole.templates if ("template", each.name) in names),
        constants={k: each for k, each in whole.constants.items() if ("constant", k) in names},
    )


def may_make_rooms(request: AnyRequest) -> bool:
    """Queues and schedules are an admin's, by an example as by their pages."""
    return me(request).role in ("admin", "owner")


def as_own(flow: Flow, taken: Set[str]) -> Flow:
    """An example under a key that is free, and a name that says which copy it is."""
    key = free_key(flow.key, taken)
    number = key.removeprefix(flow.key).lstrip("-")
    return replace(flow, key=key, name=f"{flow.name} ({number})" if number else flow.name)


async def bring_talks(
    request: AnyRequest, transaction: Transaction, example: Example, key: str
) -> int:
    """Its talks are kept with the draft; how many were not, for they count on other examples.

    A draft that cannot run yet, because of what it calls, keeps them all for then.
    """
    told = [retold(talk, example.flow.key, key) for talk in example.talks]
    try:
        stage = await stage_of(stages(request), transaction, key)
    except Problem:
        kept = told
    else:
        kept = [
            talk for talk in told if play(talk, stage.releases, their_workspace()).failure is None
        ]
    for talk in kept:
        await talks.put_talk(transaction, key, talk.name, write_talk(talk), me(request).id)
    return len(told) - len(kept)


def retold(talk: Talk, old: str, key: str) -> Talk:
    """A talk of a flow that has another key now."""
    http = tuple(replace(each, flow=key) if each.flow == old else each for each in talk.http)
    model = tuple(replace(each, flow=key) if each.flow == old else each for each in talk.model)
    return replace(talk, flow=file_of(key), http=http, model=model)
