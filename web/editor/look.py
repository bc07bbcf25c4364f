"""The canvas for looking only: what changed between two versions, marked on cards and lines."""

from typing import Any

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from flowengine.apart import apart
from flowengine.diff import Change, Difference, describe, diff
from flowengine.document import parse
from flowengine.flow import Edge, Flow
from flowengine.store import flows
from flowengine.store.database import Transaction
from web.editor.board import Board, line_id, make_board, places
from web.editor.suite import exit_words, title_of
from web.editor.told.naming import plain
from web.named import names_of
from web.publishing import read_flow
from web.render import render
from web.request import AnyRequest, texts, workspace
from web.texts import Texts, _

LONGEST = 90
"""Characters of a changed text that a line shows."""

SAID = ("text", "caption", "title", "footer", "instructions", "briefing")
"""Fields whose change is told in their own words."""


class Changed(Struct, frozen=True):
    """A line of the text beside the canvas; `node` leads to its card.

    `was` and `now`: the first of its texts that says something else, around where they part.
    """

    words: str
    node: str
    how: str
    was: str = ""
    now: str = ""


class LookPage(Struct, frozen=True):
    """`mode`: which panel stands beside the canvas. `marks`: JSON for it."""

    key: str
    name: str
    mode: str
    title: str
    back: str
    board: Board
    marks: str
    panel: Any


class ChangesPanel(Struct, frozen=True):
    headline: str
    changes: tuple[Changed, ...]


class Look(Controller):
    """GET /flows/KEY/changes."""

    path = "/flows/{key:str}"
    include_in_schema = False

    @get("/changes")
    async def changes(
        self,
        request: AnyRequest,
        key: FromPath[str],
        old: FromQuery[int] = 0,
        new: FromQuery[int] = 0,
    ) -> Response[object]:
        """From one version to another; left out, the published one and the draft."""
        t = texts(request)
        async with workspace(request) as transaction:
            draft = read_flow((await flows.draft(transaction, key)).document)
            rows = await flows.flows(transaction)
            live = next(row for row in rows if row.key == key).version
            before = await version_or(transaction, key, old or live or 0, draft)
            after = await version_or(transaction, key, new, draft)
            names = await names_of(transaction)
        found = diff(before, after)
        merged = with_removed(after, before)
        t_new = t("Versão {n}", n=new) if new else t("Rascunho")
        page = LookPage(
            key,
            after.name,
            "changes",
            t("{old} → {new}", old=t("Versão {n}", n=old or live or 0), new=t_new),
            f"/flows/{key}/versions",
            make_board(merged, t, places(merged, t), names=names),
            msgspec.json.encode(marks_of(found, after, before)).decode(),
            ChangesPanel(next(iter(describe(found, t.language)), ""), changes_of(found, merged, t)),
        )
        return render(request, "editor/look.html", page)


async def version_or(transaction: Transaction, key: str, number: int, draft: Flow) -> Flow:
    return parse((await flows.version(transaction, key, number)).document) if number else draft


def with_removed(new: Flow, old: Flow) -> Flow:
    """The new flow with the cards and lines of the old one that are gone, at their old places."""
    there = {node.id for node in new.nodes}
    gone = tuple(node for node in old.nodes if node.id not in there)
    known = there | {node.id for node in gone}
    exits = {(edge.from_, edge.exit) for edge in new.edges}
    lines = tuple(
        edge
        for edge in old.edges
        if (edge.from_, edge.exit) not in exits and edge.from_ in known and edge.to in known
    )
    at = {node.id: old.view.nodes[node.id] for node in gone if node.id in old.view.nodes}
    view = msgspec.structs.replace(new.view, nodes={**at, **new.view.nodes})
    return msgspec.structs.replace(
        new, nodes=(*new.nodes, *gone), edges=(*new.edges, *lines), view=view
    )


def marks_of(found: Difference, new: Flow, old: Flow) -> dict[str, dict[str, str]]:
    """How each card and line differs: added, changed or removed."""
    nodes = {
        change.id: "changed" if change.how == "renamed" else change.how
        for change in found.changes
        if change.what in ("node", "trigger")
    }
    before = {line_id(edge.from_, edge.exit): edge for edge in old.edges}
    after = {line_id(edge.from_, edge.exit): edge for edge in new.edges}
    lines = {id: _line(before.get(id), after.get(id)) for id in {*before, *after}}
    return {"nodes": nodes, "lines": {id: how for id, how in lines.items() if how}}


def _line(old: Edge | None, new: Edge | None) -> str:
    if old is None or new is None:
        return "added" if old is None else "removed"
    return "changed" if old.to != new.to else ""


HOWS = {
    "added": _("Novo"),
    "removed": _("Apagado"),
    "changed": _("Mudou"),
    "renamed": _("Outro nome"),
}
WHATS = {
    "flow": _("o fluxo"),
    "setting": _("ajuste"),
    "variable": _("variável"),
    "input": _("entrada"),
    "output": _("saída"),
    "translation": _("tradução"),
}


def changes_of(found: Difference, flow: Flow, t: Texts) -> tuple[Changed, ...]:
    """The changes in words; lines of a card that came or went are left to the canvas."""
    own = {
        change.id
        for change in found.changes
        if change.what in ("node", "trigger") and change.how in ("added", "removed")
    }
    shown: list[Changed] = []
    for change in found.changes:
        how = t(HOWS[change.how])
        if change.what in ("node", "trigger"):
            named = f"{how}: {title_of(flow, change.id, t)}"
            shown.append(Changed(named, change.id, change.how, *said_of(change, t)))
        elif change.what == "edge":
            if change.id not in own:
                words = edge_words(change, flow, t)
                shown.append(Changed(f"{how}: {words}", change.id, change.how))
        else:
            what = t(WHATS.get(change.what, change.what))
            shown.append(Changed(f"{how}: {what} {change.id}", "", change.how))
    return tuple(shown)


def said_of(change: Change, t: Texts) -> tuple[str, str]:
    """What a step said and says now, shortly; nothing where no text of it changed."""
    for field in change.fields:
        if field.how == "changed" and field.path.rpartition("/")[2] in SAID:
            return apart(plain(str(field.old), t), plain(str(field.new), t), LONGEST)
    return "", ""


def edge_words(change: Change, flow: Flow, t: Texts) -> str:
    """A line by its step and exit, and where it leads now."""
    title, exit = title_of(flow, change.id, t), exit_words(flow, change.id, change.exit, t)
    to = change.fields[0].new if change.fields else None
    if change.how == "removed" or not isinstance(to, str):
        return t("«{title}», saída «{exit}»", title=title, exit=exit)
    ends = title_of(flow, to, t)
    return t("«{title}», saída «{exit}» → «{to}»", title=title, exit=exit, to=ends)
