"""Other systems are told what flows notify: signed, until they take it, else a dead letter."""

import hashlib
import hmac
import json

from connectors.fake_graph.server import Reply
from flowengine.store import channel_health, dead_letters
from flowengine.store import subscriptions as stored
from flowengine.store.cleaning import clean
from tests.flowengine.playing import OI, text
from tests.peers.plain import Peer
from tests.workers.test_calls import allow
from tests.workers.town import Town

TELLS = (
    (OI, {"id": "avisa", "type": "notify", "name": "pedido.criado", "data": {"numero": 7}},
     text("m", "Feito")),
    ("oi > avisa", "avisa > m"),
)  # fmt: skip
SECRET = "segredo-do-assinante"


async def subscribed(still: Town, url: str, *names: str) -> None:
    async with still.database.web(still.place.tenant) as transaction:
        await stored.subscribe(transaction, still.vault, url, names, SECRET)


async def test_a_subscriber_is_told_and_can_trust_it(still: Town) -> None:
    async with Peer(lambda _request: Reply(204)) as peer, Peer(lambda _request: Reply(200)) as deaf:
        await allow(still, peer, deaf)
        await subscribed(still, f"{peer.url}/avisos", "pedido.criado")
        await subscribed(still, deaf.url, "outra.coisa")
        await still.publish("oi", *TELLS)
        still.say("oi")
        await still.hears("Feito")
        await still.until(lambda: len(peer.asked) == 1)
        await still.quiet()
        asked = peer.asked[0]
        told = json.loads(asked.body)
        assert (told["name"], told["data"]) == ("pedido.criado", {"numero": 7})
        assert told["conversation"] == str(await still.conversation())
        signed = hmac.new(SECRET.encode(), asked.body, hashlib.sha256).hexdigest()
        assert asked.headers["x-flowengine-signature"] == f"sha256={signed}"
        assert asked.headers["idempotency-key"] == told["id"]
        assert deaf.asked == []


async def test_it_is_told_again_until_it_takes_it(still: Town) -> None:
    answers = iter((Reply(503), Reply(204)))
    async with Peer(lambda _request: next(answers)) as peer:
        await allow(still, peer)
        await subscribed(still, peer.url, "*")
        await still.publish("oi", *TELLS)
        still.say("oi")
        await still.until(lambda: len(peer.asked) == 2, 20)
        await still.quiet()
        assert len({request.headers["idempotency-key"] for request in peer.asked}) == 1
        assert await still.value("SELECT count(*) FROM dead_letters") == 0


async def test_what_is_refused_is_a_letter_and_can_be_told_again(still: Town) -> None:
    answers = iter((Reply(404), Reply(204)))
    async with Peer(lambda _request: next(answers)) as peer:
        await allow(still, peer)
        await subscribed(still, peer.url, "*")
        await still.publish("oi", *TELLS)
        still.say("oi")
        await still.sees("SELECT count(*) = 1 FROM dead_letters WHERE kind = 'tell'")
        async with still.database.worker(still.place.tenant) as transaction:
            letter = (await dead_letters.letters(transaction)).items[0]
            await dead_letters.retry(transaction, [letter.message_id])
        await still.until(lambda: len(peer.asked) == 2, 20)
        await still.quiet()
        assert peer.asked[0].body == peer.asked[1].body
        assert await still.value("SELECT settled_how FROM dead_letters") == "retried"


async def test_so_is_a_refused_notice_of_a_channel_s_health(still: Town) -> None:
    answers = iter((Reply(404), Reply(204)))
    async with Peer(lambda _request: next(answers)) as peer:
        await allow(still, peer)
        await subscribed(still, peer.url, "channel.health")
        async with still.database.worker(still.place.tenant) as transaction:
            (channel,) = await channel_health.watched(transaction)
            alert = channel_health.Alert("stop", "reauthorise", "auth")
            now = await transaction.now()
            await channel_health.tell_alerts(transaction, channel, [alert], now)
            await transaction.run("UPDATE channels SET state = 'paused'")  # no look of its own
        still.at_work.ring()
        await still.sees("SELECT count(*) = 1 FROM dead_letters WHERE kind = 'tell'")
        async with still.database.worker(still.place.tenant) as transaction:
            (letter,) = (await dead_letters.letters(transaction)).items
            assert (letter.channel_id, letter.of_channel) == (still.place.channel, True)
            assert await dead_letters.letter_counts(transaction) == {letter.reason: 1}
            await dead_letters.retry(transaction, [letter.message_id])
        await still.until(lambda: len(peer.asked) == 2, 20)
        await still.quiet()
        assert peer.asked[0].body == peer.asked[1].body
        await still.run("UPDATE dead_letters SET settled_at = now() - interval '91 days'")
        async with still.database.worker() as transaction:
            assert await clean(transaction) == 1


async def test_a_transfer_tells_whom_it_notifies_and_how_urgent_it_is(still: Town) -> None:
    """What happened is told even though a person has the chat by then."""
    transfer = {
        "id": "t", "type": "transfer", "to": {"queue": "geral"}, "priority": 7,
        "briefing": "Quer cancelar", "notify": ["plantao"],
    }  # fmt: skip
    async with Peer(lambda _request: Reply(204)) as peer:
        await allow(still, peer)
        await subscribed(still, peer.url, "plantao")
        await still.publish("oi", (OI, transfer), ("oi > t",))
        still.say("oi")
        await still.until(lambda: len(peer.asked) == 1)
        data = json.loads(peer.asked[0].body)["data"]
        assert data == {"to": {"queue": "geral"}, "priority": 7, "briefing": "Quer cancelar"}
        assert await still.value("SELECT priority FROM conversations WHERE owner = 'queue'") == 7
