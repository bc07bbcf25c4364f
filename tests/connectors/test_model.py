"""The model connector: the real SDK against a peer that speaks OpenAI's protocol."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.fake_graph.server import Reply
from connectors.model import Model, ModelProfile
from connectors.net import guarded_client
from flowengine.messages import (
    AskModel,
    ModelMessage,
    Passage,
    Refused,
    Said,
    Shown,
    Tool,
    ToolCall,
    Unclear,
)
from tests.peers.openai import ModelPeer, completion, error

KEY = "sk-test-0123456789"
BOOK = Tool("agendar", "Marca um horário", {"type": "object", "properties": {}})


def ask(**more: Any) -> AskModel:
    said = (ModelMessage("user", "Que horas abre?"), ModelMessage("assistant", "Às 8h."))
    question: dict[str, Any] = {
        "id": "e1.4",
        "node": "ia",
        "flow": "mesa",
        "instructions": "Você atende o Pet Shop.",
        "messages": said,
        "timeout": 5,
    }
    return AskModel(**{**question, **more})


async def answer(
    peer: ModelPeer, question: AskModel, passages: Sequence[Passage] = (), **profile: Any
) -> Said | Refused | Unclear:
    async with guarded_client({f"127.0.0.1:{peer.port}"}) as client:
        known = ModelProfile(base_url=f"{peer.url}/v1", key=SecretStr(KEY), model="m", **profile)
        return await Model(known, client).perform(question, passages)


async def outcome_of(reply: Reply, **more: Any) -> tuple[Said | Refused | Unclear, ModelPeer]:
    async with ModelPeer(reply) as peer:
        return await answer(peer, ask(**more)), peer


async def test_a_text():
    outcome, peer = await outcome_of(completion("Às 8h, todos os dias."))
    assert outcome == Said("Às 8h, todos os dias.", (), 12, 5)
    (asked,) = peer.asked
    assert asked.target == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert peer.questions()[0] == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Você atende o Pet Shop."},
            {"role": "user", "content": "Que horas abre?"},
            {"role": "assistant", "content": "Às 8h."},
        ],
    }


async def test_tools_are_functions_and_their_calls_come_back():
    reply = completion(None, (("agendar", '{"hora": "09:00"}'), ("outcome_fim", "")))
    tools = (BOOK, Tool("outcome:fim"))
    outcome, peer = await outcome_of(reply, tools=tools, max_tokens=50)
    calls = (ToolCall("agendar", {"hora": "09:00"}), ToolCall("outcome:fim", {}))
    assert outcome == Said("", calls, 12, 5)
    question = peer.questions()[0]
    assert question["max_tokens"] == 50
    assert [tool["function"]["name"] for tool in question["tools"]] == ["agendar", "outcome_fim"]
    assert question["tools"][0]["function"]["parameters"] == BOOK.parameters


async def test_what_it_called_before_and_what_came_of_it():
    called = (ToolCall("agendar", {"hora": "09:00"}), ToolCall("outcome:fim", {}))
    said = (
        ModelMessage("user", "Tem às 9?"),
        ModelMessage("assistant", "Vou ver.", called),
        ModelMessage("tool", '{"outcome":"sim"}'),
        ModelMessage("tool", '{"error":"não"}'),
        ModelMessage("assistant", "", called[:1]),
        ModelMessage("tool", "{}"),
    )
    _, peer = await outcome_of(completion("Tem."), messages=said, tools=(BOOK,), instructions="")
    function = {"name": "agendar", "arguments": '{"hora":"09:00"}'}
    assert peer.questions()[0]["messages"] == [
        {"role": "user", "content": "Tem às 9?"},
        {
            "role": "assistant",
            "content": "Vou ver.",
            "tool_calls": [
                {"id": "call_0", "type": "function", "function": function},
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "outcome_fim", "arguments": "{}"},
                },
            ],
        },
        {"role": "tool", "content": '{"outcome":"sim"}', "tool_call_id": "call_0"},
        {"role": "tool", "content": '{"error":"não"}', "tool_call_id": "call_1"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call_2", "type": "function", "function": function}],
        },
        {"role": "tool", "content": "{}", "tool_call_id": "call_2"},
    ]


async def test_passages_are_put_before_the_question_and_named_in_the_answer():
    found = [Passage("manual/3", "Trocas", "Em até 7 dias."), Passage("faq/1", "", "Às 8h.")]
    async with ModelPeer(completion("7 dias")) as peer:
        outcome = await answer(peer, ask(knowledge=("manual", "faq")), found)
    assert outcome == Said("7 dias", (), 12, 5, (Shown("manual/3", "Trocas"), Shown("faq/1")))
    system = peer.questions()[0]["messages"][0]
    assert system["role"] == "system"
    assert system["content"].startswith("Você atende o Pet Shop.\n\n")
    assert system["content"].endswith("[manual/3] Trocas\nEm até 7 dias.\n\n[faq/1] \nÀs 8h.")


async def test_where_no_passage_fits_it_is_told_not_to_guess():
    outcome, peer = await outcome_of(completion("Não sei."), knowledge=("manual",))
    assert outcome == Said("Não sei.", (), 12, 5)
    assert "no passage that fits" in peer.questions()[0]["messages"][0]["content"]


async def test_the_profile_says_how():
    async with ModelPeer(completion("ok")) as peer:
        await answer(peer, ask(instructions=""), temperature=0.2, max_tokens=9)
    question = peer.questions()[0]
    assert (question["temperature"], question["max_tokens"]) == (0.2, 9)
    assert question["messages"][0]["role"] == "user"


@pytest.mark.parametrize(
    ("reply", "reason", "permanent", "scope"),
    [
        (error(401, "invalid_api_key"), "auth", False, "channel"),
        (error(403, "forbidden"), "auth", False, "channel"),
        (error(429, "rate_limit_exceeded"), "rate_limited", False, "channel"),
        (error(429, "insufficient_quota"), "billing", False, "channel"),
        (error(400, "context_length_exceeded"), "invalid", True, "message"),
        (error(404, "model_not_found"), "invalid", True, "message"),
        (error(422, "x"), "invalid", True, "message"),
        (error(500, "x"), "transient", False, "message"),
        (Reply(502, b"<html>", "text/html"), "transient", False, "message"),
        (error(409, "x"), "transient", False, "message"),
    ],
)
async def test_refusals(reply: Reply, reason: str, permanent: bool, scope: str):
    outcome, peer = await outcome_of(reply)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, outcome.scope) == (reason, permanent, scope)
    assert len(peer.asked) == 1  # the SDK tries once: the runtime counts


async def test_when_to_ask_again():
    outcome, _ = await outcome_of(error(429, "rate_limit_exceeded", **{"retry-after": "20"}))
    assert isinstance(outcome, Refused)
    assert outcome.retry_after == 20


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": "x", "tool_calls": [{"function": {}}]}}]}',
        completion(None, (("agendar", "{hora"),)).body,
        completion(None, (("agendar", "[1]"),)).body,
    ],
)
async def test_an_answer_that_makes_no_sense(body: bytes):
    outcome, _ = await outcome_of(Reply(body=body))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("malformed", False)


async def test_what_a_model_says_can_be_stored():
    body = completion("SPOILT").body.replace(b"SPOILT", rb"a\u0000b \ud800")
    outcome, _ = await outcome_of(Reply(body=body))
    assert isinstance(outcome, Said)
    assert outcome.text == "ab \ufffd"


async def test_a_model_that_declines():
    body = b'{"choices": [{"message": {"content": null, "refusal": "No."}}]}'
    assert (await outcome_of(Reply(body=body)))[0] == Refused("policy", True, detail="No.")


async def test_no_answer_in_time_is_unclear():
    outcome, _ = await outcome_of(Reply(after=30), timeout=1.0)
    assert outcome == Unclear("timeout")


async def test_a_cut_answer_is_unclear():
    outcome, _ = await outcome_of(Reply(cut=True))
    assert isinstance(outcome, Unclear)


async def test_nobody_listens():
    async with guarded_client({"127.0.0.1:1"}) as client:
        profile = ModelProfile(base_url="http://127.0.0.1:1/v1", model="m")
        outcome = await Model(profile, client).perform(ask())
    assert outcome == Refused("transient", False, code="ConnectError")


async def test_a_private_address_is_refused():
    async with ModelPeer(completion("x")) as peer, guarded_client() as client:
        profile = ModelProfile(base_url=f"{peer.url}/v1", model="m")
        outcome = await Model(profile, client).perform(ask())
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("private_address", True)
    assert peer.asked == []


async def test_the_key_is_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    outcome, _ = await outcome_of(error(401, "invalid_api_key", "Incorrect API key provided"))
    profile = ModelProfile(key=SecretStr(KEY), model="m")
    assert KEY not in repr(outcome) + repr(profile) + profile.model_dump_json() + caplog.text


async def test_a_character_that_is_none():
    outcome, peer = await outcome_of(completion("x"), instructions="a\ud800")
    assert isinstance(outcome, Refused)
    assert (outcome.reason, peer.asked) == ("invalid", [])
