"""Running conversations of a flow: who is left behind by what is published, and moving them."""

import asyncio
from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from flowengine.store import flow_moves
from flowengine.store.flow_moves import Move
from web.editor.move_pages import begin_move, plan_of, row_of
from web.editor.moving import STAY, Staying
from web.problems import Problem
from web.request import AnyRequest, Program, caller, texts, workspace
from web.texts import _


class MoveItem(Struct, frozen=True):
    """A move. `state`: running, done or cancelled. `passed` of `total` conversations are through;
    `outcomes`: how many `moved`, went to a `person`, `ended`, `stays` on the version of before …"""

    id: UUID
    version: int
    state: str
    total: int
    passed: int
    outcomes: dict[str, int]
    begun_at: datetime
    ended_at: datetime | None


class PlaceItem(Struct, frozen=True):
    """Conversations that stand at one step (`node`, "" in a flow that it calls). `stuck`: why they
    have nowhere to go, "" where they have. `losses`: how many would lose a value or a deadline."""

    node: str
    title: str
    count: int
    stuck: str
    losses: int


class Moves(Struct, frozen=True):
    """`left`: who runs another version than the published one, by step; `targets`: what `to` may
    say for them. `items`: moves, the newest first."""

    left: tuple[PlaceItem, ...]
    targets: dict[str, str]
    items: tuple[MoveItem, ...]


class NewMove(Struct, frozen=True, forbid_unknown_fields=True):
    """`to`: step of before to where its conversations go: a step of the published version, or
    "@stay", "@end", "@queue:KEY". Who has nowhere to go and is not named stays."""

    to: dict[str, str] = {}


class ApiMoves(Controller):
    tags = ["flows"]
    path = "/flows/{key:str}/moves"

    @get()
    async def list_moves(self, request: AnyRequest, key: FromPath[str]) -> Moves:
        """Who is in a version of before, where they may go, and the moves so far."""
        async with workspace(request) as transaction:
            row = await row_of(transaction, key)
            inside = await plan_of(transaction, row)
            found = await flow_moves.moves(transaction, key)
        plan = await asyncio.to_thread(inside, {}, texts(request)) if inside else None
        return Moves(
            tuple(PlaceItem(p.node, p.title, p.count, p.stuck, p.losses) for p in plan.places)
            if plan
            else (),
            targets_of(plan, request) if plan else {},
            tuple(item(each) for each in found),
        )

    @post(status_code=202)
    async def begin_move(
        self, request: AnyRequest, key: FromPath[str], data: JSONBody[NewMove]
    ) -> MoveItem:
        """Move who runs another version to the one that is published, one after the other."""
        who = caller(request)
        by = None if isinstance(who, Program) else who.id
        async with workspace(request) as transaction:
            row = await row_of(transaction, key)
            inside = await plan_of(transaction, row)
            plan = await asyncio.to_thread(inside, data.to, texts(request)) if inside else None
            known = targets_of(plan, request) if plan else {}
            for node, to in data.to.items():
                if plan and node not in {place.node for place in plan.places}:
                    raise Problem(
                        _("Ninguém que ficou está neste passo: {node}."),
                        place=f"to.{node}",
                        mend=_("Use os passos de “left”."),
                        node=node,
                    )
                if plan and to not in known:
                    raise Problem(
                        _("Não há este destino: {to}."),
                        place=f"to.{node}",
                        mend=_("Use o id de um passo que espera alguém, “@stay”, “@end” ou "
                               "“@queue:CHAVE”."),
                        to=to,
                    )  # fmt: skip
            begun = await begin_move(transaction, row, data.to, by)
            return item(await flow_moves.move(transaction, key, begun))

    @post("/{move:uuid}/cancel", status_code=200)
    async def cancel_move(
        self, request: AnyRequest, key: FromPath[str], move: FromPath[UUID]
    ) -> MoveItem:
        """Who has not moved by now stays."""
        async with workspace(request) as transaction:
            await flow_moves.cancel_move(transaction, key, move)
            return item(await flow_moves.move(transaction, key, move))


def targets_of(plan: Staying, request: AnyRequest) -> dict[str, str]:
    return {STAY: texts(request)(_("ficam na versão de antes"))} | dict(plan.targets)


def item(move: Move) -> MoveItem:
    return MoveItem(move.id, move.version, move.state, move.total, move.passed, move.outcomes,
                    move.begun_at, move.ended_at)  # fmt: skip
