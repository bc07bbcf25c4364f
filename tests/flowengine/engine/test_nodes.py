"""What each node does, one small flow at a time."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from flowengine.given import Contact
from flowengine.happenings import SendRefused
from flowengine.messages import Answered, AskModel, CallHttp, Refused, Said, ToolCall, Unclear
from flowengine.workspace import parse_workspace
from tests.flowengine.playing import OI, Play, ask, document, menu, release, text

LOJA = b"""{"format": "flowengine-workspace/1",
 "queues": {"suporte": {"name": "Suporte"}, "noite": {"name": "Noite", "schedule": "noite"}},
 "schedules": {
   "loja": {"timezone": "America/Sao_Paulo", "weekly": {"mon": [["09:00", "18:00"]]}},
   "noite": {"timezone": "America/Sao_Paulo", "weekly": {"mon": [["20:00", "23:00"]]}}},
 "constants": {"cidade": "Santos"}, "fields": {"plano": {"type": "text"}}}"""


def after_oi(nodes: list[dict[str, Any]], lines: list[str], **more: Any) -> Play:
    http, model = more.pop("http", {}), more.pop("model", {})
    contact = more.pop("contact", None)
    play = Play(
        release("f", [OI, *nodes], lines, **more),
        workspace=parse_workspace(LOJA),
        http=http,
        model=model,
        contact=contact,
    )
    play.say("oi")
    return play


def test_set_puts_adds_appends_removes_and_clears():
    assign = [
        {"to": "n", "value": {"expr": "1.5"}},
        {"to": "n", "op": "add", "value": {"expr": "2"}},
        {"to": "itens", "op": "append", "value": "a"},
        {"to": "itens", "op": "append", "value": "b"},
        {"to": "itens", "op": "remove", "value": "a"},
        {"to": "t", "value": "x"},
        {"to": "t", "op": "clear"},
        {"to": "contact.fields.plano", "value": "ouro"},
    ]
    variables = [{"name": "n", "type": "number"}, {"name": "itens", "type": "list"}, {"name": "t"}]
    nodes = [{"id": "s", "type": "set", "assign": assign}, text("m", "{{ contact.fields.plano }}")]
    play = after_oi(nodes, ["oi > s", "s > m"], variables=variables)
    assert play.variables == {"n": Decimal("3.5"), "itens": ["b"], "t": None}
    assert play.heard() == ["ouro"]
    assert play.chat.world.contact.fields == {"plano": "ouro"}


def test_a_condition_takes_the_first_case_that_holds():
    cases = [
        {"id": "vip", "when": {"left": {"expr": "contact.tags"}, "op": "contains", "right": "vip"}},
        {"id": "ana", "when": {"left": "{{ contact.name }}", "op": "equals", "right": "ana"}},
    ]
    nodes = [
        {"id": "c", "type": "condition", "cases": cases},
        text("a", "A"),
        text("b", "B"),
        text("e", "E"),
    ]
    lines = ["oi > c", "c:case:vip > a", "c:case:ana > b", "c:else > e"]
    assert after_oi(nodes, lines).heard() == ["B"]
    vip = Contact("x", "Zé", tags=("vip",))
    assert after_oi(nodes, lines, contact=vip).heard() == ["A"]
    assert after_oi(nodes, lines, contact=Contact("x", "Zé")).heard() == ["E"]


def test_tags_are_seen_at_once():
    nodes = [{"id": "t", "type": "tag", "add": ["lead"]}, text("m", "{{ contact.tags|join(',') }}")]
    assert after_oi(nodes, ["oi > t", "t > m"]).heard() == ["lead"]


def test_hours_know_the_schedule():
    nodes = [
        {"id": "h", "type": "hours", "schedule": "loja"},
        text("a", "Aberto"),
        text("f", "Fechado"),
    ]
    lines = ["oi > h", "h:open > a", "h:closed > f"]
    play = after_oi(nodes, lines)
    assert play.heard() == ["Aberto"]
    play.after(timedelta(hours=7))
    assert play.hears("oi") == ["Fechado"]


def test_a_split_is_the_same_for_the_same_contact():
    variants = [{"id": "a"}, {"id": "b"}]
    nodes = [{"id": "ab", "type": "split", "variants": variants}, text("x", "A"), text("y", "B")]
    lines = ["oi > ab", "ab:variant:a > x", "ab:variant:b > y"]
    seen: set[str] = set()
    for number in range(40):
        contact = Contact(f"c{number}")
        first = after_oi(nodes, lines, contact=contact).heard()
        assert after_oi(nodes, lines, contact=contact).heard() == first
        seen.update(first)
    assert seen == {"A", "B"}


def test_a_loop_goes_through_its_items():
    nodes = [
        {"id": "l", "type": "loop", "each": {"expr": "['x', 'y']"}, "as": "item"},
        text("m", "{{ item }}"),
        text("f", "fim"),
    ]
    lines = ["oi > l", "l:item > m", "m > l", "l:done > f"]
    assert after_oi(nodes, lines, variables=[{"name": "item"}]).heard() == ["x", "y", "fim"]


HTTP = {
    "id": "busca",
    "type": "http",
    "url": "https://loja.example/p/{{ contact.name }}",
    "headers": {"X-Key": "{{ secret.chave }}"},
    "save": [{"to": "total", "path": "/total"}],
    "status_as": "status",
    "exits": [{"id": "nao", "status": [404]}],
}


def http_flow(*outcomes: Answered | Refused | Unclear) -> Play:
    nodes = [
        HTTP,
        text("ok", "Total {{ total|money('BRL') }}"),
        text("nao", "Não achei"),
        text("erro", "Falhou: {{ message.failure }}"),
    ]
    lines = ["oi > busca", "busca:ok > ok", "busca:status:nao > nao", "busca:failed > erro"]
    variables = [{"name": "total", "type": "number"}, {"name": "status", "type": "number"}]
    return after_oi(nodes, lines, variables=variables, http={"busca": list(outcomes)})


def test_http_saves_what_it_was_answered():
    said = http_flow(Answered(200, {"total": Decimal("12.5")})).heard()
    assert [each.replace("\xa0", " ") for each in said] == ["Total R$ 12,50"]


def test_http_knows_the_statuses_that_it_lists():
    play = http_flow(Answered(404, {}))
    assert play.heard() == ["Não achei"]
    assert play.variables["status"] == 404


def test_http_fails_for_all_else():
    assert http_flow(Answered(500, None)).heard() == ["Falhou: status 500"]
    assert http_flow(Unclear("timeout")).heard() == ["Falhou: timeout"]
    assert http_flow(Answered(200, {"total": "abc"})).heard()[0].startswith("Falhou: unexpected")


def test_a_secret_is_a_marker_until_it_is_performed():
    play = http_flow()
    call = play.missing[0]
    assert isinstance(call, CallHttp)
    assert call.secrets == ("chave",)
    assert call.id in call.headers["X-Key"]
    assert call.url == "https://loja.example/p/Ana"


AI = {
    "id": "ia",
    "type": "ai_reply",
    "instructions": "Responda sobre {{ const.cidade }}.",
    "outcomes": [{"id": "comprar", "when": "quer comprar"}],
}


def ai_flow(*outcomes: Said | Refused | Unclear, **more: Any) -> Play:
    nodes = [
        {**AI, **more},
        text("n", "Mais algo?"),
        text("c", "Comprou"),
        text("h", "Pessoa"),
        text("f", "Sem IA"),
    ]
    lines = ["oi > ia", "ia > n", "ia:outcome:comprar > c", "ia:handoff > h", "ia:failed > f"]
    return after_oi(nodes, lines, model={"ia": list(outcomes)})


def test_a_model_answers_once():
    play = ai_flow(Said("Santos tem praia."))
    assert play.heard() == ["Santos tem praia.", "Mais algo?"]


def test_a_model_chooses_an_outcome_or_a_person():
    chose = Said("Vamos lá!", (ToolCall("outcome", {"id": "comprar"}),))
    assert ai_flow(chose).heard() == ["Vamos lá!", "Comprou"]
    assert ai_flow(Said("", (ToolCall("handoff", {}),))).heard() == ["Pessoa"]


def test_a_model_that_fails_takes_failed():
    assert ai_flow(Refused("auth", permanent=True)).heard() == ["Sem IA"]


def test_a_model_is_shown_the_conversation():
    play = ai_flow()
    asked = play.missing[0]
    assert isinstance(asked, AskModel)
    assert asked.instructions == "Responda sobre Santos."
    assert [(m.role, m.text) for m in asked.messages] == [("user", "oi")]


def test_a_message_with_failed_wired_waits_for_the_provider():
    nodes = [text("m", "Oi!"), text("ok", "Chegou"), text("x", "Falhou: {{ message.failure }}")]
    lines = ["oi > m", "m > ok", "m:failed > x"]
    assert after_oi(nodes, lines).heard() == ["Oi!", "Chegou"]
    play = Play(release("f", [OI, *nodes], lines))
    play.fail_next(Refused("window_closed", permanent=True))
    assert play.hears("oi") == ["Oi!", "Falhou: window_closed"]


def test_a_message_says_something_for_every_item():
    node = text("m", "{{ n }}!", each={"expr": "[1, 2, 3]"}, max=2, **{"as": "n"})
    assert after_oi([node], ["oi > m"]).heard() == ["1!", "2!"]


def test_a_channel_may_hear_other_words():
    node = text(
        "m",
        "Olá",
        instead=[{"channel": "simulator", "contents": [{"kind": "text", "text": "Simulado"}]}],
    )
    assert after_oi([node], ["oi > m"]).heard() == ["Simulado"]


def test_a_start_runs_another_flow_later_and_cancel_drops_it():
    at = {"expr": "now + hours(2)"}
    nodes = [
        {"id": "l", "type": "start", "flow": "lembrete", "at": at, "key": "k", "with": {"x": "y"}},
        ask("q", "Desmarca?"),
        {"id": "c", "type": "cancel", "key": "k"},
    ]
    lines = ["oi > l", "l > q", "q:reply > c"]
    reminder = release(
        "lembrete", [text("r", "Lembrete {{ x }}")], [], start="r", inputs=[{"name": "x"}]
    )
    play = Play(release("f", [OI, *nodes], lines), reminder)
    play.say("oi")
    play.after(timedelta(hours=2))
    assert play.heard() == ["Desmarca?", "Lembrete y"]
    play = Play(release("f", [OI, *nodes], lines), reminder)
    play.say("oi")
    play.say("sim")
    play.after(timedelta(hours=3))
    assert play.heard() == ["Desmarca?"]


def test_an_event_wait_stands_in_the_background():
    wait = {
        "id": "w",
        "type": "wait",
        "events": [{"exit": "pago", "name": "pagamento"}],
        "timeout": "P1D",
    }
    nodes = [wait, text("p", "Pago!"), text("t", "Venceu")]
    lines = ["oi > w", "w:event:pago > p", "w:timeout > t"]
    play = after_oi(nodes, lines)
    play.event("outro")
    assert play.heard() == []
    play.event("pagamento")
    assert play.heard() == ["Pago!"]
    play = after_oi(nodes, lines)
    play.after(timedelta(days=1))
    assert play.heard() == ["Venceu"]


def test_words_come_in_the_contacts_language():
    translations = {"es": {"n": {"/contents/0/text": "¿Tu nombre?"}}}
    nodes = [ask("n", "Seu nome?")]
    ana = Contact("a", language="es-MX")
    play = after_oi(nodes, ["oi > n"], translations=translations, contact=ana)
    assert play.heard() == ["¿Tu nombre?"]
    assert after_oi(nodes, ["oi > n"], translations=translations).heard() == ["Seu nome?"]


def test_consent_is_recorded_with_the_words_that_prove_it():
    nodes = [
        menu("q", "Aceita?", "sim", "nao"),
        {"id": "c", "type": "consent", "purpose": "marketing", "give": True},
    ]
    play = after_oi(nodes, ["oi > q", "q:choice:sim > c", "q:choice:nao > c"])
    play.tap("sim")
    change = play.happened[-1].taken.effects[0][1]
    assert (change.consent, change.proof) == ({"marketing": True}, "Sim")  # pyright: ignore


def test_a_prompt_that_fails_after_it_was_taken_takes_failed_while_it_is_waited_on():
    nodes = [
        text("m", "Nome?"),
        {"id": "w", "type": "wait", "expect": {"kind": "text"}},
        text("ok", "Ok"),
        text("x", "Falhou: {{ message.failure }}"),
    ]
    play = Play(release("f", [OI, *nodes], ["oi > m", "m > w", "m:failed > x", "w:reply > ok"]))
    assert play.hears("oi") == ["Nome?"]
    sent = play.sends[-1].id
    play.happens(SendRefused(sent, Refused("unreachable", permanent=True), late=True))
    assert play.heard() == ["Falhou: unreachable"]
    play.happens(SendRefused(sent, Refused("unreachable", permanent=True), late=True))
    assert play.heard() == []


def test_what_a_called_flow_said_may_fail_while_its_caller_waits_that_said_nothing():
    child = document("sub", [text("m", "Nome?")], [], start="m")
    nodes = [
        {"id": "call", "type": "flow", "flow": "sub"},
        {"id": "w", "type": "wait", "expect": {"kind": "text"}},
        text("ok", "Ok"),
    ]
    lines = ["oi > call", "call > w", "w:reply > ok"]
    play = Play(release("f", [OI, *nodes], lines, documents={"sub": child}))
    assert play.hears("oi") == ["Nome?"]
    sent = play.sends[-1].id
    play.happens(SendRefused(sent, Refused("unreachable", permanent=True), late=True))
    assert (play.status, play.heard()) == ("waiting", [])
    assert play.hears("Ana") == ["Ok"]


def test_a_start_at_a_node_that_is_not_there_fails_by_itself():
    holder = release("f", [OI, ask("n", "Nome?"), text("ok", "Ok")], ["oi > n", "n:reply > ok"])
    play = Play(holder, release("g", [text("a", "A")], [], start="a"))
    play.hears("oi")
    play.start("g", node="nada")
    assert play.status == "failed"
    assert play.hears("Ana") == ["Ok"]


def test_the_purpose_of_an_event_trigger_is_that_of_its_sends():
    on = {
        "id": "t",
        "type": "trigger",
        "on": {"kind": "event", "name": "x", "purpose": "marketing"},
    }
    play = Play(release("a", [on, text("m", "Promo!")], ["t > m"]))
    play.event("x")
    assert play.sends[-1].purpose == "marketing"
