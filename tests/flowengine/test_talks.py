"""Talks: how steps act, what `expect` looks at, and what fails one."""

from typing import Any

import msgspec
import pytest

from flowengine.errors import FlowError
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.talks import Failure, Played, parse_talk, play
from flowengine.workspace import EMPTY
from tests.flowengine.playing import OI, ask, document, menu, release, text

Json = dict[str, Any]

END = {"id": "fim", "type": "end", "outcome": "atendido"}
NODES = [
    OI,
    ask("nome", "Qual é o seu nome?", save_as="nome", timeout="PT2H"),
    menu("menu", "Prazer, {{ nome }}!", "vendas=Vendas", "suporte=Suporte"),
    text("vende", "Vamos lá."),
    {"id": "fila", "type": "transfer", "to": {"queue": "suporte"}, "briefing": "De {{ nome }}"},
    {"id": "avisa", "type": "notify", "name": "venda", "data": {"quem": "{{ nome }}"}},
    END,
]
LINES = [
    "oi > nome",
    "nome:reply > menu",
    "nome:timeout > fim",
    "menu:choice:vendas > vende",
    "menu:choice:suporte > fila",
    "vende > avisa",
    "avisa > fim",
    "fila:closed > fim",
]


def triage() -> Release:
    return release("triagem", NODES, LINES, variables=[{"name": "nome"}])


def talk(*steps: Json, flow: Release | None = None, **more: Any) -> Played:
    """Plays these steps with Ana."""
    raw = {"format": "flowengine-talk/1", "flow": "x", "contact": {"name": "Ana"}, **more}
    read = parse_talk(msgspec.json.encode({**raw, "steps": list(steps)}))
    return play(read, [flow or triage()], EMPTY)


def failure(*steps: Json, flow: Release | None = None, **more: Any) -> Failure:
    """How these steps fail."""
    found = talk(*steps, flow=flow, **more).failure
    assert found is not None, "the talk passed"
    return found


def differences(found: Failure) -> list[tuple[str, str, str]]:
    return [(each.what, each.expected, each.got) for each in found.differences]


GREETING: Json = {"expect": {"text": "Qual é o seu nome?"}}
HELLO: list[Json] = [{"say": "oi"}, GREETING]
MENU: list[Json] = [*HELLO, {"say": "Ana"}, {"expect": {"buttons": ["Vendas", "Suporte"]}}]


def test_a_talk_that_comes_true_passes() -> None:
    played = talk(
        *MENU,
        {"tap": "suporte"},
        {"expect": {"transfer": "suporte", "status": "transferred"}},
        {"human": {"close": "resolvido"}},
        {"expect": {"status": "completed", "outcome": "atendido", "variables": {"nome": "Ana"}}},
    )
    assert played == Played("", 8)


def test_a_tap_is_by_id_or_else_by_title() -> None:
    done = {"expect": {"text": "Vamos lá.", "outcome": "atendido"}}
    assert talk(*MENU, {"tap": "vendas"}, done).failure is None
    assert talk(*MENU, {"tap": "Vendas"}, done).failure is None
    assert "vendas (Vendas)" in failure(*MENU, {"tap": "compras"}).message


def test_text_is_exact_or_contains_or_matches() -> None:
    for good in ("Qual é o seu nome?", {"contains": "seu nome"}, {"matches": "^Qual.*\\?$"}):
        assert (
            failure({"say": "oi"}, {"expect": {"text": good}}, {"expect": {"text": "x"}}).step == 3
        )
    for bad in ("Qual", {"contains": "idade"}, {"matches": "^nome"}):
        found = failure({"say": "oi"}, {"expect": {"text": bad}})
        assert (found.step, differences(found)[0][2]) == (2, '"Qual é o seu nome?"')


def test_expect_takes_the_next_send_each_time() -> None:
    two = release(
        "x", [OI, text("a", "um"), text("b", "dois"), END], ["oi > a", "a > b", "b > fim"]
    )
    assert (
        talk({"say": "oi"}, *({"expect": {"text": t}} for t in ("um", "dois")), flow=two).failure
        is None
    )
    assert failure({"say": "oi"}, {"expect": {"text": "dois"}}, flow=two).step == 2


def test_a_send_left_over_before_the_next_act_fails_the_talk() -> None:
    found = failure({"say": "oi"}, {"say": "Ana"})
    assert (found.step, found.message) == (2, "a send was not expected")
    assert differences(found) == [("left over", "nothing more", 'text "Qual é o seu nome?"')]


