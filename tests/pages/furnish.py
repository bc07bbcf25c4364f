"""A workspace with enough in it to judge every page by; and one with nothing in it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from connectors.registry import CONNECTORS, schema
from flowengine.document import canonical, parse, whole_hash
from flowengine.store import accounts, channels, contacts, flows, identities, tenants
from flowengine.store.database import Transaction
from flowengine.store.identities import Identity, Seen
from flowengine.store.invitations import invite
from flowengine.store.sessions import make_link
from tests.pages.changing import change
from tests.pages.chats import Room, chat
from tests.pages.flows import broken_flow, everything, long_flow, picture
from tests.pages.kinds import empty_flow, every_kind, warned_flow
from tests.pages.words import Words, kind
from tests.web.site import Place, Site, version_of
from web.commands.demo import NUMBER, make_first_workspace
from web.commands.numbers import open_numbers

NAMES = (
    "Ana Souza",
    "Maria Aparecida dos Santos Albuquerque de Oliveira Cavalcanti e Vasconcelos",
    "Superextraordinariamentelongosemnenhumespaçonomeiodonomedapessoa",
    "José",
    "محمد عبد الله",
    "李小龙",
    "🐶 Tutor do Rex 🐾",
    "d",
)

PEOPLE = ("viewer", "agent", "designer", "admin", "owner")


class House(Struct):
    """`place`: the full workspace; `empty`: one with an owner and nothing else; `rooms`: the
    conversations by what they show; `names`: what stands for {…} in the paths of routes."""

    site: Site
    place: Place
    empty: Place
    rooms: dict[str, Room]
    names: dict[str, str]


async def furnish(site: Site, say: Words = kind, many: int = 6) -> House:
    """Fills a site that is served and not opened yet. `many`: how many rows long lists have."""
    tenant = await make_first_workspace(site.database, site.vault, site.address)
    assert tenant is not None, "there is a workspace already"
    await site.open()
    await open_numbers(site.database, site.vault, site.network, site.address)
    place = await _people(site, tenant, say)
    empty = await _nothing(site)
    client = await site.client(place)
    names = await _names(site, client, place, say)
    await _contacts(site, place, say, many)
    rooms, told = await chat(site, place, say, many)
    await change(site, client, place, say)
    told |= await _several(site, place, empty)
    return House(site, place, empty, rooms, names | told)


async def _several(site: Site, place: Place, empty: Place) -> dict[str, str]:
    """The owner is in both workspaces and may make more; somebody else is invited."""
    state = site.app.state
    state.runtime = msgspec.structs.replace(state.runtime, new_workspaces=True)
    async with site.database.worker(empty.tenant) as transaction:
        await accounts.join(transaction, place.people["owner"], "agent")
        user = await invite(transaction, "convidada@exemplo.com.br", "Convidada", "designer")
        link = await make_link(transaction, user, empty.tenant, timedelta(days=1))
    return {"token": link}


async def _people(site: Site, tenant: UUID, say: Words) -> Place:
    people: dict[str, UUID] = {}
    async with site.database.worker(tenant) as transaction:
        for member in await accounts.members(transaction):
            people.setdefault(member.role, member.id)
        for role in PEOPLE:
            if role not in people:
                user = await accounts.make_user(
                    transaction, f"{role}@exemplo.com.br", say(f"Fulano de Tal ({role})")
                )
                await accounts.join(transaction, user.id, role)
                people[role] = user.id
        channel = next(c for c in await channels.channels(transaction) if c.kind == "simulator")
    return Place(tenant, people, channel.id, NUMBER, people["owner"])


async def _nothing(site: Site) -> Place:
    async with site.database.worker() as transaction:
        tenant = await tenants.create_tenant(
            transaction, "vazio", "Espaço vazio", opt_out_words=("parar",), opt_out_text="Pronto."
        )
        mine = transaction.of(tenant.id)
        user = await accounts.make_user(mine, "nova@exemplo.com.br", "Nova Dona")
        await accounts.join(mine, user.id, "owner")
    return Place(tenant.id, {"owner": user.id}, user.id, "", user.id)


async def _names(site: Site, client: httpx.AsyncClient, place: Place, say: Words) -> dict[str, str]:
    """What people set, by the forms that they use, so that the history has it too."""
    forms: list[tuple[str, dict[str, Any]]] = [
        ("/settings", {"name": say("Patas & Cia"), "language": "pt-BR",
                       "timezone": "America/Sao_Paulo", "default_queue": "atendimento"}),
        ("/settings/opt-out", {"words": say("parar") + "\nsair da lista", "text": say("Pronto.")}),
        ("/settings/tags", {"key": "vip", "name": say("Cliente muito importante, atender antes")}),
        ("/settings/fields", {"key": "obs", "name": say("Observações do veterinário"),
                              "type": "text"}),
        ("/settings/constants", {"key": "aviso", "value": say("Fechado para balanço em janeiro")}),
        ("/settings/secrets", {"key": "erp", "value": say("segredo")}),
        ("/settings/models", {"profile_key": "reserva", "model": say("modelo-de-reserva"),
                              "base_url": "https://modelo.exemplo.invalid/v1"}),
        ("/settings/knowledge", {"key": "trocas", "name": say("Trocas e devoluções")}),
        ("/settings/knowledge/trocas/passages", {"title": say("Prazo"),
                                                 "text": say("Em até sete dias corridos. " * 12)}),
        ("/settings/queues", {"key": "veterinarios", "name": say("Veterinários de plantão"),
                              "schedule": "comercial"}),
        ("/settings/schedules", {"key": "plantao", "name": say("Plantão"),
                                 "timezone": "America/Sao_Paulo", "mon": "00:00-24:00",
                                 "country": "", "state": "",
                                 "dates": "24/12/2030 09:00-12:00 " + say("Véspera")}),
        ("/settings/templates", {"name": "aviso_de_retorno", "language": "pt_BR",
                                 "category": "utility", "status": "pending", "header": "none",
                                 "body": say("Olá {{1}}, seu retorno é {{2}}."),
                                 "buttons": say("Confirmo")}),
        ("/settings/subscriptions", {"url": "https://sistema-com-um-nome-bem-comprido.exemplo."
                                     "invalid/avisos/" + "caminho/" * 9,
                                     "names": say("pedido-feito") + "\nlead", "secret": "s" * 20}),
        ("/settings/keys", {"name": say("Integração do ERP"), "role": "agent"}),
        ("/settings/people", {"name": say("Beltrana Convidada"), "role": "viewer",
                              "email": "beltrana.de.um.nome.muito.comprido@exemplo.com.br"}),
    ]  # fmt: skip
    for path, form in forms:
        answer = await client.post(path, data=form)
        assert answer.status_code < 500, f"{path}: {answer.text}"
        if say is kind:
            assert answer.status_code < 400, f"{path}: {answer.status_code} {answer.text[-900:]}"
    upload = {"file": (say("pet.png"), picture(), "image/png")}
    kept = await client.post("/flows/triagem/edit/files", files=upload)
    assert kept.status_code == 201, kept.text
    async with site.database.web(place.tenant) as transaction:
        await _flows(transaction, say, kept.json()["hash"])
        made = await _channels(site, transaction, say)
    return {
        "asset": kept.json()["hash"],
        "channel": str(place.channel),
        "user": str(place.people["agent"]),
        **made,
    }


async def _flows(transaction: Transaction, say: Words, asset: str) -> None:
    await flows.publish(transaction, version_of(everything(say, asset)))
    drafts = (long_flow(500), broken_flow(), every_kind(say), empty_flow(), warned_flow())
    for document in drafts:
        flow = parse(msgspec.json.encode(document))
        await flows.save_draft(
            transaction, flow.key, flow.name, canonical(flow), whole_hash(flow), rev=0
        )


async def _channels(site: Site, transaction: Transaction, say: Words) -> dict[str, str]:
    """One of each kind that there is, whatever kinds there are; the second of them was stopped."""
    made: dict[str, str] = {}
    for number, name in enumerate(name for name in CONNECTORS if name != "simulator"):
        channel = await channels.add_channel(
            transaction,
            site.vault,
            name,
            say(f"Loja da Vila Mariana ({name})"),
            f"55119000010{number:02}",
            msgspec.json.encode(_settings(name)),
        )
        made[f"channel:{name}"] = str(channel.id)
    return made


def _settings(name: str) -> dict[str, Any]:
    """Something for each setting that a kind cannot do without."""
    described = schema(name)
    fields: dict[str, Any] = described.get("properties", {})
    return {field: _example(field, fields[field]) for field in described.get("required", ())}


def _example(name: str, field: dict[str, Any]) -> Any:
    if "default" in field:
        return field["default"]
    if name == "number":
        return "5511900001001"
    match field.get("type"):
        case "integer" | "number":
            return field.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return (
                "https://exemplo.invalid" if "url" in name else "exemplo-de-um-valor-bem-comprido"
            )


async def _contacts(site: Site, place: Place, say: Words, many: int) -> None:
    async with site.database.web(place.tenant) as transaction:
        for number in range(max(many, len(NAMES))):
            name = NAMES[number % len(NAMES)]
            phone = Identity("phone", f"+55119800{number:05}")
            seen = Seen(place.tenant, (phone,), say(name)[:120])
            found = await identities.resolve(transaction, seen)
            await contacts.change_contact(
                transaction,
                found.contact_id,
                fields={"pet": say("Rex"), "obs": say("Tem medo de secador. " * (number % 5))},
            )
