"""A/B tests: the best way against each of the others, by name, and how sure that is."""

from collections.abc import Mapping

import msgspec
import pytest

from flowengine.document import parse
from flowengine.flow import Flow
from flowengine.store.flow_counts import Sum
from web.editor import contest_words, contests
from web.editor.counting import numbers_of
from web.texts import TEXTS

Ways = Mapping[str, tuple[int, int]]


def drawn(*ways: str) -> Flow:
    return parse(msgspec.json.encode({
        "format": "flowengine/1", "key": "ab", "name": "Teste",
        "nodes": [
            {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}},
            {"id": "ab", "type": "split", "variants": [{"id": way} for way in ways]},
            {"id": "fim", "type": "end", "outcome": "vendeu"},
        ],
        "edges": [{"from": "oi", "to": "ab"},
                  *({"from": "ab", "exit": f"variant:{way}", "to": "fim"} for way in ways)],
    }))  # fmt: skip


def contest(ways: Ways, goal: str = "") -> contests.Test:
    """`ways`: of each how many came to the goal, of how many that ended."""
    sums = [Sum("out", "ab", f"variant:{way}", total) for way, (_hits, total) in ways.items()]
    for way, (hits, total) in ways.items():
        sums.append(Sum("ab", "ab", f"variant:{way}\t1\tvendeu", hits))
        sums.append(Sum("ab", "ab", f"variant:{way}\t{int(bool(goal))}\tsaiu", total - hits))
    (test,) = numbers_of(drawn(*ways), sums, goal).tests
    return test


def said(ways: Ways, language: str = "pt-BR") -> list[str]:
    (shown,) = contest_words.tests_shown(drawn(*ways), [contest(ways)], TEXTS[language])
    return [words for words, _kind in shown.verdicts]


def test_two_ways_are_compared_as_one_pair() -> None:
    test = contest({"a": (80, 100), "b": (20, 100)}, "vendeu")
    assert [(each.share.hits, each.share.total) for each in test.variants] == [(80, 100), (20, 100)]
    (versus,) = test.versus
    assert (versus.best, versus.other, versus.verdict, test.clear) == ("a", "b", "clear", True)
    assert versus.gap == pytest.approx((0.6, 0.4112, 0.7653), abs=5e-5)
    assert not contest({"a": (20, 100), "b": (21, 100)}).clear


def test_the_best_of_three_is_named_against_each_of_the_others() -> None:
    """The one in the middle too, which was compared with nothing."""
    test = contest({"a": (100, 1000), "b": (900, 1000), "c": (100, 1000)})
    found = [(each.best, each.other, each.verdict) for each in test.versus]
    assert found == [("b", "a", "clear"), ("b", "c", "clear")]
    assert said({"a": (100, 1000), "b": (900, 1000), "c": (100, 1000)}) == [
        "«b» está 80 pontos à frente de «a» (de +75 a +85): não é acaso.",
        "«b» está 80 pontos à frente de «c» (de +75 a +85): não é acaso.",
    ]


def test_with_three_ways_more_is_asked_of_each() -> None:
    two = contest({"a": (30, 100), "b": (54, 100)})
    three = contest({"a": (30, 100), "b": (54, 100), "c": (53, 100)})
    assert [each.verdict for each in two.versus] == ["clear"]
    assert [each.verdict for each in three.versus] == ["chance", "chance"]
    for each in three.versus:
        assert each.gap[1] <= 0 <= each.gap[2], "what is shown agrees with what is said"
    wider, narrower = three.versus[0].gap, two.versus[0].gap
    assert wider[1] < narrower[1] < narrower[2] < wider[2]


def test_it_says_when_it_is_too_early() -> None:
    assert said({"a": (4, 9), "b": (6, 11)}) == [
        "Ainda é cedo para comparar «b» e «a»: por «a» só 9 conversas chegaram ao fim."
    ]
    assert said({"a": (0, 0), "b": (6, 11)}) == [
        "Ainda é cedo para comparar «b» e «a»: por «a» nenhuma conversa chegou ao fim."
    ]
    assert [each.verdict for each in contest({"a": (0, 0), "b": (0, 0)}).versus] == ["early"]


def test_few_conversations_say_nothing_however_far_apart_they_are() -> None:
    (versus,) = contest({"a": (0, 29), "b": (400, 400)}).versus
    assert (versus.verdict, versus.few, versus.ended) == ("early", "a", 29)


def test_one_lucky_conversation_is_not_the_best_way() -> None:
    test = contest({"a": (100, 1000), "b": (300, 1000), "c": (1, 1)})
    found = [(each.best, each.other, each.verdict) for each in test.versus]
    assert found == [("b", "a", "clear"), ("b", "c", "early")]


def test_who_is_even_is_not_ahead_and_each_language_says_it() -> None:
    even = {"a": (500, 1000), "b": (500, 1000)}
    assert said(even) == ["«a» e «b» estão empatados (de −6,9 a +6,9 pontos): pode ser acaso."]
    assert said(even, "en") == [
        "«a» and «b» are even (from −6.9 to +6.9 points): it may be chance."
    ]
    close = {"a": (500, 1000), "b": (520, 1000)}
    assert said(close, "es") == [
        "«b» está 2,0 puntos por delante de «a» (de −4,9 a +8,9): todavía puede ser azar."
    ]
