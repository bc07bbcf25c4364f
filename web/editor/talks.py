"""A flow's talks in the editor: saved from the preview, explored, recorded, imported, and run."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct
from msgspec.structs import replace

from flowengine.errors import FlowError
from flowengine.explore import explore
from flowengine.preview.script import Act, Saved, Script, talk_of
from flowengine.store import talks
from flowengine.store.database import Transaction
from flowengine.talks.format import Talk, parse_talk
from flowengine.talks.recording import record
from flowengine.talks.writing import write_talk
from web.editor.preview import played_on, script_of, stages
from web.editor.stage import CANNOT_RUN, Stage, stage_of
from web.editor.suite import (
    Suite,
    exit_words,
    run,
    script_of_talk,
    title_of,
    write_script,
)
from web.forms import as_uuid, read_form
from web.problems import Problem
from web.recordings import past_of
from web.refused import Refused
from web.render import render_part
from web.request import AnyRequest, me, texts, workspace
from web.texts import Texts, _

BUDGET, SECONDS = 8_000, 12.0
"""How far the explorer may look while somebody waits for it."""

LARGEST = 512 * 1024  # bytes of a talk that is imported

PLAIN = ("next", "reply", "ok", "")
"""Exits that tell nothing about a talk."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SuiteShown(Struct, frozen=True):
    """What the browser gets: the list, and what of the canvas no talk reaches."""

    html: str
    percent: int
    failed: int
    nodes: tuple[str, ...]
    lines: tuple[str, ...]
    notice: str = ""


class TalkRoutes(Controller):
    """Everything under /flows/KEY/edit/talks."""

    path = "/flows/{key:str}/edit/talks"
    include_in_schema = False

    @get()
    async def suite(self, request: AnyRequest, key: FromPath[str]) -> Response[SuiteShown]:
        """All talks of the flow, played on the draft as it is now."""
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
            return await shown(request, transaction, stage)

    @post(status_code=200)
    async def keep(self, request: AnyRequest, key: FromPath[str]) -> Response[SuiteShown]:
        """What was played by hand becomes a talk."""
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
            form = await read_form(request)
            name, script = form.text("name", longest=120), script_of(form)
            try:
                saved = await asyncio.to_thread(played_talk, stage, script, key, name)
            except FlowError:
                raise Problem(_("Converse um pouco antes de salvar.")) from None
            if saved.left_out:
                raise Problem(
                    _("O fluxo ainda espera uma resposta de fora."),
                    mend=_("Responda por ela no simulador e salve de novo."),
                )
            if saved.differs:
                raise Problem(
                    _("Isto não se repete igual num teste."),
                    mend=_(
                        "Um teste não guarda variáveis mudadas à mão nem duas mensagens ao mesmo"
                        " tempo. Recomece sem elas."
                    ),
                )
            kept = await put(request, transaction, stage, saved.talk)
            return await shown(request, transaction, stage, told(request, saved.talk.name, kept))

    @get("/{talk:str}/script")
    async def script(
        self, request: AnyRequest, key: FromPath[str], talk: FromPath[str]
    ) -> Response[bytes]:
        """A talk as the preview plays it."""
        async with workspace(request) as transaction:
            stored = await talks.talk(transaction, key, as_uuid(talk))
        script = script_of_talk(parse_talk(stored.document))
        return Response(write_script(script), media_type="application/json")

    @get("/{talk:str}")
    async def download(
        self, request: AnyRequest, key: FromPath[str], talk: FromPath[str]
    ) -> Response[bytes]:
        """A talk as a file, for `flowengine test`."""
        async with workspace(request) as transaction:
            stored = await talks.talk(transaction, key, as_uuid(talk))
        disposition = f'attachment; filename="{key}.{stored.id}.talk.json"'
        return Response(
            stored.document,
            media_type="application/json",
            headers={"Content-Disposition": disposition},
        )

    @post("/{talk:str}/remove", status_code=200)
    async def remove(
        self, request: AnyRequest, key: FromPath[str], talk: FromPath[str]
    ) -> Response[SuiteShown]:
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
            await talks.remove_talk(transaction, key, as_uuid(talk))
            return await shown(request, transaction, stage)

    @post("/explore", status_code=200)
    async def explore(self, request: AnyRequest, key: FromPath[str]) -> Response[SuiteShown]:
        """Talks that reach what no talk reached yet, found by walking the flow."""
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
            stored = await talks.talks(transaction, key)
        t = texts(request)
        found = await asyncio.to_thread(lambda: explored(stage, run(stored, stage, t), t))
        async with workspace(request) as transaction:
            for talk in found:
                await put(request, transaction, stage, talk)
            words = _("{n} teste novo. | {n} testes novos.")
            none = _("O explorador não achou caminho novo.")
            notice = t(words, n=len(found)) if found else t(none)
            return await shown(request, transaction, stage, notice)

    @post("/import", status_code=200)
    async def bring(self, request: AnyRequest, key: FromPath[str]) -> Response[SuiteShown]:
        """A .talk.json from a file."""
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
            upload = (await read_form(request)).file("file")
            if upload is None:
                raise Problem(_("Escolha um arquivo .json."), place="file")
            try:
                talk = parse_talk(await upload.read(LARGEST))
            except FlowError as error:
                raise Refused(error) from None
            name = talk.name or upload.filename.removesuffix(".talk.json")
            kept = await put(request, transaction, stage, replace(talk, name=name[:120]))
            return await shown(request, transaction, stage, told(request, name[:120], kept))

    @post("/record", status_code=200)
    async def record(self, request: AnyRequest, key: FromPath[str]) -> Response[SuiteShown]:
        """A real conversation becomes a talk."""
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
            form = await read_form(request)
            room = form.uuid("conversation")
            past = await past_of(transaction, room)
            name = form.text("name", past.contact.name or "conversa", longest=120)
            try:
                made = await asyncio.to_thread(
                    record, past.rows, past.releases, file_of(key), name, past.contact
                )
            except ValueError:
                raise Problem(_("Nenhum fluxo rodou nesta conversa.")) from None
            kept = await put(request, transaction, stage, made.talk, room)
            return await shown(request, transaction, stage, told(request, made.talk.name, kept))