def test_a_send_left_over_at_the_end_fails_the_talk() -> None:
    assert failure({"say": "oi"}).step == 0


def test_an_expectation_without_a_send_fails_and_says_where_it_stands() -> None:
    found = failure({"say": "bla"}, {"expect": {"text": "Oi"}})
    assert found.message == "nothing was sent"
    assert "no flow has begun" in differences(found)[0][2]


def test_none_means_that_nothing_is_left() -> None:
    assert (
        talk(
            *HELLO, {"expect": {"none": True}}, {"after": "PT1H"}, {"expect": {"none": True}}
        ).failure
        is None
    )
    assert failure({"say": "oi"}, {"expect": {"none": True}}).step == 2


def test_after_moves_the_clock_and_fires_what_is_due() -> None:
    waits = [*HELLO, {"after": "PT1H59M"}, {"expect": {"status": "waiting"}}]
    assert talk(*waits).failure is None
    assert talk(*waits, {"after": "PT1M"}, {"expect": {"status": "completed"}}).failure is None


def test_event_is_what_webhooks_were_told() -> None:
    said = [*MENU, {"tap": "vendas"}]
    told: Json = {"text": "Vamos lá.", "event": {"name": "venda", "data": {"quem": "Ana"}}}
    assert talk(*said, {"expect": told}).failure is None
    found = failure(*said, {"expect": {"text": "Vamos lá.", "event": "compra"}})
    assert differences(found) == [("event", "compra", "venda")]
    found = failure(
        *said, {"expect": {**told, "event": {"name": "venda", "data": {"quem": "Bia"}}}}
    )
    assert differences(found) == [("event.data", '{"quem":"Bia"}', '{"quem":"Ana"}')]


def test_transfer_may_name_the_briefing() -> None:
    said = [*MENU, {"tap": "suporte"}]
    assert (
        talk(*said, {"expect": {"transfer": {"queue": "suporte", "briefing": "De Ana"}}}).failure
        is None
    )
    found = failure(*said, {"expect": {"transfer": "vendas"}})
    assert differences(found) == [("transfer", '"vendas"', '"suporte"')]
    found = failure(*HELLO, {"expect": {"transfer": "suporte"}})
    assert differences(found) == [("transfer", '"suporte"', "no transfer")]


def test_variables_compare_those_that_are_named() -> None:
    found = failure(*MENU, {"expect": {"variables": {"nome": "Bia", "outra": 1}}})
    assert differences(found) == [
        ("variables.nome", '"Bia"', '"Ana"'),
        ("variables.outra", "1", "null"),
    ]


def test_status_tells_the_problem() -> None:
    http = {"id": "h", "type": "http", "url": "https://x.example"}
    flow = release("x", [OI, http, END], ["oi > h", "h:ok > fim"])
    found = failure(
        {"say": "oi"},
        {"expect": {"status": "completed"}},
        flow=flow,
        http=[{"node": "h", "failed": "timeout"}],
    )
    assert "timeout" in differences(found)[0][2]


def test_canned_answers_are_used_in_order_and_all_of_them() -> None:
    http = {
        "id": "h",
        "type": "http",
        "url": "https://x.example",
        "save": [{"to": "n", "path": "/n"}],
    }
    flow = release(
        "x",
        [OI, http, text("a", "{{ n }}"), END],
        ["oi > h", "h:ok > a", "a > fim"],
        variables=[{"name": "n"}],
    )
    answers = [{"node": "h", "json": {"n": "1"}}, {"node": "h", "flow": "x", "json": {"n": "2"}}]
    steps = [{"say": "oi"}, {"expect": {"text": "2"}}, {"say": "oi"}, {"expect": {"text": "1"}}]
    assert talk(*steps, flow=flow, http=answers).failure is None
    found = failure(*steps[:2], flow=flow, http=answers[1:] + answers[:1])
    assert "nothing asked for: h" in found.message
    assert "x/h asks for an HTTP answer" in failure(*steps[:2], flow=flow).message


def test_fail_refuses_the_next_send() -> None:
    failing = text("a", "Oi")
    nodes = [OI, failing, text("b", "Não foi: {{ message.failure }}"), END]
    flow = release("x", nodes, ["oi > a", "a > fim", "a:failed > b", "b > fim"])
    steps = [{"fail": "window_closed"}, {"say": "oi"}, {"expect": {"text": "Oi"}}]
    assert talk(*steps, {"expect": {"text": "Não foi: window_closed"}}, flow=flow).failure is None


