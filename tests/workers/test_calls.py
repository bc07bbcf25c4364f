"""Calls to other systems: at least once, the first outcome wins, and no secret is kept."""

import asyncio
import json
from typing import Any

import asyncpg
import msgspec

from connectors.fake_graph.server import Reply, Request
from flowengine.happenings import HttpDone
from flowengine.knowledge import Paragraph
from flowengine.messages import Answered
from flowengine.store import knowledge, model_profiles, secrets
from flowengine.store.calls import claim_calls, finish_calls
from flowengine.store.ids import new_id
from tests.flowengine.playing import OI, text
from tests.peers.plain import Peer
from tests.workers.test_inbox import body, message
from tests.workers.test_sends import LEASE
from tests.workers.town import ANA, Town


def http(url: str, **more: object) -> dict[str, object]:
    return {
        "id": "busca", "type": "http", "url": url, "save": [{"to": "pedido", "path": "/estado"}],
        **more,
    }  # fmt: skip


def flow(url: str, **more: object) -> tuple:
    nodes = (OI, http(url, **more), text("ok", "Estado: {{ pedido }}"), text("nao", "Não deu"))
    return nodes, ("oi > busca", "busca:ok > ok", "busca:failed > nao")


async def allow(still: Town, *peers: Peer) -> None:
    hosts = tuple(f"127.0.0.1:{peer.port}" for peer in peers)
    still.settings = still.settings.model_copy(update={"allowed_http_hosts": hosts})
    await still.work()


def answering(value: object, status: int = 200):
    return lambda _request: Reply(status, json.dumps(value).encode())


async def test_an_answer_is_saved_and_the_secret_is_nowhere(still: Town) -> None:
    async with Peer(answering({"estado": "a caminho"})) as peer:
        await allow(still, peer)
        async with still.database.worker(still.place.tenant) as transaction:
            await secrets.put_secret(transaction, still.vault, "loja", "segredo-de-verdade")
        await still.publish(
            "oi", *flow(f"{peer.url}/p?q={{{{ secret.loja }}}}", auth={"secret": "loja"}),
            variables=[{"name": "pedido"}],
        )  # fmt: skip
        still.say("oi")
        await still.hears("Estado: a caminho")
        await still.quiet()
        asked = peer.asked[0]
    assert asked.headers["authorization"] == "Bearer segredo-de-verdade"
    assert "segredo-de-verdade" in asked.target
    effect = await still.value("SELECT convert_from(effects, 'UTF8') FROM journal "
                               "WHERE effects LIKE '%call_http%'")  # fmt: skip
    assert asked.headers["idempotency-key"] == json.loads(effect)[0]["id"]
    for table, columns in (("journal", "given || effects || trail"), ("inbox", "event"),
                           ("execution_state", "state")):  # fmt: skip
        rows = await still.rows(f"SELECT {columns} AS bytes FROM {table}")
        assert all(b"segredo-de-verdade" not in row["bytes"] for row in rows)
    assert await still.value("SELECT count(*) FROM calls") == 0


async def test_a_private_address_that_nobody_allowed_takes_failed(town: Town) -> None:
    async with Peer(answering({})) as peer:
        await town.publish("oi", *flow(peer.url), variables=[{"name": "pedido"}])
        town.say("oi")
        await town.hears("Não deu")
        assert peer.asked == []


async def test_the_author_may_allow_further_tries(still: Town) -> None:
    answers = iter((Reply(503), Reply(503), Reply(200, b'{"estado": "pronto"}')))
    async with Peer(lambda _request: next(answers)) as peer:
        await allow(still, peer)
        await still.publish("oi", *flow(peer.url, retry=2), variables=[{"name": "pedido"}])
        still.say("oi")
        await still.hears("Estado: pronto", within=12)
        keys = {request.headers["idempotency-key"] for request in peer.asked}
        assert (len(peer.asked), len(keys)) == (3, 1)


async def test_a_post_that_a_dead_worker_had_begun_is_not_made_again(still: Town) -> None:
    """Nobody knows whether it acted, and the author allowed no retry: `failed` it is."""
    async with Peer(answering({"estado": "feito"})) as peer:
        await waiting_call(still, peer, method="POST")
        async with still.database.worker() as transaction:
            assert (
                len(await claim_calls(transaction, new_id(), LEASE, {still.place.tenant: 10})) == 1
            )
        await allow(still, peer)
        await still.hears("Não deu")
        assert peer.asked == []


