"""Which published flow takes a message: the triggers of one channel, indexed.

Building is done when something is published; looking up touches only triggers that share a word
with the message, so it stays as fast with 10,000 flows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flowengine.given import Cause
from flowengine.messages import Inbound
from flowengine.nodes.trigger import (
    OnButton,
    OnEvent,
    OnFieldChanged,
    OnKeyword,
    OnLink,
    OnReferral,
    OnTagAdded,
)
from flowengine.patterns import Pattern, compile_pattern
from flowengine.run import CompiledTrigger, Release
from flowengine.text import fold, has_phrase, words

RANK = {
    "button": 0,
    "link": 1,
    "exact": 2,
    "phrase": 3,
    "all_words": 4,
    "any_word": 5,
    "pattern": 6,
    "referral": 7,
    "new_contact": 8,
    "message": 9,
    "fallback": 10,
}
"""Where priorities are equal, the narrower trigger wins; then the flow's key, the node's id."""

Accept = Callable[[Release, CompiledTrigger, Cause], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """A trigger and the release that it starts; `match` gives the cause, or None."""

    release: Release
    trigger: CompiledTrigger
    match: Callable[[Inbound, list[str], str], Cause | None]

    @property
    def order(self) -> tuple[int, int, str, str]:
        trigger = self.trigger
        rank = RANK.get(trigger.match or trigger.kind, 99)
        return (-trigger.priority, rank, trigger.flow, trigger.node)


@dataclass(frozen=True, slots=True)
class Found:
    """The trigger that takes it, the release to start, and why."""

    release: Release
    trigger: CompiledTrigger
    cause: Cause


@dataclass(frozen=True, slots=True)
class Catalog:
    """The published flows of one channel. `releases` by the key of their root flow."""

    releases: Mapping[str, Release] = field(default_factory=dict[str, Release])
    by_word: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict[str, tuple[Entry, ...]])
    everywhere: tuple[Entry, ...] = ()
    by_kind: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict[str, tuple[Entry, ...]])

    def release(self, flow: str) -> Release | None:
        """The published release of a flow."""
        return self.releases.get(flow)

    def find(self, message: Inbound, first: bool, accept: Accept) -> Found | None:
        """The first trigger, in order, that takes a message and that `accept` lets through."""
        for entry, cause in self._matching(message, first):
            if accept(entry.release, entry.trigger, cause):
                return Found(entry.release, entry.trigger, cause)
        return None

    def on_event(self, kind: str, name: str, data: object, accept: Accept) -> Iterable[Found]:
        """Every trigger of `kind` (event, conversation_closed, tag_added …) that means `name`."""
        for entry in self.by_kind.get(kind, ()):
            cause = Cause(kind, entry.trigger.node, event=data)
            if _means(entry.trigger, name) and accept(entry.release, entry.trigger, cause):
                yield Found(entry.release, entry.trigger, cause)

    def _matching(self, message: Inbound, first: bool) -> list[tuple[Entry, Cause]]:
        text, said = fold(message.text), words(message.text)
        entries = [*self.everywhere]
        for word in {*said, text}:
            entries.extend(self.by_word.get(word, ()))
        kinds = ["message", "fallback", *(["new_contact"] if first else [])]
        entries.extend(entry for kind in kinds for entry in self.by_kind.get(kind, ()))
        found = [(e, cause) for e in entries if (cause := e.match(message, said, text))]
        unique = {
            (entry.trigger.flow, entry.trigger.node): (entry, cause) for entry, cause in found
        }
        return sorted(unique.values(), key=lambda each: each[0].order)


def build_catalog(releases: Iterable[Release]) -> Catalog:
    """The catalog of these releases; only the triggers of their root flows start them."""
    listed = sorted(releases, key=lambda release: release.root)
    by_word: dict[str, list[Entry]] = {}
    by_kind: dict[str, list[Entry]] = {}
    everywhere: list[Entry] = []
    for release in listed:
        for trigger in release.flow.triggers:
            entry, keys = _entry(release, trigger)
            for key in keys:
                by_word.setdefault(key, []).append(entry)
            if not keys and trigger.kind in ("keyword", "referral", "button", "link"):
                everywhere.append(entry)
            elif not keys:
                by_kind.setdefault(trigger.kind, []).append(entry)
    return Catalog(
        {release.root: release for release in listed},
        {word: tuple(entries) for word, entries in by_word.items()},
        tuple(everywhere),
        {kind: tuple(entries) for kind, entries in by_kind.items()},
    )


def trigger_cause(trigger: CompiledTrigger, message: Inbound) -> Cause | None:
    """Why a trigger takes a message, or None: for interrupts, which no catalog lists."""
    _, match = _matcher(trigger)
    return match(message, words(message.text), fold(message.text))


def _entry(release: Release, trigger: CompiledTrigger) -> tuple[Entry, frozenset[str]]:
    keys, match = _matcher(trigger)
    return Entry(release, trigger, match), keys


Match = Callable[[Inbound, list[str], str], Cause | None]


def _matcher(trigger: CompiledTrigger) -> tuple[frozenset[str], Match]:
    """`(words that it is found by, how it matches)`."""
    on = trigger.on
    match on:
        case OnKeyword():
            return _keyword(trigger, on.words)
        case OnLink():
            return _keyword(trigger, (on.text,))
        case OnButton():
            return frozenset(), _button(trigger, on.payload)
        case OnReferral():
            return frozenset(), _referral(trigger, on.source_id)
        case _:
            cause = Cause(trigger.kind, trigger.node)
            return frozenset(), lambda _message, _said, _text: cause


def _keyword(trigger: CompiledTrigger, listed: tuple[str, ...]) -> tuple[frozenset[str], Match]:
    kind, node = trigger.kind, trigger.node
    if trigger.match == "pattern":
        return frozenset(), _pattern(trigger, [compile_pattern(word) for word in listed])
    if trigger.match == "exact":
        whole = {fold(word): word for word in listed}

        def exact(_message: Inbound, _said: list[str], text: str) -> Cause | None:
            return Cause(kind, node, whole[text]) if text in whole else None

        return frozenset(whole), exact
    split = [(word, words(word)) for word in listed if words(word)]
    together = trigger.match == "all_words"

    def any_word(_message: Inbound, said: list[str], _text: str) -> Cause | None:
        for word, parts in split:
            if set(parts) <= set(said) if together else has_phrase(said, parts):
                return Cause(kind, node, word)
        return None

    return frozenset(parts[0] for _, parts in split), any_word


def _pattern(trigger: CompiledTrigger, patterns: list[Pattern]) -> Match:
    def match(message: Inbound, _said: list[str], _text: str) -> Cause | None:
        for pattern in patterns:
            groups = pattern.search(message.text)
            if groups is not None:
                return Cause(trigger.kind, trigger.node, groups.get("0", ""), groups)
        return None

    return match


def _button(trigger: CompiledTrigger, payload: str) -> Match:
    def match(message: Inbound, _said: list[str], text: str) -> Cause | None:
        tap = message.choice
        if tap and (tap.payload == payload or fold(tap.title) == fold(payload)):
            return Cause("button", trigger.node, tap.title)
        return None

    return match


def _referral(trigger: CompiledTrigger, sources: tuple[str, ...]) -> Match:
    def match(message: Inbound, _said: list[str], _text: str) -> Cause | None:
        referral = message.referral
        if referral and (not sources or referral.get("source_id") in sources):
            return Cause("referral", trigger.node, referral=referral)
        return None

    return match


def _means(trigger: CompiledTrigger, name: str) -> bool:
    match trigger.on:
        case OnEvent():
            return trigger.on.name == name
        case OnTagAdded():
            return trigger.on.tag == name
        case OnFieldChanged():
            return trigger.on.field == name
        case _:
            return True