async def shown(
    request: AnyRequest, transaction: Transaction, stage: Stage, notice: str = ""
) -> Response[SuiteShown]:
    """The list after whatever was done."""
    stored = await talks.talks(transaction, stage.flow.key)
    suite = await asyncio.to_thread(run, stored, stage, texts(request))
    html = render_part(request, "editor/_preview_talks.html", suite=suite, key=stage.flow.key)
    answer = SuiteShown(html, suite.percent, suite.failed, suite.nodes, suite.lines, notice)
    return Response(answer, media_type="application/json")


async def put(
    request: AnyRequest,
    transaction: Transaction,
    stage: Stage,
    talk: Talk,
    conversation: UUID | None = None,
) -> str:
    """One more talk; the name that it has now. None is replaced: there is a number behind the
    name of a second one, but for the very same talk once more."""
    key = stage.flow.key
    stored = {each.name: each.document for each in await talks.talks(transaction, key)}
    for name in numbered(talk.name):
        document = write_talk(replace(talk, name=name))
        if stored.get(name) == document:
            return name
        if len(stored) >= talks.MOST:
            raise Problem(_("Este fluxo já tem testes demais."), status=409)
        if name in stored:
            continue
        if await talks.add_talk(transaction, key, name, document, me(request).id, conversation):
            return name
    raise AssertionError("names never end")


def numbered(name: str) -> Iterator[str]:
    """A name, and that name with each number from 2 on."""
    yield name
    for number in count(2):
        yield f"{name[:110]} ({number})"


def told(request: AnyRequest, wanted: str, name: str) -> str:
    """That a talk is kept, and under which name where it is not the one that was wanted."""
    if name == wanted:
        return texts(request)(_("Teste salvo."))
    return texts(request)(_("Teste salvo como “{name}”: já havia outro com este nome."), name=name)


async def keep_pasted(
    request: AnyRequest, transaction: Transaction, key: str, said: Sequence[str], name: str
) -> None:
    """The talk that a pasted skeleton comes with: what its customer says. None where the skeleton
    cannot run yet, as its check says."""
    try:
        stage = await stage_of(stages(request), transaction, key)
        script = Script(acts=tuple(Act(say=words) for words in said))
        made = await asyncio.to_thread(played_talk, stage, script, key, name)
    except (Problem, FlowError):
        return
    if not made.differs:
        await put(request, transaction, stage, made.talk)


def played_talk(stage: Stage, script: Script, key: str, name: str) -> Saved:
    """A script as a talk. Raises `FlowError` where nothing was said."""
    return talk_of(
        script, played_on(stage, script), stage.releases, stage.workspace, file_of(key), name
    )


def explored(stage: Stage, suite: Suite, t: Texts) -> list[Talk]:
    """The explorer's talks that reach something new, under a name that says where they lead."""
    until = time.monotonic() + SECONDS
    key = stage.flow.key
    others = {each.root: stage.flows[each.root] for each in stage.releases if each.root != key}
    try:
        found = explore(
            stage.flow,
            others,
            stage.workspace,
            file_of(key),
            BUDGET,
            lambda: time.monotonic() > until,
        )
    except FlowError as error:
        raise Problem(CANNOT_RUN[0], mend=CANNOT_RUN[1]) from error
    taken = {result.name for result in suite.results}
    missing = set(suite.lines)
    made: list[Talk] = []
    for talk in found.talks:
        reached = reached_by(talk, stage, t)
        if suite.results and not reached & missing:
            continue
        missing -= reached
        name = name_of(stage, talk.name, taken, t)
        taken.add(name)
        made.append(replace(talk, name=name))
    return made


def reached_by(talk: Talk, stage: Stage, t: Texts) -> set[str]:
    """The lines of the canvas along which a talk goes."""
    alone = talks.StoredTalk(UUID(int=0), "", "", write_talk(talk), _EPOCH)
    every = run((), stage, t).lines
    return set(every) - set(run((alone,), stage, t).lines)


def name_of(stage: Stage, named: str, taken: set[str], t: Texts) -> str:
    """ "Menu principal → Falar com a equipe", numbered where there is one already.

    `named`: as the explorer names a talk, by the last exits that it is the first to reach.
    """
    exits = [each.partition(":")[::2] for each in named.rpartition(": ")[2].split(", ")]
    telling = [each for each in exits if each[1] not in PLAIN]
    node, exit = (telling or exits)[-1]
    words = exit_words(stage.flow, node, exit, t)
    plain = f"{title_of(stage.flow, node, t)} → {words}"[:110]
    return next(name for name in numbered(plain) if name not in taken)


def file_of(key: str) -> str:
    return f"{key}.flow.json"
