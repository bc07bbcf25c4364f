"""The versions of a flow: what was published, by whom, when each was on the air, and going back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.document import parse, pretty
from flowengine.store import flow_moves, flows
from flowengine.store.auditing import WentLive, user_actor, went_live
from flowengine.store.flows import Version
from web.audit_lines import Cast, cast_of, who_of
from web.drawing import Drawing, draw
from web.editor.callers import admit_callers
from web.editor.told import told
from web.flows import Head, head_of
from web.htmx import go_to
from web.problems import Problem
from web.publishing import Blocked, publish, read_flow, save
from web.render import render
from web.request import AnyRequest, me, texts, workspace
from web.texts import Texts, _

SAME = timedelta(minutes=1)
"""What publishing takes at most, of a large flow on a busy day."""
MOST = 3
"""Errors that a refusal names."""
RESTORE = _(
    "Faça dela o rascunho e publique por lá: a página mostra o que quebra neles e deixa seguir."
)


class Again(Struct, frozen=True):
    """An old version was put on the air again."""

    at: datetime
    by: str


class VersionLine(Struct, frozen=True):
    number: int
    hash: str
    published_at: datetime
    by: str
    current: bool
    message: str
    again: tuple[Again, ...]


class VersionsPage(Struct, frozen=True):
    head: Head
    versions: tuple[VersionLine, ...]


class VersionPage(Struct, frozen=True):
    head: Head
    number: int
    published_at: datetime
    drawing: Drawing
    document: str


class FlowVersions(Controller):
    """Everything under /flows/KEY/versions."""

    path = "/flows/{key:str}/versions"
    include_in_schema = False

    @get()
    async def versions(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            head = await head_of(request, transaction, await flows.draft(transaction, key))
            found = await flows.versions(transaction, key)
            live, cast = await went_live(transaction, key), await cast_of(transaction)
        lines = (line_of(each, head.row.version, live, cast, texts(request)) for each in found)
        return render(request, "flows/versions.html", VersionsPage(head, tuple(lines)))

    @get("/{number:int}")
    async def version(
        self, request: AnyRequest, key: FromPath[str], number: FromPath[int]
    ) -> Response[object]:
        async with workspace(request) as transaction:
            head = await head_of(request, transaction, await flows.draft(transaction, key))
            found = await flows.version(transaction, key, number)
        flow = read_flow(found.document)
        page = VersionPage(
            head, number, found.published_at, draw(flow, texts(request)), pretty(flow).decode()
        )
        return render(request, "flows/version.html", page)

    @post("/{number:int}/publish")
    async def publish_again(
        self, request: AnyRequest, key: FromPath[str], number: FromPath[int]
    ) -> Response[object]:
        """An old version answers again at once; the draft stays as it is."""
        async with workspace(request) as transaction:
            await flows.draft(transaction, key)  # a removed flow stays removed
            flow = parse((await flows.version(transaction, key, number)).document)
            await admit_callers(transaction, flow, texts(request), RESTORE)
            under_way = await flow_moves.alone(transaction, key)
            try:
                await publish(transaction, flow, texts(request).language, me(request).id)
            except Blocked as blocked:
                raise why_not(number, blocked, texts(request)) from None
            stopped = under_way != await flow_moves.alone(transaction, key)
        notice = texts(request)(_("A versão {n} está no ar de novo."), n=number)
        if stopped:
            halted = texts(request)(_("A mudança de conversas para a outra versão parou."))
            return go_to(request, f"/flows/{key}/moves", f"{notice} {halted}")
        return go_to(request, f"/flows/{key}/versions", notice)

    @post("/{number:int}/restore")
    async def restore(
        self, request: AnyRequest, key: FromPath[str], number: FromPath[int]
    ) -> Response[object]:
        """An old version becomes the draft; it is published as ever, by a click of its own."""
        async with workspace(request) as transaction:
            await flows.draft(transaction, key)  # a removed flow stays removed
            found = await flows.version(transaction, key, number)
            await save(transaction, read_flow(found.document), None, me(request).id)
        notice = texts(request)(_("A versão {n} é o rascunho agora."), n=number)
        return go_to(request, f"/flows/{key}", notice)


def why_not(number: int, blocked: Blocked, t: Texts) -> Problem:
    """An old version has no list of its errors: what keeps it off the air is said at once."""
    told_now = told(blocked.found, blocked.around, t.language)
    errors = [issue.message for issue in told_now if issue.severity == "error"]
    said = [f"{message.rstrip('.')}." for message in errors[:MOST]]
    if len(errors) > MOST:
        said.append(t(_("E mais {n} erro. | E mais {n} erros."), n=len(errors) - MOST))
    return Problem(
        _("A versão {n} não voltou ao ar, por causa do que mudou em volta dela: {errors}"),
        mend=_("Use-a como rascunho, corrija ali e publique; ou devolva o que falta."),
        n=number,
        errors=" ".join(said),
    )


def line_of(
    version: Version, current: int | None, live: Sequence[WentLive], cast: Cast, t: Texts
) -> VersionLine:
    """One line. A version goes on the air as it is made: the log says so a moment later."""
    again = [each for each in live if each.version == version.version]
    first = again.pop() if again and made(version, again[-1]) else None
    by = user_actor(version.published_by) if version.published_by else first and first.actor
    return VersionLine(
        version.version,
        version.hash,
        version.published_at,
        who_of(by, cast, t) if by else "",
        version.version == current,
        version.message,
        tuple(Again(each.at, who_of(each.actor, cast, t)) for each in again),
    )


def made(version: Version, live: WentLive) -> bool:
    """Whether the version was made as it went on the air there. Programs have no id as authors."""
    person = live.actor.startswith("user:")
    author = user_actor(version.published_by) if version.published_by else ""
    return live.at - version.published_at < SAME and (live.actor if person else "") == author
