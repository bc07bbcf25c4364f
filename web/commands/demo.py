"""The first workspace: a pet shop with the example flows published, two people and a simulator.

It is made once, in an empty database, in one transaction.
"""

from pathlib import Path
from uuid import UUID

import msgspec

from flowengine.chat import Rules
from flowengine.document import parse
from flowengine.knowledge import read_paragraphs
from flowengine.store import (
    accounts,
    channels,
    constants,
    fields,
    flows,
    knowledge,
    model_profiles,
    queues,
    schedules,
    secrets,
    tags,
    talks,
    templates,
    tenants,
)
from flowengine.store.database import Database, Transaction
from flowengine.store.ids import new_id
from flowengine.store.tokens import new_token
from flowengine.store.vault import Vault
from flowengine.talks.format import parse_talk
from flowengine.workspace import Workspace, parse_workspace
from web.publishing import version_of

EXAMPLES = Path(__file__).parents[2] / "examples"

SLUG = "demo"
BIA = ("bia@exemplo.com.br", "Bia")
CAIO = ("caio@exemplo.com.br", "Caio")

NUMBER = "551140000000"
"""The simulator's number."""

UNSET = "troque-este-valor"
"""What stands in a secret until somebody puts theirs."""

NOWHERE = "https://modelo.exemplo.invalid/v1"
"""A model's address until somebody puts theirs: nothing is ever sent there (RFC 2606)."""


async def make_first_workspace(database: Database, vault: Vault, loopback: str) -> UUID | None:
    """Makes it where the database has none; its id, None where there was one already."""
    async with database.worker() as transaction:
        if await tenants.tenants(transaction):
            return None
        workspace = _workspace()
        rules = Rules()
        tenant = await tenants.create_tenant(
            transaction,
            SLUG,
            workspace.name,
            opt_out_words=workspace.opt_out or rules.opt_out,
            opt_out_text=workspace.opt_out_text or rules.opt_out_text,
        )
        inside = transaction.of(tenant.id)
        people = await _people(inside)
        await _names(inside, vault, workspace, people)
        await _flows(inside)
        await _simulator(inside, vault, loopback)
        return tenant.id


async def demo_workspace(database: Database) -> UUID | None:
    """The demo workspace, where this database has it."""
    async with database.worker() as transaction:
        found = await tenants.tenants(transaction)
    return next((tenant.id for tenant in found if tenant.slug == SLUG), None)


def _workspace() -> Workspace:
    path = EXAMPLES / "workspace.json"
    if not path.is_file():
        return Workspace(format="flowengine-workspace/1", name="Demonstração")
    return parse_workspace(path.read_bytes())


async def _people(transaction: Transaction) -> list[UUID]:
    made: list[UUID] = []
    for (email, name), role in ((BIA, "owner"), (CAIO, "agent")):
        user = await accounts.make_user(transaction, email, name)
        await accounts.join(transaction, user.id, role)
        made.append(user.id)
    return made


async def _names(
    transaction: Transaction, vault: Vault, workspace: Workspace, people: list[UUID]
) -> None:
    """All that workspace.json names; secrets get a value that somebody has to change."""
    await tenants.change_tenant(transaction, purposes=workspace.purposes)
    for key, schedule in workspace.schedules.items():
        document = msgspec.json.encode(schedule)
        await schedules.put_schedule(transaction, key, key.capitalize(), document)
    for key, queue in workspace.queues.items():
        await queues.put_queue(transaction, key, queue.name or key, queue.schedule)
        await queues.set_queue_members(transaction, key, people)
    for key, field in workspace.fields.items():
        await fields.put_field(transaction, key, field.title or key, field.type)
    for tag in workspace.tags:
        await tags.put_tag(transaction, tag, tag)
    for template in workspace.templates:
        document = msgspec.json.encode(template)
        name, language = template.name, template.language
        await templates.put_template(transaction, name, language, template.category, document)
    for key, value in workspace.constants.items():
        await constants.put_constant(transaction, key, value)
    for key in workspace.secrets:
        await secrets.put_secret(transaction, vault, key, UNSET)
    for key in workspace.knowledge:
        await knowledge.put_base(transaction, key, key.capitalize())
        text = EXAMPLES / f"{key}.conhecimento.md"
        if text.is_file():
            told = read_paragraphs(text.read_bytes(), table=False)
            await knowledge.add_passages(transaction, key, told)
    profile = msgspec.json.encode({"base_url": NOWHERE, "model": UNSET})
    for key in workspace.profiles:
        await model_profiles.put_model_profile(transaction, vault, key, profile)


async def _flows(transaction: Transaction) -> None:
    documents = [parse(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.flow.json"))]
    if documents:
        await flows.publish_all(transaction, [version_of(flow) for flow in documents])
    for path in sorted(EXAMPLES.glob("*.talk.json")):
        talk = parse_talk(path.read_bytes())
        name = talk.name or path.name.removesuffix(".talk.json")
        await talks.put_talk(transaction, path.name.partition(".")[0], name, path.read_bytes())


async def _simulator(transaction: Transaction, vault: Vault, loopback: str) -> None:
    settings = {
        "number": NUMBER,
        "base_url": loopback,
        "secret": new_token(),
        "token": new_token(),
    }
    await channels.add_channel(
        transaction,
        vault,
        "simulator",
        "Simulador",
        NUMBER,
        msgspec.json.encode(settings),
        channel_id=new_id(),
    )
