"""Why did the bot do that: a real conversation on the canvas, step by step, from its journal."""

from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct

from flowengine.flow import Flow
from flowengine.store import conversations, messages, releases
from flowengine.store.database import Transaction
from flowengine.trail import Called
from web.editor.board import make_board, places
from web.editor.look import LookPage
from web.editor.story import Bubble, Moment, Story, tell_story
from web.forms import as_uuid
from web.named import names_of
from web.problems import Problem
from web.recordings import Past, past_of
from web.render import render, render_part
from web.request import AnyRequest, texts, workspace
from web.texts import _


class Other(Struct, frozen=True):
    """Another flow that ran in the conversation, or another release of this one."""

    release: str
    flow: str
    name: str
    current: bool


class ReplayPanel(Struct, frozen=True):
    """`conversation`: where one came from. `version`: of the flow that is drawn.

    `parts`: it begins where a rehearsal of the draft of `flow` went another way.
    """

    conversation: UUID
    contact: str
    version: int | None
    others: tuple[Other, ...]
    flow: str
    parts: bool = False


@get("/messages/{message:str}/why", include_in_schema=False)
async def why(request: AnyRequest, message: FromPath[str]) -> Redirect:
    """From a bubble to its place on the canvas."""
    async with workspace(request) as transaction:
        found = await messages.messages_by_id(transaction, [as_uuid(message)])
    if not found:
        raise Problem(_("Isto não existe aqui, ou foi removido."), status=404)
    return Redirect(f"/conversations/{found[0].conversation_id}/replay?message={message}")


class Replay(Controller):
    """GET /conversations/ID/replay."""

    path = "/conversations/{conversation:str}/replay"
    include_in_schema = False

    @get()
    async def page(
        self,
        request: AnyRequest,
        conversation: FromPath[str],
        message: FromQuery[str] = "",
        release: FromQuery[str] = "",
        flow: FromQuery[str] = "",
        parts: FromQuery[int] = 0,
        node: FromQuery[str] = "",
        draft: FromQuery[str] = "",
    ) -> Response[object]:
        """The way of a conversation; it begins at `message`, else in the row `parts` at the step
        `node`, where the flow `draft` parts from it as a draft, else at its end."""
        id, t = as_uuid(conversation), texts(request)
        async with workspace(request) as transaction:
            row = await conversations.conversation(transaction, id)
            past = await past_of(transaction, id)
            effect, where = await said(transaction, message)
            parted = row_of(past, parts)
            acted = release_in(past, parted, draft)
            found = release_of(past, effect) or past_release(past, acted or release)
            key = where or (draft if acted else "") or flow or past.releases[found].root
            if key not in past.flows[found]:
                key = past.releases[found].root
            version = await version_of(transaction, found, key)
            names = await names_of(transaction)
        drawn = past.flows[found][key]
        story = tell_story(past.rows, drawn, past.flows[found], past.releases, t, past.routes)
        page = LookPage(
            key,
            drawn.name,
            "replay",
            t("Por que o bot fez isso?"),
            f"/flows/{draft}/publish" if acted else f"/conversations/{id}",
            make_board(drawn, t, places(drawn, t), names=names),
            marks(request, past, story, beginning(story, effect, parted, node)),
            ReplayPanel(
                id, row.contact_name or "", version, others(past, found, key), key, bool(acted)
            ),
        )
        return render(request, "editor/look.html", page)


async def said(transaction: Transaction, message: str) -> tuple[str, str]:
    """A message's effect and the flow that said it; nothing where none is named."""
    if not message:
        return "", ""
    found = await messages.messages_by_id(transaction, [as_uuid(message)])
    if not found:
        raise Problem(_("Isto não existe aqui, ou foi removido."), status=404)
    return found[0].effect_id, found[0].flow


def release_of(past: Past, effect: str) -> str:
    """The release of the call that wanted this done; "" where none did."""
    for row in past.rows:
        for call in row.calls:
            if effect and any(
                each.id == effect for name, each in row.effects if name == call.execution
            ):
                return call.release
    return ""


def row_of(past: Past, seq: int) -> int | None:
    """Which row of the past a journal's row is; None where none of it is there any more."""
    return past.seqs.index(seq) if seq in past.seqs else None


def release_in(past: Past, row: int | None, flow: str) -> str:
    """The release of `flow` that acted in that row; "" where none did."""
    calls = past.rows[row].calls if row is not None else ()
    return next((each.release for each in calls if past.releases[each.release].root == flow), "")


def past_release(past: Past, wanted: str) -> str:
    """The release that is asked for, else that of the last call."""
    used = [call.release for row in past.rows for call in row.calls]
    if wanted in past.releases:
        return wanted
    if not used:
        raise Problem(_("Nenhum fluxo rodou nesta conversa."), status=404)
    return used[-1]


async def version_of(transaction: Transaction, release: str, key: str) -> int | None:
    found = await releases.release(transaction, release)
    return found.members.get(key) if found else None


def others(past: Past, current: str, key: str) -> tuple[Other, ...]:
    """What else of the conversation may be drawn: each flow that acted, by its release."""
    seen: dict[tuple[str, str], str] = {}
    for row in past.rows:
        for call in row.calls:
            flows: dict[str, Flow] = past.flows[call.release]
            # A flow that was called and came back in one turn is in no state.
            called = [event.flow for event in call.trail if isinstance(event, Called)]
            stood = [frame.flow for frame in call.state.frames]
            for name in (past.releases[call.release].root, *stood, *called):
                seen.setdefault((call.release, name), flows[name].name)
    return tuple(
        Other(release, flow, name, (release, flow) == (current, key))
        for (release, flow), name in seen.items()
    )


def beginning(story: Story, effect: str, row: int | None, node: str) -> int:
    """The moment that is shown first: what the effect said, else the row's own at `node`."""
    bubble = next(
        (each for each in story.items if isinstance(each, Bubble) and each.effect == effect), None
    )
    if bubble is not None and effect:
        return bubble.moment
    own = [at for at, each in enumerate(story.moments) if each.row == row]
    there = [at for at in own if story.moments[at].node == node]
    return next(iter([*there, *own]), len(story.moments) - 1)


def marks(request: AnyRequest, past: Past, story: Story, at: int) -> str:
    """The story as the canvas plays it, from that moment on."""
    told = {
        "chat": render_part(request, "editor/_preview_chat.html", items=story.items),
        "foot": "",
        "moments": [_moment(each) for each in story.moments],
        "values": story.values,
        "rows": list(range(1, len(past.rows) + 1)),
        "problem": "",
        "stands": {"clock": "", "due": "", "due_words": "", "words": ""},
    }
    return msgspec.json.encode({"story": told, "at": at}).decode()


def _moment(moment: Moment) -> tuple[str, str, int, int, str, int]:
    return (moment.node, moment.via, moment.shown, moment.row, moment.words, moment.run)
