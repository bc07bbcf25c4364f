"""Conversations of the furnished workspace, held over the simulator as real ones are."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from connectors.base import File
from connectors.simulator import Saying
from flowengine.messages import (
    Audio,
    Card,
    Content,
    Document,
    Identity,
    Image,
    Location,
    Media,
    Phone,
    Refused,
    Sticker,
    Text,
    Video,
)
from flowengine.state import encode
from flowengine.store import consents, contacts, conversations, identities, scheduled_messages
from flowengine.store.burying import bury
from flowengine.store.conversations import ConversationRow
from flowengine.store.identities import Seen
from flowengine.store.scheduled_messages import NewScheduled
from tests.pages.flows import picture
from tests.pages.words import Words
from tests.web.living import wait_for
from tests.web.site import Place, Site

PATIENCE = 60.0


class Room(Struct):
    """A conversation, whom it is with, and a message of the bot's in it."""

    id: UUID
    contact: UUID
    message: UUID


async def chat(
    site: Site, place: Place, say: Words, many: int
) -> tuple[dict[str, Room], dict[str, str]]:
    """The conversations by what they show, and what stands for {…} in paths that lead to them."""
    for number in range(many):
        name = f"Cliente {number}" if number % 3 else "Fernanda de Albuquerque Montenegro Torres"
        said(site, place, f"+55119700{number:05}", Saying(text="oi", name=say(name)))
    ids = (Identity("simulator", "+5511960000001"), Identity("phone", "+5511960000001"))
    async with site.database.web(place.tenant) as transaction:
        await identities.resolve(transaction, Seen(place.tenant, ids, say("Joana")))
    said(site, place, "+5511960000001", Saying(text="mostrar", name=say("Joana, que viu tudo")))
    said(site, place, "+5511960000002", Saying(text="mostrar", name=say("Paulo, que espera")))
    said(site, place, "+5511960000003", Saying(text="oi", name=say("Rita, que o robô atende")))
    said(site, place, "+5511960000004", Saying(text="oi", name=say("Otávio, já atendido")))
    rooms = {
        "full": await room(site, place, "+5511960000001", lambda row: row.owner == "queue"),
        "queue": await room(site, place, "+5511960000002", lambda row: row.owner == "queue"),
        "bot": await room(site, place, "+5511960000003", lambda row: row.unread > 0),
        "closed": await room(site, place, "+5511960000004", lambda row: row.unread > 0),
    }
    await _answer(site, place, say, rooms)
    return rooms, {
        "conversation": str(rooms["full"].id),
        "contact": str(rooms["full"].contact),
        "message": str(rooms["full"].message),
        "scheduled": await _later(site, place, say, rooms["full"].id),
    }


def said(site: Site, place: Place, phone: str, saying: Saying) -> None:
    site.network.say(place.number, phone, saying)


async def room(
    site: Site, place: Place, phone: str, ready: Callable[[ConversationRow], bool]
) -> Room:
    """The conversation with a phone, when what it waits for has come and the bot has spoken."""

    async def found() -> Room | None:
        async with site.database.web(place.tenant) as transaction:
            who = await contacts.contact_of(transaction, Identity("simulator", phone))
            page = await conversations.conversations(transaction, limit=100)
            row = next((row for row in page.items if row.contact_id == who), None)
            if row is None or not ready(row):
                return None
            told = await conversations.messages(transaction, row.id)
            said = [message.id for message in told if message.author == "bot"]
            return Room(row.id, row.contact_id, said[0]) if said else None

    return await wait_for(found, PATIENCE)