def test_media_and_location_are_answers() -> None:
    photo = release(
        "x", [OI, ask("foto", "A foto?", "media"), END], ["oi > foto", "foto:reply > fim"]
    )
    where = release(
        "x", [OI, ask("onde", "Onde?", "location"), END], ["oi > onde", "onde:reply > fim"]
    )
    end = {"expect": {"status": "completed"}}
    begin = [{"say": "oi"}, {"expect": {"kind": "text"}}]
    assert talk(*begin, {"media": "image"}, end, flow=photo).failure is None
    place = {"latitude": -23.5, "longitude": -46.6}
    assert talk(*begin, {"location": place}, end, flow=where).failure is None


def test_rows_templates_and_media_are_compared() -> None:
    contents = [
        {"kind": "image", "media": {"url": "https://x.example/a.png"}, "caption": "Olha"},
        {"kind": "template", "name": "aviso", "language": "pt_BR", "params": {"nome": "Ana"}},
        {
            "kind": "list",
            "text": "Qual?",
            "rows": [{"id": "a", "title": "Um"}, {"id": "b", "title": "Dois"}],
        },
    ]
    flow = release(
        "x", [OI, {"id": "m", "type": "message", "contents": contents}, END], ["oi > m", "m > fim"]
    )
    good: list[Json] = [
        {"media": "image", "text": "Olha"},
        {"template": {"name": "aviso", "params": {"nome": "Ana"}}},
        {"rows": ["Um", "Dois"]},
    ]
    assert talk({"say": "oi"}, *({"expect": each} for each in good), flow=flow).failure is None
    bad: list[Json] = [{"media": "video"}, {"template": "outro"}, {"rows": ["Dois", "Um"]}]
    for at, each in enumerate(bad):
        steps = [{"expect": e} for e in [*good[:at], each]]
        assert failure({"say": "oi"}, *steps, flow=flow).step == at + 2


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ({"say": "oi", "tap": "x"}, "exactly one of"),
        ({}, "exactly one of"),
        ({"human": {"say": "a", "close": "b"}}, "exactly one of"),
        ({"expekt": {}}, "Did you mean `expect`"),
        ({"after": "2 horas"}, "ISO 8601"),
    ],
)
def test_a_step_that_is_none_is_refused_with_its_path(step: Json, says: str) -> None:
    raw = {"format": "flowengine-talk/1", "flow": "x", "steps": [step]}
    with pytest.raises(FlowError, match=says) as refused:
        parse_talk(msgspec.json.encode(raw))
    assert refused.value.path.startswith("/steps/0")


def test_now_needs_an_offset() -> None:
    raw = {"format": "flowengine-talk/1", "flow": "x", "steps": [], "now": "2026-03-02T09:00:00"}
    with pytest.raises(FlowError, match="offset"):
        parse_talk(msgspec.json.encode(raw))


def test_flows_beside_it_are_published() -> None:
    other = msgspec.json.encode(
        document(
            "outro",
            [{**OI, "on": {"kind": "keyword", "words": ["preço"]}}, text("p", "R$ 10"), END],
            ["oi > p", "p > fim"],
        )
    )
    from flowengine.document import parse

    read = parse_talk(
        msgspec.json.encode(
            {
                "format": "flowengine-talk/1",
                "flow": "x",
                "steps": [{"say": "preço?"}, {"expect": {"text": "R$ 10"}}],
            }
        )
    )
    assert play(read, [triage(), compile_release(parse(other), {})], EMPTY).failure is None


@pytest.mark.parametrize(
    "lines",
    [["oi > a", "a > a", "a:failed > fim"], ["oi > a", "a > s", "s > fim"]],
    ids=["each send awaits the last", "a flow that starts itself"],
)
def test_a_flow_that_goes_round_for_ever_is_stopped(lines: list[str]) -> None:
    nodes = [OI, text("a", "1"), {"id": "s", "type": "start", "flow": "x"}, END]
    flow = release("x", nodes, lines, start="a")
    assert failure({"say": "oi"}, flow=flow).message.startswith("the flow goes round for ever")
    assert failure({"after": "PT1H"}, {"say": "oi"}, {"after": "P1D"}, flow=flow).step == 2
