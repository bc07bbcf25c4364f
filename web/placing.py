"""What becomes of each flow that a file brings: in the draft's place, as another flow, or left out.

Flows of one import that call each other still do afterwards: where the one that is called came in
under another key, the others that were brought call it by that.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from flowengine.flow import Flow
from flowengine.nodes import AiReply, Cancel, FlowCall, Node, Start
from flowengine.store.flows import FlowRow
from web.bundle import Along, BundledTalk, talk_of
from web.editor.beginning import PAGES, free_key
from web.forms import Form

Choice: TypeAlias = Literal["", "replace", "copy", "new"]
"""The draft is replaced, the file comes in as another flow, only what is new comes in; "": not
said."""


class Placed(Struct, frozen=True):
    """What is saved, and what goes along with it."""

    flows: tuple[Flow, ...]
    along: Along


def choices(form: Form, there: Sequence[FlowRow]) -> dict[str, Choice]:
    """By flow that is here: its own choice (`over.KEY`), else the one for all (`over`)."""
    return {row.key: chosen(form, f"over.{row.key}") or chosen(form, "over") for row in there}


def chosen(form: Form, name: str) -> Choice:
    match form.raw(name, ""):
        case "replace" | "copy" | "new" as said:
            return said
        case _:
            return ""


def place(
    found: Sequence[Flow], along: Along, said: Mapping[str, Choice], taken: Mapping[str, FlowRow]
) -> Placed:
    """What is saved of the flows that were brought; those that nothing is `said` of come as they
    are. Talks and folders of a copy are the copy's."""
    busy = {*taken, *(flow.key for flow in found)}
    keys: dict[str, str] = {}
    for flow in found:
        # A page of ours has the address of such a flow: nobody could open it.
        if said.get(flow.key) == "copy" or flow.key in PAGES:
            keys[flow.key] = free_key(flow.key, busy)
            busy.add(keys[flow.key])
    kept = [flow for flow in found if said.get(flow.key) != "new"]
    return Placed(tuple(calling(copied(flow, keys), keys) for flow in kept), moved(along, keys))


def copied(flow: Flow, keys: Mapping[str, str]) -> Flow:
    """The flow under its other key, if it has one: "pedido-2", "Pedido (2)"."""
    key = keys.get(flow.key)
    if key is None:
        return flow
    return replace(flow, key=key, name=f"{flow.name[:70]} ({key.rpartition('-')[2]})")


def calling(flow: Flow, keys: Mapping[str, str]) -> Flow:
    """The flow, calling those that came in under another key by that."""
    if not keys:
        return flow
    return replace(flow, nodes=tuple(aimed(node, keys) for node in flow.nodes))


def aimed(node: Node, keys: Mapping[str, str]) -> Node:
    match node:
        case FlowCall() | Start() | Cancel() if (called := node.flow) and called in keys:
            return replace(node, flow=keys[called])
        case AiReply(tools=tools) if any(tool.flow in keys for tool in tools):
            again = (keys.get(tool.flow or "", tool.flow) for tool in tools)
            aimed = zip(tools, again, strict=True)
            return replace(node, tools=tuple(replace(tool, flow=key) for tool, key in aimed))
        case _:
            return node


def moved(along: Along, keys: Mapping[str, str]) -> Along:
    """Talks, folders and what was published under the keys that their flows have here."""
    if not keys:
        return along
    talks = (
        BundledTalk(keys.get(talk.flow, talk.flow), talk.name, talk_of(talk.document, keys))
        for talk in along.talks
    )
    folders = {keys.get(key, key): folder for key, folder in along.folders.items()}
    published = (calling(copied(flow, keys), keys) for flow in along.published)
    return replace(along, talks=tuple(talks), folders=folders, published=tuple(published))
