"""Conversations as pages read them: lists, messages, search, and what changed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from flowengine.messages import Identity
from flowengine.store import channels, conversations
from flowengine.store.changes import WATCHED, changes
from flowengine.store.conversations import found_messages, journal, messages
from flowengine.store.counts import waiting
from flowengine.store.database import Database
from flowengine.store.errors import NotFound
from flowengine.store.identities import Seen, resolve
from flowengine.store.ids import new_id
from flowengine.store.transaction import Transaction
from flowengine.store.vault import Vault
from tests.services import postgres as services
from tests.services.postgres import on_both
from tests.store.conftest import Place

NOW = datetime.now(UTC)


class Chat(Struct, frozen=True):
    """A conversation of Bia's, and who writes in it."""

    store: Database
    place: Place
    channel: UUID
    contact: UUID
    id: UUID


@pytest.fixture
async def chat(store: Database, bia: Place, vault: Vault) -> Chat:
    return await begin(store, bia, vault, "Ana", "+5511999990001")


async def begin(
    store: Database, place: Place, vault: Vault, name: str, phone: str, minutes: int = 0
) -> Chat:
    """A new contact's conversation, whose last message came so many minutes ago."""
    async with store.worker(place.tenant) as transaction:
        known = await channels.channels(transaction)
        channel = known[0] if known else await add_channel(transaction, vault)
        contact = await resolve(transaction, Seen(place.tenant, (Identity("phone", phone),), name))
        identifier = new_id()
        await transaction.run(
            """
            INSERT INTO conversations (id, tenant_id, contact_id, channel_id, last_message_at)
            VALUES ($1, $2, $3, $4, $5)
            """,
            identifier,
            place.tenant,
            contact.contact_id,
            channel.id,
            NOW - timedelta(minutes=minutes),
        )
    return Chat(store, place, channel.id, contact.contact_id, identifier)


async def add_channel(transaction: Transaction, vault: Vault) -> channels.Channel:
    return await channels.add_channel(transaction, vault, "cloud", "Loja", "1", b"{}")


async def say(chat: Chat, *texts: str, status: str = "queued") -> list[UUID]:
    ids = [new_id() for _ in texts]
    async with chat.store.worker() as transaction:
        await transaction.run_many(
            """
            INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind,
                content, text, status)
            VALUES ($1, $2, $3, clock_timestamp(), 'out', 'bot', 'text', $4, $5, $6)
            """,
            [
                (each, chat.place.tenant, chat.id, text.encode(), text, status)
                for each, text in zip(ids, texts, strict=True)
            ],
        )
    return ids


async def record(chat: Chat, seq: int) -> None:
    async with chat.store.worker() as transaction:
        await transaction.run(
            """
            INSERT INTO journal (conversation_id, seq, step, at, turn, engine_id, release, given,
                effects, trail, state_hash)
            VALUES ($1, $2, 0, clock_timestamp(), 1, 'e', 'r', 'g', 'e', 't', 'h')
            """,
            chat.id,
            seq,
        )


def said(found: Sequence[conversations.Message]) -> list[str]:
    return [each.text for each in found]


