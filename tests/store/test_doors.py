"""What people and programs do to a conversation fits through the fence of their own workspace."""

from uuid import UUID

from flowengine.happenings import EventCame, GaveBack
from flowengine.messages import Text
from flowengine.store import actions
from flowengine.store.database import Database
from flowengine.store.transaction import Transaction
from flowengine.store.vault import Vault
from tests.services.postgres import on_both
from tests.store.conftest import Place
from tests.store.test_conversations import begin


async def lawless(_transaction: Transaction, _channel: UUID) -> None:
    """The rules of a channel that nobody is sent to by a plan."""


@on_both
async def test_the_webs_role_is_enough(store: Database, bia: Place, vault: Vault) -> None:
    chat = await begin(store, bia, vault, "Ana", "+5511999990001")
    async with store.worker() as transaction:
        await transaction.run(
            """
            INSERT INTO outbox (id, effect_id, tenant_id, conversation_id, channel_id, class, seq,
                pos, effect, author, epoch, awaited, visit, created_at)
            SELECT id, 'bot', tenant_id, id, channel_id, 0, 1, 0, '', 'bot', 0, false, 0, now()
            FROM conversations
            """
        )

    async with store.web(bia.tenant, bia.owner) as transaction:
        await actions.say(transaction, chat.id, bia.owner, Text("Oi, Ana"), "Oi, Ana", "form 1")
        await actions.say(transaction, chat.id, bia.owner, Text("Oi, Ana"), "Oi, Ana", "form 1")
        await actions.act(transaction, chat.id, GaveBack(str(bia.owner)))
        await actions.begin(
            transaction, chat.contact, chat.channel, EventCame("pago"), lawless, "key"
        )
        assert await actions.contact_changed(transaction, chat.contact, ["vip"], []) == 1

    async with store.worker() as transaction:
        kinds = await transaction.rows("SELECT kind FROM inbox ORDER BY seq")
        authors = await transaction.rows("SELECT author FROM outbox")
    assert [row["kind"] for row in kinds] == [
        "took_over",
        "agent_said",
        "gave_back",
        "event",
        "contact_changed",
    ]
    assert [row["author"] for row in authors] == ["agent"]  # the bot's unsent words are gone
