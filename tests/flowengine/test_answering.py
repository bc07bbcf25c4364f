"""Who answers what, for people: the same order as routing's, conflicts told from both sides."""

from typing import Any

import msgspec
import pytest

from flowengine.answering import Answer, answers, who_takes
from flowengine.document import parse
from flowengine.flow import Flow


def flow(key: str, *triggers: dict[str, Any]) -> Flow:
    nodes = [{"id": f"t{n}", "type": "trigger", **each} for n, each in enumerate(triggers)]
    document = {"format": "flowengine/1", "key": key, "name": key, "nodes": nodes, "edges": []}
    return parse(msgspec.json.encode(document))


def word(*words: str, **more: Any) -> dict[str, Any]:
    match = {"match": more.pop("match")} if "match" in more else {}
    return {"on": {"kind": "keyword", "words": words, **match}, **more}


def names(found: tuple[Answer, ...]) -> list[str]:
    return [f"{each.flow}/{each.node}" for each in found]


def test_the_order_is_routings() -> None:
    listed = answers(
        [
            flow("b", {"on": {"kind": "fallback"}}, word("oi")),
            flow("a", word("oi", match="exact"), word("preço", priority=5)),
            flow("c", word("oi", match="phrase")),
        ]
    )
    assert names(listed) == ["a/t1", "a/t0", "c/t0", "b/t1", "b/t0"]


def test_two_that_want_the_same_word_know_of_each_other() -> None:
    first, second = answers([flow("a", word("oi", "olá")), flow("b", word("Óla", "tchau"))])
    (mine,), (theirs,) = first.rivals, second.rivals
    assert (mine.what, mine.flow, mine.first) == ("ola", "b", False)
    assert (theirs.what, theirs.flow, theirs.first) == ("ola", "a", True)


def test_channels_apart_are_no_conflict() -> None:
    listed = answers(
        [flow("a", word("oi", channels=["cloud"])), flow("b", word("oi", channels=["simulator"]))]
    )
    assert [each.rivals for each in listed] == [(), ()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Oi!", ["a/t0", "b/t0"]),
        ("bom dia, oi tudo bem", ["a/t0", "b/t0"]),
        ("quero o preço", ["a/t1", "b/t0"]),
        ("nada disso", ["b/t0"]),
    ],
)
def test_who_would_take_a_message(text: str, found: list[str]) -> None:
    listed = answers(
        [
            flow("a", word("oi"), word("pre[cç]o", match="pattern")),
            flow("b", {"on": {"kind": "fallback"}}, {"on": {"kind": "event", "name": "oi"}}),
        ]
    )
    assert names(who_takes(listed, text)) == found


def test_a_channel_narrows_it() -> None:
    listed = answers([flow("a", word("oi", channels=["cloud"])), flow("b", word("oi"))])
    assert names(who_takes(listed, "oi", "simulator")) == ["b/t0"]


def test_a_pattern_that_is_none_takes_nothing() -> None:
    assert who_takes(answers([flow("a", word("(", match="pattern"))]), "(") == ()