async def test_the_list_has_the_newest_first_and_is_paged(
    store: Database, bia: Place, vault: Vault
) -> None:
    for n, name in enumerate(["Ana", "Bruno", "Caio", "Dora", "Eva"]):
        await begin(store, bia, vault, name, f"+551199999000{n}", minutes=n // 2)

    async with store.web(bia.tenant) as transaction:
        names: list[str] = []
        cursor = None
        for _ in range(3):
            page = await conversations.conversations(transaction, cursor=cursor, limit=2)
            names += [row.contact_name for row in page.items]
            cursor = page.next

    assert names == ["Bruno", "Ana", "Dora", "Caio", "Eva"]
    assert cursor is None


async def test_the_list_is_filtered(store: Database, chat: Chat, vault: Vault) -> None:
    other = await begin(store, chat.place, vault, "Bruno", "+5511988887777")
    async with store.worker() as transaction:
        await transaction.run(
            "UPDATE conversations SET owner = 'queue', owner_id = 'suporte' WHERE id = $1", other.id
        )
        await transaction.run("UPDATE conversations SET closed_at = now() WHERE id = $1", chat.id)
    async with store.web(chat.place.tenant) as transaction:

        async def found(**asked: Any) -> set[UUID]:
            page = await conversations.conversations(transaction, **asked)
            return {row.id for row in page.items}

        assert await found() == {chat.id, other.id}
        assert await found(owner="bot") == {chat.id}
        assert await found(owner="queue", owner_id="suporte") == {other.id}
        assert await found(owner="queue", owner_id="vendas") == set()
        assert await found(closed=True) == {chat.id}
        assert await found(closed=False) == {other.id}
        assert await found(search="bru") == {other.id}
        assert await found(search="8888") == {other.id}
        assert await found(search="%") == set()
        assert await found(contact_id=chat.contact, channel_id=chat.channel) == {chat.id}
        assert await conversations.waiting_counts(transaction) == {"suporte": 1}


async def test_one_conversation_and_reading_it(store: Database, chat: Chat, davi: Place) -> None:
    async with store.worker() as transaction:
        await transaction.run("UPDATE conversations SET unread = 3")
    async with store.web(davi.tenant) as transaction:
        await conversations.mark_read(transaction, chat.id)
        with pytest.raises(NotFound):
            await conversations.conversation(transaction, chat.id)
    async with store.web(chat.place.tenant) as transaction:
        row = await conversations.conversation(transaction, chat.id)
        assert (row.contact_name, row.channel_name, row.unread) == ("Ana", "Loja", 3)
        await conversations.mark_read(transaction, chat.id)
        assert (await conversations.conversation(transaction, chat.id)).unread == 0


async def test_messages_come_in_pages_in_both_directions(store: Database, chat: Chat) -> None:
    ids = await say(chat, *(str(n) for n in range(10)))
    async with store.web(chat.place.tenant) as transaction:
        last = await messages(transaction, chat.id, limit=3)
        assert said(last) == ["7", "8", "9"]
        assert said(await messages(transaction, chat.id, before=last[0].id, limit=3)) == [
            "4",
            "5",
            "6",
        ]
        assert said(await messages(transaction, chat.id, after=ids[1], limit=2)) == ["2", "3"]
        assert await messages(transaction, chat.id, after=ids[-1]) == ()


@on_both
async def test_words_are_found_whatever_their_accents(
    store: Database, chat: Chat, davi: Place
) -> None:
    await say(
        chat, "Não há HORÁRIO amanhã", "Agendamento: amanhã às 10h", "Olá", "o'brien \\ : & |"
    )
    async with store.web(chat.place.tenant) as transaction:

        async def found(words: str) -> list[str]:
            return said(await found_messages(transaction, words))

        assert await found("nao") == ["Não há HORÁRIO amanhã"]
        assert await found("AMANHÃ") == ["Agendamento: amanhã às 10h", "Não há HORÁRIO amanhã"]
        assert await found("amanha agend") == ["Agendamento: amanhã às 10h"]
        assert len(await found("o'brien")) == 1
        for odd in ("", "  ", "!&|:*'\\", "a:* | b", "\x00", "'", "\\'"):
            assert await found(odd) == [], odd
    async with store.web(davi.tenant) as transaction:
        assert await found_messages(transaction, "amanhã") == ()
    async with store.visitor() as transaction:
        assert await found_messages(transaction, "amanhã") == ()


@on_both
async def test_search_uses_its_index_as_the_web(
    store: Database, chat: Chat, database: services.Database
) -> None:
    async with store.worker() as transaction:
        await transaction.run(
            """
            INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind,
                content, text)
            SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0')
                    || substr(md5(n::text), 13))::uuid, $1, $2, now(), 'in', 'contact', 'text', '',
                'pedido ' || md5(n::text)
            FROM generate_series(1, 5000) n
            """,
            chat.place.tenant,
            chat.id,
        )
    await say(chat, "agulha no palheiro")
    await analyze(database.owner)

    async with store.web(chat.place.tenant) as transaction:
        assert said(await found_messages(transaction, "palheiro")) == ["agulha no palheiro"]
        await transaction.run("SELECT pg_stat_force_next_flush()")

    async with store.web(chat.place.tenant) as transaction:
        scans = await transaction.value(
            """
            SELECT sum(idx_scan) FROM pg_stat_user_indexes
            WHERE relname LIKE 'messages_%' AND indexrelname LIKE '%words%'
            """
        )
        rows = await transaction.value(
            "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'messages_%'"
        )
    assert scans >= 1
    assert rows < 5000


@on_both
async def test_a_look_up_by_id_reads_one_partition(store: Database, chat: Chat) -> None:
    (identifier,) = await say(chat, "Olá")
    async with store.web(chat.place.tenant) as transaction:
        plan = "\n".join(
            row[0]
            for row in await transaction.rows(
                f"EXPLAIN SELECT * FROM messages WHERE id = '{identifier}'"
            )
        )
    assert plan.count(" on messages_") == 1


async def analyze(dsn: str) -> None:
    opened = await Database.open(dsn, dsn)
    async with opened.worker() as transaction:
        await transaction.run("ANALYZE messages")
    await opened.close()


async def test_a_message_longer_than_a_search_index_takes_is_kept(
    store: Database, chat: Chat
) -> None:
    long = " ".join(f"p{n}" for n in range(400_000))
    await say(chat, long)
    async with store.web(chat.place.tenant) as transaction:
        assert said(await messages(transaction, chat.id)) == [long]
        assert len(await found_messages(transaction, "p10")) == 1


async def test_what_changed_is_told_once(store: Database, chat: Chat) -> None:
    first = await say(chat, "um", "dois", status="sent")
    await record(chat, 1000)
    async with store.web(chat.place.tenant) as transaction:
        start = await changes(transaction, chat.id)
        assert said(start.messages) == ["um", "dois"]
        assert [row.seq for row in start.journal] == [1000]
        still = await changes(transaction, chat.id, start.mark)
        assert (still.messages, still.journal, still.mark) == ((), (), start.mark)

    await say(chat, "três")
    await record(chat, 2000)
    async with store.worker() as transaction:
        await transaction.run("UPDATE messages SET status = 'read' WHERE id = $1", first[0])
    async with store.web(chat.place.tenant) as transaction:
        news = await changes(transaction, chat.id, start.mark)
        assert [(m.text, m.status) for m in news.messages] == [("um", "read"), ("três", "queued")]
        assert [row.seq for row in news.journal] == [2000]
        assert news.conversation.id == chat.id
        assert (await changes(transaction, chat.id, news.mark)).messages == ()
        assert said((await changes(transaction, chat.id, "rubbish")).messages) == [
            "um",
            "dois",
            "três",
        ]


async def test_what_changed_stays_exact_over_many_messages(store: Database, chat: Chat) -> None:
    ids = await say(chat, *(str(n) for n in range(WATCHED + 20)), status="sent")
    async with store.web(chat.place.tenant) as transaction:
        mark = (await changes(transaction, chat.id)).mark
    await say(chat, *(f"new {n}" for n in range(10)))
    async with store.worker() as transaction:
        await transaction.run(
            "UPDATE messages SET status = 'read' WHERE id = ANY($1::uuid[])", [ids[-1], ids[-30]]
        )
    async with store.web(chat.place.tenant) as transaction:
        news = await changes(transaction, chat.id, mark)

    old = [m.id for m in news.messages if m.status == "read"]
    assert old == [ids[-30], ids[-1]]
    assert len(news.messages) == 12


async def test_a_journal_is_read_from_either_end(store: Database, chat: Chat) -> None:
    for seq in (1000, 2000, 3000):
        await record(chat, seq)
    async with store.web(chat.place.tenant) as transaction:

        async def seqs(**asked: Any) -> list[int]:
            return [row.seq for row in await journal(transaction, chat.id, **asked)]

        assert await seqs(limit=2) == [1000, 2000]
        assert await seqs(after=(1000, 0)) == [2000, 3000]
        assert await seqs(limit=2, newest=True) == [2000, 3000]


async def test_what_waits_is_counted(store: Database, chat: Chat) -> None:
    async with store.worker() as transaction:
        empty = await waiting(transaction)
        assert (empty.conversations, empty.lag, empty.calls) == (0, 0.0, 0)
        await transaction.run("UPDATE conversations SET work_at = now() - interval '5 s'")
        await transaction.run(
            """
            INSERT INTO outbox (id, effect_id, tenant_id, conversation_id, channel_id, class, seq,
                pos, state, effect, author, epoch, awaited, visit, created_at)
            VALUES ($1, 'e', $1, $1, $1, 0, 1, 0, 'unknown', '', 'bot', 0, false, 0, now())
            """,
            new_id(),
        )
    async with store.worker() as transaction:
        now = await waiting(transaction)
        assert (now.conversations, now.outbox_unknown, now.outbox_queued) == (1, 1, 0)
        assert 5 <= now.lag < 60


async def test_the_most_urgent_of_a_queue_come_first_page_after_page(
    store: Database, bia: Place, vault: Vault
) -> None:
    for number, priority in enumerate((0, 5, 0, 9)):
        made = await begin(store, bia, vault, f"C{number}", f"+551199999000{number}", 10 - number)
        async with store.worker() as transaction:
            await transaction.run(
                "UPDATE conversations SET owner = 'queue', owner_id = 'q', priority = $2 "
                "WHERE id = $1",
                made.id,
                priority,
            )
    seen: list[tuple[str, int]] = []
    cursor = None
    async with store.web(bia.tenant) as transaction:
        for _ in range(4):
            page = await conversations.conversations(
                transaction, owner="queue", limit=1, cursor=cursor
            )
            seen += [(row.contact_name, row.priority) for row in page.items]
            cursor = page.next
    assert cursor is None
    assert seen == [("C3", 9), ("C1", 5), ("C2", 0), ("C0", 0)]
