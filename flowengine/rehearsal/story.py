"""What of a turn is compared: its story, freed of ids and of nodes that leave no trace."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.messages import Effect, Send
from flowengine.rehearsal.findings import What
from flowengine.state import encode
from flowengine.trail import (
    Assigned,
    Ended,
    Ignored,
    Left,
    Paused,
    ProblemMet,
    Queued,
    Resumed,
    Standing,
    Trail,
)

_effects = msgspec.json.Decoder(tuple[Effect, ...], float_hook=Decimal)
_object = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_trail = msgspec.json.Decoder(tuple[Trail, ...], float_hook=Decimal)

Said = tuple[str, Any]
"""A node and what it wants done, as plain JSON."""


class Story(Struct, frozen=True):
    """One turn. Nodes go by the new release's names."""

    effects: tuple[Effect, ...]
    trail: tuple[Trail, ...]
    exits: tuple[tuple[str, str], ...]
    variables: dict[str, Any]
    sends: tuple[Said, ...]
    others: tuple[Said, ...]
    ignored: bool


class Difference(Struct, frozen=True):
    what: What
    node: str
    recorded: Any
    rehearsed: Any
    name: str = ""


def tell(effects: bytes, trail: bytes, renamed: Mapping[str, str]) -> Story:
    """The story of a turn's bytes. Raises `msgspec.DecodeError` where they cannot be read."""
    wanted = tuple(_renamed(effect, renamed) for effect in _effects.decode(effects))
    happened = tuple(_renamed(each, renamed) for each in _trail.decode(trail))
    assigned = [each for each in happened if isinstance(each, Assigned)]
    return Story(
        wanted,
        happened,
        tuple((each.node, each.exit) for each in happened if isinstance(each, Left)),
        {each.name: each.value for each in assigned},
        tuple((e.node, msgspec.to_builtins(e.content)) for e in wanted if isinstance(e, Send)),
        tuple((e.node, _bare(e)) for e in wanted if not isinstance(e, Send)),
        any(isinstance(each, Ignored) for each in happened),
    )


def _renamed(each: Any, renamed: Mapping[str, str]) -> Any:
    node = getattr(each, "node", "")
    return msgspec.structs.replace(each, node=renamed[node]) if node in renamed else each


def _bare(effect: Effect) -> dict[str, Any]:
    """An effect without what only tells it apart from others."""
    written = encode(effect).replace(f":{effect.id}:".encode(), b"::")
    fields = _object.decode(written)
    return {key: fields[key] for key in fields if key not in ("id", "node", "flow", "after")}


def differences(recorded: Story, ours: Story) -> Iterator[Difference]:
    """Everything that differs, causes first."""
    yield from _exits(recorded.exits, ours.exits)
    for name in dict.fromkeys([*recorded.variables, *ours.variables]):
        was, now = recorded.variables.get(name), ours.variables.get(name)
        if encode(was) != encode(now):
            node = _assigner(recorded, name) or _assigner(ours, name)
            yield Difference("variable", node, was, now, name)
    yield from _aligned("send", recorded.sends, ours.sends)
    yield from _aligned("effect", recorded.others, ours.others)


def _assigner(story: Story, name: str) -> str:
    nodes = [e.node for e in story.trail if isinstance(e, Assigned) and e.name == name]
    return nodes[-1] if nodes else ""


def _exits(
    recorded: Iterable[tuple[str, str]], ours: Iterable[tuple[str, str]]
) -> Iterator[Difference]:
    """Nodes that both left, by another exit. A node that only one has shows by what it does."""
    was, now = _by_node(recorded), _by_node(ours)
    for node, exits in was.items():
        pairs = zip(exits, now.get(node, ()), strict=False)
        different = next(((a, b) for a, b in pairs if a != b), None)
        if different:
            yield Difference("exit", node, *different)


def _by_node(exits: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node, exit in exits:
        found.setdefault(node, []).append(exit)
    return found


def _aligned(what: What, recorded: Sequence[Said], ours: Sequence[Said]) -> Iterator[Difference]:
    """One that is new or gone does not make all after it differ."""
    was, now = ([encode(said) for _, said in side] for side in (recorded, ours))
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        for at in range(max(a_end - a, b_end - b)):
            old = recorded[a + at] if a + at < a_end else None
            new = ours[b + at] if b + at < b_end else None
            node = (old or new or ("", None))[0]
            yield Difference(what, node, old and old[1], new and new[1])


class Place(Struct):
    """Where an execution stands and how it is, told by its trail alone."""

    node: str = ""
    waiting_for: str = ""
    status: str = "new"
    outcome: str = ""
    problem: str = ""

    def follow(self, trail: Iterable[Trail]) -> None:
        """What a turn did to it."""
        for each in trail:
            match each:
                case Standing():
                    self.node, self.waiting_for = each.node, each.waiting_for
                    self.status = "transferred" if each.waiting_for == "person" else "waiting"
                case Queued():
                    self.node, self.waiting_for, self.status = each.node, "", "queued"
                case Paused():
                    self.status = "suspended"
                case Resumed():
                    self.status = "waiting"
                case ProblemMet():
                    self.problem = each.reason
                case Ended():
                    self.status, self.outcome = each.status, each.outcome
                case _:
                    pass

    def ending(self) -> dict[str, str]:
        """Status, outcome and problem, where there are any."""
        told = {"status": self.status, "outcome": self.outcome, "problem": self.problem}
        return {key: value for key, value in told.items() if value}

    def standing(self) -> dict[str, str]:
        """The node and what it waits for."""
        return {"node": self.node, "waiting_for": self.waiting_for}


def compare_places(recorded: Place, ours: Place) -> Difference | None:
    """How they end or where they stand, if that differs; a problem's wording is none."""
    if (recorded.status, recorded.outcome) != (ours.status, ours.outcome):
        return Difference("status", recorded.node, recorded.ending(), ours.ending())
    if recorded.status in ("waiting", "queued", "transferred", "suspended") and (
        recorded.standing() != ours.standing()
    ):
        return Difference("place", recorded.node, recorded.standing(), ours.standing())
    return None
