"""Short flows for tests, and what they say: the engine through its simulation, nothing faked."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from flowengine.document import parse
from flowengine.given import Contact
from flowengine.messages import Effect, Send
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.simulation import HttpOutcome, ModelOutcome, Simulation
from flowengine.workspace import Workspace

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""A Monday, noon in São Paulo."""

OI = {
    "id": "oi",
    "type": "trigger",
    "on": {"kind": "keyword", "words": ["oi"], "match": "exact"},
}


def text(node: str, body: str, **more: Any) -> dict[str, Any]:
    """A message node that says one text."""
    return {"id": node, "type": "message", "contents": [{"kind": "text", "text": body}], **more}


def ask(node: str, body: str, expect: str = "text", **more: Any) -> dict[str, Any]:
    """An ask node with one text."""
    contents = [{"kind": "text", "text": body}]
    return {"id": node, "type": "ask", "contents": contents, "expect": {"kind": expect}, **more}


def menu(node: str, body: str, *choices: str, **more: Any) -> dict[str, Any]:
    """An ask node with buttons; a choice is "id" or "id=Title"."""
    pairs = [choice.partition("=") for choice in choices]
    buttons = [{"id": name, "title": title or name.title()} for name, _, title in pairs]
    contents = [{"kind": "buttons", "text": body, "buttons": buttons}]
    return {"id": node, "type": "ask", "contents": contents, "expect": {"kind": "choice"}, **more}


def edges(*lines: str) -> list[dict[str, str]]:
    """ "a > b" is the edge of `next`, "a:exit > b" of another exit."""
    found: list[dict[str, str]] = []
    for line in lines:
        start, _, to = line.partition(" > ")
        node, _, exit = start.partition(":")
        edge = {"from": node, "to": to}
        found.append({**edge, "exit": exit} if exit else edge)
    return found


def release(
    key: str,
    nodes: Sequence[Mapping[str, Any]],
    lines: Sequence[str],
    others: Sequence[Release] = (),
    documents: Mapping[str, Any] | None = None,
    **more: Any,
) -> Release:
    """A compiled release of a flow."""
    flow = parse(msgspec.json.encode(document(key, nodes, lines, **more)))
    called = {name: parse(msgspec.json.encode(doc)) for name, doc in (documents or {}).items()}
    return compile_release(flow, called)


def document(
    key: str, nodes: Sequence[Mapping[str, Any]], lines: Sequence[str], **more: Any
) -> dict[str, Any]:
    """A flow document as plain JSON."""
    return {
        "format": "flowengine/1",
        "key": key,
        "name": key,
        "nodes": list(nodes),
        "edges": edges(*lines),
        **more,
    }


class Play(Simulation):
    """A simulation that hands out what was said since it was last asked."""

    def __init__(
        self,
        *releases: Release,
        workspace: Workspace | None = None,
        http: Mapping[str, Sequence[HttpOutcome]] = {},
        model: Mapping[str, Sequence[ModelOutcome]] = {},
        contact: Contact | None = None,
        channel: str = "simulator",
    ) -> None:
        super().__init__(
            releases,
            workspace or Workspace(format="flowengine-workspace/1"),
            contact or Contact("ana", "Ana", "+5511999990001"),
            NOON,
            channel=channel,
            http=http,
            model=model,
        )
        self._heard = 0

    def heard(self) -> list[str]:
        """Texts that were sent since the last call."""
        new = self.sends[self._heard :]
        self._heard = len(self.sends)
        return [said(send) for send in new]

    def hears(self, words: str) -> list[str]:
        """What is answered to a text."""
        self.say(words)
        return self.heard()

    @property
    def variables(self) -> dict[str, Any]:
        assert self.last is not None
        return self.last.frames[0].variables

    @property
    def status(self) -> str:
        assert self.last is not None
        return self.last.status

    @property
    def effects(self) -> list[Effect]:
        """Everything that was wanted done, from the beginning."""
        return [effect for row in self.happened for _, effect in row.taken.effects]

    def trail(self) -> list[str]:
        """Kinds of trail events of the last row."""
        steps = self.happened[-1].taken.steps
        return [str(each.__struct_config__.tag) for step in steps for each in step.trail]


def said(send: Send) -> str:
    """The text of a send, or its kind."""
    return getattr(send.content, "text", "") or f"<{send.content.__struct_config__.tag}>"
