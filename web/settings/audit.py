"""The audit log: who changed what of the workspace."""

from litestar import Controller, Response, get
from litestar.params import FromQuery
from msgspec import Struct

from flowengine.store import auditing
from flowengine.store.auditing import Sought
from web.audit_lines import KINDS, AuditLine, cast_of, tell_changes, who_of
from web.render import render
from web.request import AnyRequest, texts, workspace


class AuditPage(Struct, frozen=True):
    """`kinds` and `actors`: what the list can be narrowed to, (value, words)."""

    lines: tuple[AuditLine, ...]
    kinds: tuple[tuple[str, str], ...]
    actors: tuple[tuple[str, str], ...]
    kind: str
    actor: str
    next: str | None


class AuditLog(Controller):
    path = "/settings/audit"
    include_in_schema = False

    @get()
    async def page(
        self,
        request: AnyRequest,
        kind: FromQuery[str] = "",
        actor: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
    ) -> Response[object]:
        async with workspace(request) as transaction:
            found = await auditing.changes(
                transaction, Sought(kind=kind, actor=actor), cursor=cursor or None
            )
            cast = await cast_of(transaction)
        t = texts(request)
        actors = {name: who_of(name, cast, t) for name in (*cast.actors, auditing.COMMAND)}
        page = AuditPage(
            tell_changes(found.items, cast, t),
            tuple((name, t(words)) for name, (words, _href) in KINDS.items()),
            tuple(actors.items()),
            kind,
            actor,
            found.next,
        )
        return render(request, "settings/audit.html", page)
