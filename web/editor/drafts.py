"""One edit of a draft: the operations done, the draft kept, and what that changed on the canvas."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from flowengine.editing import Edited, Move, Op, Seen, SetFlow, apply, clash, sign
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.nodes import Node
from flowengine.store.accounts import ROLES
from flowengine.store.draft_edits import Edit, Stamp, hold_draft, last_edit, refuse_edit
from flowengine.store.errors import Stale
from web.editor.again import Applied, Known, Outcome, Refusal, answer_again, read_stamp, signed
from web.editor.board import Board
from web.editor.known import drawn_as, keep, redrawn
from web.editor.parts import differing, part
from web.editor.turning import turns
from web.forms import Form
from web.kinds import KINDS
from web.problems import Problem, of_store
from web.refused import RELOAD, Refused
from web.request import AnyRequest, me, texts, workspace
from web.texts import Texts, _

Make = Callable[[Flow], Sequence[Op]]

TRIES = 4
"""Edits of others may come between reading a draft and writing it; the last try lets none come."""


async def edit(
    request: AnyRequest, key: str, form: Form, make: Make, *, told: bool = False
) -> Response[Applied]:
    """Change a draft, and say what that did to the canvas.

    The browser says which draft it knows (`rev`) and how the things that it touches stand there
    (`seen`). Where others went on meanwhile, what they left alone is changed all the same; a
    problem names what they did not. `told`: the operations are the browser's own. An edit that
    says its number (`again`) is done once, or refused for good.
    """
    stamp = read_stamp(form, me(request).id)
    for turn in range(TRIES):
        last = turn == TRIES - 1
        try:
            answer = await _edit(request, key, form, make, told, stamp, hold=last)
            return Response(answer, media_type="application/json")
        except Stale as stale:
            known = stamp is not None or form.raw("seen", "")
            if known and not last:
                continue
            if stamp:
                await remember(request, key, stamp, of_store(stale))
            raise
        except Problem as problem:
            if stamp is None or isinstance(problem, Known):
                raise
            # Where it was not kept, another delivery of this edit was done meanwhile: as that one.
            if await remember(request, key, stamp, problem) or last:
                raise
    raise AssertionError("the last try returns or raises")


async def remember(request: AnyRequest, key: str, stamp: Stamp, problem: Problem) -> bool:
    """Keep that an edit was refused; whether it could be kept."""
    detail, mend = problem.said(texts(request))
    refusal = Refusal(problem.status, detail, problem.place, mend)
    async with workspace(request) as transaction:
        return await refuse_edit(transaction, key, Edit(stamp, msgspec.json.encode(refusal)))


async def _edit(
    request: AnyRequest,
    key: str,
    form: Form,
    make: Make,
    told: bool,
    stamp: Stamp | None,
    *,
    hold: bool,
) -> Applied:
    t = texts(request)
    async with workspace(request) as transaction:
        if hold:
            await hold_draft(transaction, key)
        head, last = await last_edit(transaction, key, stamp)
        known = await drawn_as(transaction, key, head, t)
        again = stamp and last and answer_again(request, stamp, last, head.rev, known)
        if again:
            return again
        seen, behind = read_seen(form), str(head.rev) != form.raw("rev", "")
        if behind and seen is None:
            raise Stale(head.rev)
        settled = settle(known.flow, known.board)
        done = await asked(make, known.flow, settled)
        if done is None:
            return Applied(head.rev, form.raw("what", ""), "[]", [], [], behind)
        if seen is not None:
            refuse_clash(known.flow, done.flow, seen, told, t)
        # A wait's exits come from what leads to it: it may change where it was not touched.
        same = {
            id: step
            for id, step in known.board.steps.items()
            if id not in done.nodes and step.type != "wait"
        }
        now = redrawn(done.flow, known, same, t)
        changed = dict(differing(known, now))
        inverse = done.inverse[: len(done.inverse) - len(settled)]
        outcome = Outcome(
            form.raw("what", ""),
            msgspec.json.encode(inverse).decode(),
            signed(changed) if stamp else {},
            [id for id in now.board.steps if id not in known.board.steps],
            behind,
            {
                f"/{op.part}": sign(getattr(now.flow, op.part))
                for op in inverse
                if isinstance(op, SetFlow)
            },
            turns(known, now, changed, inverse),
        )
        kept = Edit(stamp, msgspec.json.encode(outcome)) if stamp else None
        rev = await keep(transaction, now, t, head.rev, me(request).id, kept)
    return outcome.answer(rev, [part(request, id, it) for id, it in changed.items()])


async def asked(make: Make, flow: Flow, settled: Sequence[Op]) -> Edited | None:
    """What `make` wants done, after what is to be settled; None where that is nothing."""
    try:
        wanted = await asyncio.to_thread(make, flow)
        return apply(flow, (*settled, *wanted)) if wanted else None
    except FlowError as error:
        raise Refused(error) from None


def read_seen(form: Form) -> dict[str, Seen] | None:
    """How the browser saw what it touches; None where it does not say."""
    raw = form.raw("seen", "")
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw, type=dict[str, Seen])
    except msgspec.DecodeError as error:
        raise Problem(_("Esta mudança não pode ser lida."), mend=RELOAD) from error


def refuse_clash(old: Flow, new: Flow, seen: Mapping[str, Seen], told: bool, t: Texts) -> None:
    """A problem where the edit would write over what somebody did meanwhile."""
    thing = clash(old, new, seen, told=told)
    if not thing:
        return
    node = next((node for node in old.nodes if node.id == thing), None)
    kind = KINDS[tag_of(node)].label if node else _("Ajustes do fluxo")
    raise Problem(
        _("Outra pessoa mudou «{what}» neste momento; isto não foi feito."),
        status=409,
        place=thing,
        mend=_("Veja como ficou e, se ainda quiser, faça de novo."),
        what=(node.title if node else "") or t(kind),
    )


def settle(flow: Flow, board: Board) -> tuple[Op, ...]:
    """The places that nobody chose yet are kept with the first edit: cards must not jump later."""
    known = flow.view.nodes
    return tuple(
        Move(id=id, at=(step.x, step.y)) for id, step in board.steps.items() if id not in known
    )


def node_of(flow: Flow, id: str) -> Node:
    found = next((node for node in flow.nodes if node.id == id), None)
    if found is None:
        raise Problem(_("Este passo não existe mais."), status=404)
    return found


def may_edit(request: AnyRequest) -> bool:
    """Whether the page offers changes; whether they are taken is for access.py to say."""
    return ROLES.index(me(request).role) >= ROLES.index("designer")


def tag_of(node: Any) -> str:
    return str(node.__struct_config__.tag)
