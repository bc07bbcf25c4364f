"""How each kind of trigger takes a message, worked out once when its flow is compiled."""

from collections.abc import Sequence

from flowengine.compiled import Matcher, Takes
from flowengine.given import Cause
from flowengine.messages import Inbound
from flowengine.nodes.trigger import OnButton, OnKeyword, OnLink, OnReferral, Trigger
from flowengine.patterns import compile_pattern
from flowengine.text import fold, has_phrase, words


def match_kind(node: Trigger) -> str:
    """How a trigger compares words: a keyword of an interrupt must be the whole message.
    Cost: under 1 µs.
    """
    match node.on:
        case OnKeyword():
            return node.on.match or ("exact" if node.interrupts else "any_word")
        case OnLink() | OnButton():
            return "exact"
        case _:
            return ""


def matcher(node: Trigger) -> Matcher:
    """How a trigger takes a message; raises `ExpressionError` for a pattern that is none. Cost: a
    few µs a word, a pattern ~50 µs: done once, when the flow is compiled.
    """
    kind = str(node.on.__struct_config__.tag)
    match node.on:
        case OnKeyword():
            return _words(kind, node.id, match_kind(node), node.on.words)
        case OnLink():
            return _words(kind, node.id, "exact", (node.on.text,))
        case OnButton():
            return Matcher(frozenset(), _button(node.id, node.on.payload))
        case OnReferral():
            return Matcher(frozenset(), _referral(node.id, node.on.source_id))
        case _:
            cause = Cause(kind, node.id)
            return Matcher(frozenset(), lambda _message, _said, _text: cause)


def _words(kind: str, node: str, how: str, listed: tuple[str, ...]) -> Matcher:
    if how == "pattern":
        return Matcher(frozenset(), _pattern(kind, node, listed))
    if how == "exact":
        whole = {fold(word): Cause(kind, node, word) for word in listed}
        return Matcher(frozenset(whole), lambda _message, _said, text: whole.get(text))
    split = [(words(word), Cause(kind, node, word)) for word in listed if words(word)]
    takes = _all_words(split) if how == "all_words" else _phrase(split)
    return Matcher(frozenset(parts[0] for parts, _ in split), takes)


def _all_words(split: list[tuple[list[str], Cause]]) -> Takes:
    sets = [(frozenset(parts), cause) for parts, cause in split]

    def takes(_message: Inbound, said: Sequence[str], _text: str) -> Cause | None:
        return next((cause for parts, cause in sets if parts.issubset(said)), None)

    return takes


def _phrase(split: list[tuple[list[str], Cause]]) -> Takes:
    def takes(_message: Inbound, said: Sequence[str], _text: str) -> Cause | None:
        for parts, cause in split:
            if parts[0] in said and (len(parts) == 1 or has_phrase(said, parts)):
                return cause
        return None

    return takes


def _pattern(kind: str, node: str, listed: tuple[str, ...]) -> Takes:
    patterns = [compile_pattern(word) for word in listed]

    def takes(message: Inbound, _said: Sequence[str], _text: str) -> Cause | None:
        for pattern in patterns:
            groups = pattern.search(message.text)
            if groups is not None:
                return Cause(kind, node, groups.get("0", ""), groups)
        return None

    return takes


def _button(node: str, payload: str) -> Takes:
    def takes(message: Inbound, _said: Sequence[str], _text: str) -> Cause | None:
        tap = message.choice
        if tap and (tap.payload == payload or fold(tap.title) == fold(payload)):
            return Cause("button", node, tap.title)
        return None

    return takes


def _referral(node: str, sources: tuple[str, ...]) -> Takes:
    def takes(message: Inbound, _said: Sequence[str], _text: str) -> Cause | None:
        referral = message.referral
        if referral and (not sources or referral.get("source_id") in sources):
            return Cause("referral", node, referral=referral)
        return None

    return takes
