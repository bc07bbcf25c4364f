"""The page before publishing: what changes, its check, its talks, a rehearsal, who stands in it."""

import asyncio

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.diff import describe, diff
from flowengine.document import parse
from flowengine.issue import Issue
from flowengine.store import flow_moves, flows, recorded, talks
from flowengine.store.database import Transaction
from flowengine.store.flows import FlowRow
from web.editor.callers import Caller, admit_callers, callers_of
from web.editor.look import Changed, changes_of, with_removed
from web.editor.moving import chosen_of, move_inside, plan_inside, read_inside
from web.editor.preview import stages
from web.editor.rehearsing import LAST, known_executions, rehearse_draft
from web.editor.stage import Stage, stage_of
from web.editor.suite import Suite, run, title_of
from web.editor.told import told
from web.forms import read_form
from web.htmx import go_to, html_response
from web.problems import Problem
from web.publishing import around_flow, publish, read_flow, review
from web.recordings import journals_of
from web.render import render, render_part
from web.request import AnyRequest, me, texts, workspace
from web.texts import Texts, _

ANYWAY = _("Corrija o fluxo ou o teste, ou marque “Publicar mesmo com testes que falham”.")
SEEN = _("Recarregue a página: ela mostra o que quebra neles, e deixa seguir mesmo assim.")
CHANGES = 40
"""Lines of the difference that the page shows."""


class PublishPage(Struct, frozen=True):
    """`draft`: the hash of what is shown. `suite` is None where it cannot run; `told`: the
    difference as its canvas says it, `changes`: in lines, with every field. `callers`: the flows on
    the air that call this one."""

    row: FlowRow
    draft: str
    errors: tuple[Issue, ...]
    warnings: tuple[Issue, ...]
    titles: dict[str, str]
    suite: Suite | None
    callers: tuple[Caller, ...]
    headline: str
    told: tuple[Changed, ...]
    changes: tuple[str, ...]
    more: int

    @property
    def blocked(self) -> bool:
        return bool(self.errors) or self.suite is None

    @property
    def breaks(self) -> tuple[Caller, ...]:
        return tuple(caller for caller in self.callers if caller.breaks)


class PublishRoutes(Controller):
    """GET /flows/KEY/publish and its parts."""

    path = "/flows/{key:str}/publish"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        t = texts(request)
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            row = next(row for row in await flows.flows(transaction) if row.key == key)
            flow = read_flow(draft.document)
            around = await around_flow(transaction, flow)
            found = await review(flow, around, t.language)
            stored = await talks.talks(transaction, key)
            before = (
                parse((await flows.version(transaction, key, row.version)).document)
                if row.version is not None
                else None
            )
            stage = await stage_or_none(request, transaction, key)
            callers = await callers_of(transaction, (flow,), t)
        suite = await asyncio.to_thread(run, stored, stage, t) if stage else None
        found_new = diff(before, flow) if before else None
        lines = describe(found_new, t.language) if found_new else []
        changed = (
            changes_of(found_new, with_removed(flow, before), t) if found_new and before else ()
        )
        issues = told(found, around, t.language)
        page = PublishPage(
            row,
            draft.hash,
            tuple(issue for issue in issues if issue.severity == "error"),
            tuple(issue for issue in issues if issue.severity == "warning"),
            {node.id: title_of(flow, node.id, t) for node in flow.nodes},
            suite,
            callers,
            lines[0] if lines else "",
            changed,
            tuple(lines[1 : CHANGES + 1]),
            max(0, len(lines) - 1 - CHANGES),
        )
        return render(request, "flows/publish.html", page)

    @post()
    async def publish(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """The draft that the page showed (`draft`: its hash) answers from now on. `message`: why;
        `anyway`: although talks fail; `breaking`: although flows that call it break; `move`: who is
        in the middle of it goes on with it, as the fields `to.NODE` say."""
        form = await read_form(request)
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            if form.raw("draft", "") != draft.hash:
                raise Problem(
                    _("O rascunho mudou depois que esta página foi aberta; nada foi publicado."),
                    status=409,
                    mend=_("Recarregue a página e veja o que muda agora."),
                )
            message, who = form.text("message", "", 300), me(request).id
            if not form.flag("anyway"):
                await admit_talks(request, transaction, key)
            flow, t = read_flow(draft.document), texts(request)
            if not form.flag("breaking"):
                await admit_callers(transaction, flow, t, SEEN)
            done, _issues = await publish(transaction, flow, t.language, who, message)
            moved = None
            if form.flag("move"):
                chosen = chosen_of(form.first())
                # Those whom an older move has not reached yet go with this one.
                while under_way := await flow_moves.alone(transaction, key):
                    await flow_moves.cancel_move(transaction, key, under_way)
                moved = await move_inside(transaction, key, done.version, chosen, who)
        notice = texts(request)(_("Publicado: versão {n}."), n=done.version)
        return go_to(request, f"/flows/{key}/moves" if moved else f"/flows/{key}", notice)

    @get("/rehearsal")
    async def rehearsal(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """The last conversations, played again on the draft."""
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
            last = await recorded.conversations_of(transaction, key, LAST)
            found = known_executions(await journals_of(transaction, last))
        shown = await asyncio.to_thread(rehearse_draft, found, stage, texts(request))
        return html_response(render_part(request, "flows/_rehearsal.html", found=shown, key=key))

    @get("/standing")
    async def standing(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """Who is under way, and where they would go with the draft; `to.NODE`: what was chosen.

        `move`: the box is ticked; `drawn`: whether anything was chosen when it was drawn. The first
        choice ticks it, as it means that they go; what somebody did to it by hand stands.
        """
        asked = dict(request.query_params.items())
        chosen = chosen_of(asked)
        async with workspace(request) as transaction:
            stage = await stage_of(stages(request), transaction, key)
            inside = await read_inside(transaction, key, draft=True)
        t: Texts = texts(request)
        shown = await asyncio.to_thread(plan_inside, inside, stage.flow, chosen, t)
        place = f"/flows/{key}/publish/standing"
        ticked = "move" in asked or (shown.chosen and not asked.get("drawn"))
        body = render_part(
            request, "flows/_standing.html", plan=shown, place=place, offer=True, ticked=ticked
        )
        return html_response(body)


async def stage_or_none(request: AnyRequest, transaction: Transaction, key: str) -> Stage | None:
    """The draft's stage; none where it cannot run, which its check says too."""
    try:
        return await stage_of(stages(request), transaction, key)
    except Problem:
        return None


async def admit_talks(
    request: AnyRequest, transaction: Transaction, key: str, mend: str = ANYWAY
) -> None:
    """The gate of publishing: a problem (`mend`: what to do) where talks of the draft do not come
    true."""
    stage = await stage_or_none(request, transaction, key)
    stored = await talks.talks(transaction, key)
    if stage is None or not stored:
        return  # a draft that cannot run is refused by its check
    suite = await asyncio.to_thread(run, stored, stage, texts(request))
    if suite.failed:
        raise Problem(
            _("Um teste falha. | {n} testes falham."),
            status=409,
            mend=mend,
            n=suite.failed,
        )
