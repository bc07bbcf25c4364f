"""Flows and releases ready to run: what `flowengine.release` makes of documents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from flowengine.conditions import Condition
from flowengine.declarations import Settings, Type
from flowengine.given import Cause
from flowengine.languages import nearest_language
from flowengine.messages import Inbound
from flowengine.step import Step

Takes = Callable[[Inbound, Sequence[str], str], Cause | None]
"""Whether a message is meant, and why: told the message, its folded words, its folded text."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """How a trigger takes a message. `words`: one of them is in every message that it takes; empty
    where that cannot be said."""

    words: frozenset[str]
    takes: Takes


@dataclass(frozen=True, slots=True)
class CompiledTrigger:
    """A trigger as routing reads it; `to` is the node after it (empty: none).

    `matcher`: how it takes a message, and the words that an index finds it by.
    """

    flow: str
    node: str
    kind: str
    to: str
    on: Any
    match: str
    when: Condition | None
    channels: tuple[str, ...]
    priority: int
    cooldown: float
    busy: str
    scope: str
    then: str
    matcher: Matcher = field(compare=False)


@dataclass(frozen=True, slots=True)
class CompiledFlow:
    """A flow ready to run. `edges` leads an exit to a node, fall-backs resolved. `temporal`: the
    variables that are stored as ISO 8601 text and read as dates, times and durations.
    `interrupts`: the triggers that act while the flow runs, in the order they are asked.
    `localized`: by language, all of its nodes. Cost: a look-up, under 1 µs each.
    """

    key: str
    language: str
    zone: ZoneInfo
    start: str
    settings: Settings
    expires: float
    late_after: float
    steps: Mapping[str, Step]
    localized: Mapping[str, Mapping[str, Step]]
    edges: Mapping[tuple[str, str], str]
    types: Mapping[str, Type]
    temporal: tuple[tuple[str, Type], ...]
    defaults: Mapping[str, Any]
    inputs: Mapping[str, bool]
    outputs: tuple[str, ...]
    triggers: tuple[CompiledTrigger, ...]
    interrupts: tuple[CompiledTrigger, ...]
    speaks_only: frozenset[str]
    reads: frozenset[str]

    def language_for(self, wanted: str) -> str:
        """In which of its languages it speaks to somebody who wants `wanted`."""
        if not self.localized or not wanted or wanted == self.language:
            return self.language
        if wanted in self.localized:
            return wanted
        return nearest_language(wanted, self.language, self.localized)

    def step(self, node: str, wanted: str) -> Step:
        """The compiled node, in the language `wanted` where the flow has it."""
        return self.spoken(self.language_for(wanted))[node] if self.localized else self.steps[node]

    def spoken(self, language: str) -> Mapping[str, Step]:
        """The compiled nodes as they speak one of its languages."""
        return self.localized.get(language, self.steps)


@dataclass(frozen=True, slots=True)
class Release:
    """A published flow with the versions of the sub-flows it calls; `hash` names it for ever."""

    hash: str
    root: str
    flows: Mapping[str, CompiledFlow]
    members: Mapping[str, str] = field(default_factory=dict[str, str])
    version: int = 0
    reads: frozenset[str] = frozenset()

    @property
    def flow(self) -> CompiledFlow:
        """The root flow."""
        return self.flows[self.root]
