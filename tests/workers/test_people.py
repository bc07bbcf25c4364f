"""People: taking over, answering, giving back; consent; and the fence between person and bot."""

import asyncio

from connectors.fake_graph import webhooks
from connectors.fake_graph.words import Ladder, Person, Trouble
from flowengine.messages import Text
from flowengine.store import consents
from tests.flowengine.playing import OI, ask, text
from tests.services.postgres import on_both
from tests.workers.test_inbox import body, message, status
from tests.workers.town import ANA, Town

ASKS = (
    (OI, ask("nome", "Nome?", save_as="nome"), text("fim", "Prazer, {{ nome }}!")),
    ("oi > nome", "nome:reply > fim"),
)
VARIABLES = [{"name": "nome"}]


async def owner(town: Town) -> tuple[str, str]:
    row = (await town.rows("SELECT owner, owner_id FROM conversations"))[0]
    return row["owner"], row["owner_id"]


async def ids(town: Town) -> tuple[str, str, str]:
    return str(town.place.tenant), str(await town.conversation()), str(town.place.owner)


@on_both
async def test_a_person_takes_over_answers_and_gives_back(town: Town) -> None:
    await town.publish("oi", *ASKS, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    tenant, conversation, agent = await ids(town)
    workers = town.workers
    assert workers is not None
    await workers.say(tenant, conversation, agent, Text("Oi, aqui é a Bia."))
    await town.hears("Nome?", "Oi, aqui é a Bia.")
    await town.quiet()
    assert await owner(town) == ("agent", agent)
    await town.writes("Quero um banho")
    await town.quiet()
    assert town.heard() == ["Nome?", "Oi, aqui é a Bia."]
    await workers.give_back(tenant, conversation, agent)
    await town.hears("Nome?", "Oi, aqui é a Bia.", "Nome?")
    town.say("Ana")
    await town.hears("Nome?", "Oi, aqui é a Bia.", "Nome?", "Prazer, Ana!")


async def test_a_take_over_drops_what_the_bot_had_still_to_say(town: Town) -> None:
    town.graph.ladder = Ladder(sent=None, delivered=None)
    taken_over = asyncio.Event()
    town.graph.trouble(Trouble("slow", until=taken_over))
    await town.publish(
        "oi", (OI, text("a", "A"), text("b", "B"), ask("c", "C")), ("oi > a", "a > b", "b > c")
    )
    town.say("oi")
    await town.sees("SELECT count(*) FROM outbox WHERE state = 'sending'")
    tenant, conversation, agent = await ids(town)
    assert town.workers is not None
    await town.workers.say(tenant, conversation, agent, Text("Deixa comigo."))
    taken_over.set()
    await town.hears("A", "Deixa comigo.")
    await town.quiet()
    rows = await town.rows("SELECT text, status FROM messages WHERE direction = 'out' ORDER BY id")
    assert [(r["text"], r["status"]) for r in rows if r["status"] == "dropped"] == [
        ("B", "dropped"),
        ("C", "dropped"),
    ]


async def test_what_may_have_arrived_is_never_called_dropped(town: Town) -> None:
    """A resend that a take-over cancels: the first attempt's status may still come."""
    await town.publish("oi", (OI, text("a", "A")), ("oi > a",))
    await town.owner("UPDATE channels SET state = 'paused'")
    await town.writes("oi")
    await town.sees("SELECT count(*) = 1 FROM outbox")
    # As it stands after an unclear attempt that the policy wants to repeat.
    await town.owner("UPDATE outbox SET attempt = 1; UPDATE messages SET status = 'unknown'"
                     " WHERE direction = 'out'")  # fmt: skip
    tenant, conversation, agent = await ids(town)
    assert town.workers is not None
    await town.workers.take_over(tenant, conversation, agent)
    await town.sees("SELECT count(*) = 0 FROM outbox")
    said = (await town.rows("SELECT id, status FROM messages WHERE direction = 'out'"))[0]
    assert said["status"] == "unknown"
    await town.deliver(body(town, [], [status("wamid.first", "read", f"{said['id']}:1")]))
    await town.sees("SELECT count(*) = 1 FROM messages WHERE status = 'read'")


async def test_a_second_click_says_nothing_twice(town: Town) -> None:
    await town.publish("oi", *ASKS, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    tenant, conversation, agent = await ids(town)
    assert town.workers is not None
    for _ in range(3):
        await town.workers.say(tenant, conversation, agent, Text("Oi"), key="form-1")
    await town.hears("Nome?", "Oi")
    await town.quiet()
    assert town.heard() == ["Nome?", "Oi"]


async def test_a_transfer_says_what_it_said_before_it_gave_the_chat_away(town: Town) -> None:
    """The bot's own hand-over drops nothing of what the bot said before it."""
    town.graph.trouble(Trouble("error", code=131056))
    transfer = {"id": "fila", "type": "transfer", "to": {"queue": "geral"}}
    await town.publish("oi", (OI, text("a", "Um momento."), transfer), ("oi > a", "a > fila"))
    town.say("oi")
    await town.hears("Um momento.", within=12)
    await town.quiet()
    assert await owner(town) == ("queue", "geral")
    tenant, conversation, agent = await ids(town)
    assert town.workers is not None
    await town.workers.take_over(tenant, conversation, agent)
    await town.quiet()
    assert await owner(town) == ("agent", agent)
    await town.workers.close(tenant, conversation, agent, "resolvido")
    await town.quiet()
    assert await owner(town) == ("bot", "")
    assert await town.value("SELECT status FROM executions") == "completed"
    assert await town.value("SELECT closed_at IS NOT NULL FROM conversations")
    await town.writes("oi")
    await town.quiet()
    assert not await town.value("SELECT closed_at IS NOT NULL FROM conversations")


async def test_an_echo_of_our_own_send_is_no_take_over_and_another_hand_is(town: Town) -> None:
    await town.publish("oi", *ASKS, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    ours = town.graph.sent[0].wamid
    await town.deliver(echo(town, ours, "Nome?"))
    await town.deliver(echo(town, "wamid.by.hand", "Oi, vi sua mensagem"))
    await town.run("UPDATE status_orphans SET at = at - interval '10 seconds'")
    await town.sees("SELECT owner = 'agent' FROM conversations")
    assert await owner(town) == ("agent", "phone")
    said = await town.rows("SELECT text FROM messages WHERE author_id = 'phone'")
    assert said == [{"text": "Oi, vi sua mensagem"}]
    assert await town.value("SELECT count(*) FROM status_orphans") == 0


def echo(town: Town, wamid: str, words: str) -> bytes:
    """A message that left by the business's own phone, as the provider tells it."""
    value = webhooks.value(town.number, contacts=[], messages=[])
    value["message_echoes"] = [
        {
            "from": town.number.display,
            "to": ANA,
            "id": wamid,
            "timestamp": "1772460000",
            "type": "text",
            "text": {"body": words},
        }
    ]
    value.pop("messages", None)
    return webhooks.wrap(town.number, [("smb_message_echoes", value)])


# -- consent -------------------------------------------------------------------------------------


async def test_an_opt_out_word_ends_everything_is_recorded_and_confirmed_once(town: Town) -> None:
    await town.publish("oi", *ASKS, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    town.say("PARAR")
    await town.hears("Nome?", "Pronto.")
    await town.quiet()
    assert await town.value("SELECT status FROM executions") == "interrupted"
    row = (await town.rows("SELECT purpose, given, proof, source FROM consent_log"))[0]
    assert row == {"purpose": "all", "given": False, "proof": "PARAR", "source": "word"}


async def test_what_nobody_agreed_to_is_refused_when_it_is_sent(town: Town) -> None:
    await town.publish("oi", *ASKS, variables=VARIABLES)
    await town.publish("promo", (text("a", "Promoção!"),), (), start="a")
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    contact = await town.value("SELECT id FROM contacts")
    tenant, channel = str(town.place.tenant), str(town.place.channel)
    assert town.workers is not None

    async def start(key: str) -> None:
        assert town.workers is not None
        await town.workers.start_flow(
            tenant, "promo", contact=str(contact), channel=channel, purpose="marketing", key=key
        )
        await town.quiet()

    await start("1")
    assert town.heard() == ["Nome?"]
    refused = await town.rows("SELECT reason FROM dead_letters")
    assert refused == [{"reason": "opted_out"}]
    async with town.database.worker(town.place.tenant) as transaction:
        await consents.record_consent(transaction, contact, "marketing", True, "sim", "person")
    await start("2")
    await town.hears("Nome?", "Promoção!")
    begun = await town.workers.start_flow(
        tenant, "promo", contact=str(contact), channel=channel, purpose="marketing", key="2"
    )
    assert begun.doubled
    await town.quiet()
    assert len(town.heard()) == 2


async def test_a_preference_in_the_providers_settings_is_recorded(town: Town) -> None:
    preference = {
        "wa_id": ANA,
        "category": "marketing_messages",
        "value": "stop",
        "detail": "User requested to stop marketing messages",
        "timestamp": 1772460000,
    }
    value = webhooks.value(town.number, contacts=[contact()], messages=[])
    value.pop("messages", None)
    value["user_preferences"] = [preference]
    await town.deliver(webhooks.wrap(town.number, [("user_preferences", value)]))
    await town.quiet()
    row = (await town.rows("SELECT purpose, given FROM consents"))[0]
    assert row == {"purpose": "marketing", "given": False}


def contact() -> dict[str, object]:
    from connectors.fake_graph.shapes import contact_of

    return contact_of(Person(wa_id=ANA, name="Ana"))


async def test_what_a_flow_changes_of_a_contact_is_there_for_the_next_turn(town: Town) -> None:
    assign = {
        "id": "guarda",
        "type": "set",
        "assign": [{"to": "contact.fields.pet", "value": {"expr": "nome"}}],
    }
    tag = {"id": "marca", "type": "tag", "add": ["cliente"]}
    await town.publish(
        "oi",
        (
            OI,
            ask("nome", "Nome?", save_as="nome"),
            assign,
            tag,
            text("fim", "{{ contact.fields.pet }}"),
        ),
        ("oi > nome", "nome:reply > guarda", "guarda > marca", "marca > fim"),
        variables=VARIABLES,
    )
    messages = [message(ANA, n, words) for n, words in enumerate(("oi", "Rex"))]
    await town.deliver(body(town, messages))
    await town.hears("Nome?", "Rex")
    await town.quiet()
    row = (await town.rows("SELECT fields, tags FROM contacts"))[0]
    assert row == {"fields": {"pet": "Rex"}, "tags": ["cliente"]}
