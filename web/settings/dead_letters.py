"""What could not be delivered: why, and once more, one by one or all of a reason."""

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from flowengine.store import dead_letters
from flowengine.store.dead_letters import Asked, Letter
from web.forms import as_uuid, read_form
from web.htmx import go_to
from web.letters import dismiss_some, retry_all, retry_some
from web.render import render
from web.request import AnyRequest, caller, services, texts, workspace
from web.texts import _
from web.transcript import why_failed
from web.words import REASONS

HERE = "/settings/dead-letters"
BACK = _("{n} mensagem volta à fila. | {n} mensagens voltam à fila.")


class Line(Struct, frozen=True):
    """A letter, and its reason in words."""

    letter: Letter
    why: str


class DeadLettersPage(Struct, frozen=True):
    """`counts`: open ones by reason, each with its words."""

    lines: tuple[Line, ...]
    counts: tuple[tuple[str, str, int], ...]
    reason: str
    next: str | None


class DeadLetters(Controller):
    path = HERE
    include_in_schema = False

    @get()
    async def page(
        self, request: AnyRequest, reason: FromQuery[str] = "", cursor: FromQuery[str] = ""
    ) -> Response[object]:
        async with workspace(request) as transaction:
            found = await dead_letters.letters(transaction, Asked(reason), cursor=cursor or None)
            counts = await dead_letters.letter_counts(transaction)
        t = texts(request)
        page = DeadLettersPage(
            tuple(Line(each, why_failed(each.refused, t) or each.reason) for each in found.items),
            tuple((name, t(REASONS.get(name, name)), n) for name, n in counts.items()),
            reason,
            found.next,
        )
        return render(request, "settings/dead_letters.html", page)

    @post("/retry")
    async def retry_all(self, request: AnyRequest) -> Response[object]:
        """All of a reason, or all."""
        form = await read_form(request)
        found = services(request)
        done = await retry_all(
            found.database, caller(request).tenant, Asked(form.text("reason", ""))
        )
        found.workers.ring()
        words = texts(request)(
            _("{n} mensagem volta à fila. | {n} mensagens voltam à fila."), n=done
        )
        return go_to(request, HERE, words)

    @post("/{letter:str}/retry")
    async def retry(self, request: AnyRequest, letter: FromPath[str]) -> Response[object]:
        found = services(request)
        await retry_some(found.database, caller(request).tenant, [as_uuid(letter)])
        found.workers.ring()
        return go_to(request, HERE, _("A mensagem volta à fila."))

    @post("/{letter:str}/dismiss")
    async def dismiss(self, request: AnyRequest, letter: FromPath[str]) -> Response[object]:
        """It stays in the transcript as failed; nobody is asked about it again."""
        await dismiss_some(services(request).database, caller(request).tenant, [as_uuid(letter)])
        return go_to(request, HERE, _("Posta de lado."))