async def _answer(site: Site, place: Place, say: Words, rooms: dict[str, Room]) -> None:
    """Joana sends one of everything and gets a person; Otávio's conversation is closed."""
    assert site.workers is not None
    tenant, owner, phone = str(place.tenant), str(place.people["owner"]), "+5511960000001"
    shown = site.network.keep_file(File("image/png", picture(), say("foto do pet.png")))
    for content in _sent(say, Media(asset=shown)):
        said(site, place, phone, Saying(content=content))
    first = site.network.transcript(place.number, phone).entries[0].id
    said(site, place, phone, Saying(reaction="❤️", quoted=first))
    said(site, place, phone, Saying(text=say("Nao cabe " + "umapalavraenorme" * 12)))
    await site.network.settled(place.number)
    async with site.database.web(place.tenant) as transaction:
        await contacts.change_contact(
            transaction,
            rooms["full"].contact,
            fields={"pet": say("Mingau"), "obs": say("Alérgico a frango. " * 9), "nota": 9},
            add_tags=["vip", "cliente", "lead-quente", "promotor"],
        )
        for purpose, given in (("lembretes", True), ("all", False)):
            await consents.record_consent(
                transaction, rooms["full"].contact, purpose, given, say("parar"), "word"
            )
    full, closed = str(rooms["full"].id), str(rooms["closed"].id)
    await site.workers.say(tenant, full, owner, Text(say("Oi! Aqui é a Bia, já vi o seu pedido.")))
    await site.workers.take_over(tenant, closed, owner)
    await site.workers.close(tenant, closed, owner, say("resolvido"))
    await _until(site, place, rooms["full"].id, lambda row: row.owner == "agent")
    await _until(site, place, rooms["closed"].id, lambda row: row.closed_at is not None)
    await _fail(site, place, rooms["bot"].id, say)


def _sent(say: Words, media: Media) -> tuple[Content, ...]:
    return (
        Image(media, say("Este é o Mingau")),
        Audio(media, voice=True),
        Video(media, say("Ele pulando")),
        Document(media, say("exame-de-sangue-completo-do-mingau-2026.pdf"), say("O exame")),
        Sticker(media),
        Location(Decimal("-23.56"), Decimal("-46.65"), say("Minha casa"), say("Rua Um, 2")),
        Card(say("Minha mãe"), (Phone("+5511988887777"),)),
    )


async def _until(
    site: Site, place: Place, id: UUID, ready: Callable[[ConversationRow], bool]
) -> None:
    async def done() -> bool:
        async with site.database.web(place.tenant) as transaction:
            return ready(await conversations.conversation(transaction, id))

    await wait_for(done, PATIENCE)


async def _fail(site: Site, place: Place, id: UUID, say: Words) -> None:
    """What the bot said first could not be delivered after all, in words of the provider's."""

    async def taken() -> UUID | None:
        async with site.database.worker(place.tenant) as transaction:
            return await transaction.value(
                "SELECT id FROM messages WHERE conversation_id = $1 AND direction = 'out' "
                "AND status IN ('delivered', 'read') LIMIT 1",
                id,
            )

    message = await wait_for(taken, PATIENCE)
    refused = Refused("unreachable", permanent=True, code="131026", detail=say("undeliverable"))
    async with site.database.worker(place.tenant) as transaction:
        await bury(transaction, {message: refused})
        await transaction.run(
            "UPDATE messages SET status = 'failed', error = $2 WHERE id = $1",
            message,
            encode(refused),
        )


async def _later(site: Site, place: Place, say: Words, conversation: UUID) -> str:
    """Messages that wait for their time; the id of the first."""
    made = ""
    async with site.database.web(place.tenant) as transaction:
        for days in (1, 2, 30):
            due = datetime.now(UTC) + timedelta(days=days)
            text = say("Oi! Passando para lembrar do retorno do Mingau. " * days)[:900]
            new = NewScheduled(
                conversation,
                str(place.people["owner"]),
                "text",
                encode(Text(text)),
                text,
                due,
                due.strftime("%Y-%m-%dT%H:%M"),
                "America/Sao_Paulo",
            )
            made = made or str((await scheduled_messages.schedule_message(transaction, new)).id)
    return made