async def test_a_get_that_a_dead_worker_had_begun_is_made_again(still: Town) -> None:
    async with Peer(answering({"estado": "feito"})) as peer:
        await waiting_call(still, peer)
        async with still.database.worker() as transaction:
            await claim_calls(transaction, new_id(), LEASE, {still.place.tenant: 10})
        await allow(still, peer)
        await still.hears("Estado: feito")


async def test_the_first_outcome_wins(still: Town) -> None:
    async with Peer(answering({})) as peer:
        await waiting_call(still, peer)
        async with still.database.worker() as transaction:
            call = (await claim_calls(transaction, new_id(), LEASE, {still.place.tenant: 10}))[0]
        for expected, estado in ((1, "primeiro"), (0, "segundo")):
            outcome = HttpDone(call.effect_id, Answered(200, {"estado": estado}))
            async with still.database.worker() as transaction:
                assert await finish_calls(transaction, [(call, outcome)]) == expected
        await still.work()
        await still.hears("Estado: primeiro")


async def test_an_outcome_outlives_a_database_that_falls_over_while_it_is_stored(
    still: Town,
) -> None:
    """A POST that was answered is never made again, nor its answer lost."""
    async with Peer(answering({"estado": "feito"})) as peer:
        await waiting_call(still, peer, method="POST")
        held = await asyncpg.connect(still.owner_dsn)
        async with held.transaction():
            await held.execute("SELECT FROM conversations FOR UPDATE")
            await allow(still, peer)
            await still.until(lambda: len(peer.asked) == 1)
            await still.sees(
                "SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND query LIKE '%FROM conversations%' "
                "AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        await held.close()
        await still.hears("Estado: feito")
        assert len(peer.asked) == 1


async def waiting_call(still: Town, peer: Peer, **more: object) -> None:
    """A call stands in its table, and nobody works."""
    await still.publish("oi", *flow(peer.url, **more), variables=[{"name": "pedido"}])
    workers = await still.work()
    assert workers.working is not None
    await workers.working.pumps.calls.stop()
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await still.sees("SELECT count(*) FROM calls")
    await workers.stop()
    still.workers = None


async def test_a_slow_call_holds_up_nobody_else(still: Town) -> None:
    others_heard = asyncio.Event()
    slow = Reply(200, b'{"estado": "enfim"}', until=others_heard)
    async with Peer(lambda _request: slow) as peer:
        await allow(still, peer)
        await still.publish("oi", *flow(peer.url), variables=[{"name": "pedido"}])
        await still.publish(
            "ola", ({**OI, "on": {"kind": "keyword", "words": ["ola"]}}, text("a", "Olá!")),
            ("oi > a",),
        )  # fmt: skip
        still.say("oi")
        await still.until(lambda: len(peer.asked) == 1)
        still.say("ola", who="5511988887777")
        await still.hears("Olá!", who="5511988887777")
        others_heard.set()
        await still.hears("Estado: enfim")


def model(request: Request) -> Reply:
    asked = json.loads(request.body)
    words = asked["messages"][-1]["content"]
    answer = {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": f"Você disse: {words}"}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
    }  # fmt: skip
    return Reply(200, json.dumps(answer).encode())


IA = {"id": "ia", "type": "ai_reply", "instructions": "Responda.", "history": 6}


async def with_model(still: Town, peer: Peer) -> None:
    await allow(still, peer)
    settings = {"base_url": f"{peer.url}/v1", "key": "sk-1", "model": "m"}
    async with still.database.worker(still.place.tenant) as transaction:
        await model_profiles.put_model_profile(
            transaction, still.vault, "default", json.dumps(settings).encode()
        )
    await still.publish(
        "oi", (OI, IA, text("fim", "Fim")), ("oi > ia", "ia > fim", "ia:failed > fim")
    )


async def test_a_model_answers(still: Town) -> None:
    async with Peer(model) as peer:
        await with_model(still, peer)
        still.say("oi")
        await still.hears("Você disse: oi", "Fim")


async def test_a_models_answer_that_comes_after_a_take_over_is_dropped_and_asked_anew(
    still: Town,
) -> None:
    taken_over = asyncio.Event()
    late = lambda request: msgspec.structs.replace(model(request), until=taken_over)  # noqa: E731 - read where it is used
    async with Peer(late) as peer:
        await with_model(still, peer)
        still.say("oi")
        await still.until(lambda: len(peer.asked) == 1)
        tenant, agent = str(still.place.tenant), str(still.place.owner)
        conversation = str(await still.conversation())
        workers = still.workers
        assert workers is not None
        await workers.take_over(tenant, conversation, agent)
        taken_over.set()
        await still.sees("SELECT count(*) = 0 FROM calls")
        await still.quiet()
        assert still.heard() == []
        await workers.give_back(tenant, conversation, agent)
        await still.hears("Você disse: oi", "Fim")
        assert len(peer.asked) == 2


STOCK: Any = {"id": "b", "type": "http", "url": "", "save": [{"to": "n", "path": "/n"}]}


def that_calls(request: Request) -> Reply:
    """A model that asks for the stock of what it was asked about, then says what it was told."""
    if not request.body:
        return Reply(200, b'{"n": 7}')
    asked = json.loads(request.body)
    last = asked["messages"][-1]
    message: Any = {"role": "assistant", "content": f"Soube: {last['content']}"}
    if last["role"] != "tool":
        call = {"name": "estoque", "arguments": json.dumps({"sku": last["content"]})}
        calls = [{"id": "call_9", "type": "function", "function": call}]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
    answer = {"choices": [{"message": message}], "usage": {"completion_tokens": 7}}
    return Reply(200, json.dumps(answer).encode())


async def test_a_model_calls_a_flow_and_is_told_what_came_of_it(still: Town) -> None:
    async with Peer(that_calls) as peer:
        await with_model(still, peer)
        lookup = {**STOCK, "url": f"{peer.url}/{{{{ sku }}}}"}
        end = {"id": "f", "type": "end", "outputs": {"quantos": {"expr": "n"}}}
        await still.publish(
            "estoque", (lookup, end), ("b:ok > f",), start="b", variables=[{"name": "n"}],
            inputs=[{"name": "sku", "required": True}], outputs=[{"name": "quantos"}],
        )  # fmt: skip
        ia = {**IA, "tools": [{"name": "estoque", "flow": "estoque"}]}
        await still.publish("oi", (OI, ia), ("oi > ia",))
        still.say("oi")
        await still.hears('Soube: {"outputs":{"quantos":"7"}}')
        assert [request.target for request in peer.asked] == [
            "/v1/chat/completions", "/oi", "/v1/chat/completions",
        ]  # fmt: skip
        (told,) = [m for m in json.loads(peer.asked[2].body)["messages"] if m["role"] == "tool"]
        assert told["tool_call_id"] == "call_0"


async def test_a_model_is_shown_the_passages_that_fit_and_the_trail_names_them(
    still: Town,
) -> None:
    async with Peer(model) as peer:
        await with_model(still, peer)
        async with still.database.web(still.place.tenant, still.place.owner) as transaction:
            await knowledge.put_base(transaction, "manual", "Manual")
            listed = [Paragraph("Trocas", "Em até 7 dias."), Paragraph("Pix", "Aceitamos Pix.")]
            await knowledge.add_passages(transaction, "manual", listed)
        ia = {**IA, "knowledge": ["manual"]}
        await still.publish("oi", ({**OI, "on": {"kind": "message"}}, ia), ("oi > ia",))
        still.say("aceita pix?")
        await still.hears("Você disse: aceita pix?")
        system = json.loads(peer.asked[0].body)["messages"][0]
        assert system["role"] == "system"
        assert system["content"].endswith("[manual/2] Pix\nAceitamos Pix.")
        assert "Trocas" not in system["content"]
        async with still.database.worker() as transaction:
            rows = await transaction.rows(
                "SELECT trail FROM journal WHERE execution_id IS NOT NULL ORDER BY seq, step"
            )
        trail: list[Any] = [each for row in rows for each in json.loads(row["trail"])]
        shown = [each for each in trail if each["type"] == "passages_shown"]
        assert shown[0]["passages"] == [{"id": "manual/2", "title": "Pix"}]
