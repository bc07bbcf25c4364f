"""Moving conversations to the version that is on the air: who is left behind, and how it goes."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.document import parse
from flowengine.store import flow_moves, flows
from flowengine.store.accounts import members
from flowengine.store.database import Transaction
from flowengine.store.flow_moves import Move
from flowengine.store.flows import FlowRow
from web.editor.moving import Staying, chosen_of, move_inside, plan_inside, read_inside
from web.forms import read_form
from web.htmx import go_to, html_response
from web.problems import Problem
from web.render import render, render_part
from web.request import AnyRequest, me, texts, workspace
from web.texts import Texts, _

OUTCOMES = {
    "moved": _("{n} passou para a versão nova | {n} passaram para a versão nova"),
    "person": _("{n} foi para uma pessoa | {n} foram para uma pessoa"),
    "ended": _("{n} terminou | {n} terminaram"),
    "stays": _("{n} ficou na versão de antes | {n} ficaram na versão de antes"),
    "there": _("{n} já estava nela | {n} já estavam nela"),
    "over": _("{n} já tinha terminado | {n} já tinham terminado"),
    "lacks": _("{n} ficou: a versão não abre mais | {n} ficaram: a versão não abre mais"),
    "failed": _("{n} falhou por um erro nosso | {n} falharam por um erro nosso"),
}


class MoveLine(Struct, frozen=True):
    """A move in the list; `words`: how its conversations went."""

    move: Move
    by: str
    words: tuple[str, ...]


class MovesPage(Struct, frozen=True):
    """`plan` is None where nothing is published."""

    row: FlowRow
    plan: Staying | None
    moves: tuple[MoveLine, ...]

    @property
    def running(self) -> bool:
        return any(line.move.state == "running" for line in self.moves)


class MoveRoutes(Controller):
    """Everything under /flows/KEY/moves."""

    path = "/flows/{key:str}/moves"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        page = await self.read(request, key)
        return render(request, "flows/moves.html", page)

    @get("/places")
    async def places(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """The same plan with other choices (`to.NODE`)."""
        page = await self.read(request, key)
        place = f"/flows/{key}/moves/places"
        return html_response(
            render_part(request, "flows/_standing.html", plan=page.plan, place=place)
        )

    @get("/list")
    async def listed(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """How far they are."""
        async with workspace(request) as transaction:
            row = await row_of(transaction, key)
            moves = await lines(transaction, key, texts(request))
        page = MovesPage(row, None, moves)
        return html_response(render_part(request, "flows/_moves.html", page=page))

    @post()
    async def begin(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """Those who are left behind go where the fields `to.NODE` say."""
        chosen = chosen_of((await read_form(request)).first())
        async with workspace(request) as transaction:
            row = await row_of(transaction, key)
            await begin_move(transaction, row, chosen, me(request).id)
        return go_to(request, f"/flows/{key}/moves", _("Movendo as conversas, uma a uma."))

    @post("/{move:uuid}/cancel")
    async def cancel(
        self, request: AnyRequest, key: FromPath[str], move: FromPath[UUID]
    ) -> Response[object]:
        async with workspace(request) as transaction:
            await flow_moves.cancel_move(transaction, key, move)
        return go_to(request, f"/flows/{key}/moves", _("Parado: as demais ficam onde estão."))

    async def read(self, request: AnyRequest, key: str) -> MovesPage:
        chosen = chosen_of(dict(request.query_params.items()))
        t = texts(request)
        async with workspace(request) as transaction:
            row = await row_of(transaction, key)
            moves = await lines(transaction, key, t)
            plan = await plan_of(transaction, row)
        shown = await asyncio.to_thread(plan, chosen, t) if plan else None
        return MovesPage(row, shown, moves)


async def plan_of(
    transaction: Transaction, row: FlowRow
) -> Callable[[Mapping[str, str], Texts], Staying] | None:
    """Where those who are left behind would go, by what is chosen for them (`plan_inside`, made in
    a thread); None where nothing is published."""
    if row.version is None:
        return None
    flow = parse((await flows.version(transaction, row.key, row.version)).document)
    inside = await read_inside(transaction, row.key)
    return partial(plan_inside, inside, flow)


async def begin_move(
    transaction: Transaction, row: FlowRow, chosen: Mapping[str, str], by: UUID | None
) -> UUID:
    """Those who are left behind go to what is published. Raises a `Problem` where nothing is, where
    nobody is left, and where a move is under way."""
    if row.version is None:
        raise Problem(_("Nada publicado ainda"), status=409)
    if await flow_moves.alone(transaction, row.key):
        raise Problem(
            _("Uma mudança já está em andamento."),
            status=409,
            mend=_("Espere que ela termine, ou pare-a."),
        )
    begun = await move_inside(transaction, row.key, row.version, chosen, by)
    if begun is None:
        raise Problem(_("Ninguém ficou em outra versão."), status=409)
    return begun


async def row_of(transaction: Transaction, key: str) -> FlowRow:
    """The flow in the list. Raises `NotFound`."""
    await flows.draft(transaction, key)
    return next(row for row in await flows.flows(transaction) if row.key == key)


async def lines(transaction: Transaction, key: str, t: Texts) -> tuple[MoveLine, ...]:
    people = {person.id: person.name or person.email for person in await members(transaction)}
    return tuple(
        MoveLine(move, people.get(move.begun_by, "") if move.begun_by else "",
                 words_of(move.outcomes, t))
        for move in await flow_moves.moves(transaction, key)
    )  # fmt: skip


def words_of(outcomes: Mapping[str, int], t: Texts) -> tuple[str, ...]:
    """How many went which way, in the order in which people ask for it."""
    return tuple(t(words, n=outcomes[name]) for name, words in OUTCOMES.items() if name in outcomes)
