"""The workspace as a document, `workspace.json`: what check, simulate and export read.

Names and shapes only, never a secret's value. The dictionary is what `flowengine.workspace` reads.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flowengine.store.constants import constants
from flowengine.store.fields import fields
from flowengine.store.flows import flows, version
from flowengine.store.knowledge import bases
from flowengine.store.model_profiles import model_profiles
from flowengine.store.queues import queues
from flowengine.store.schedules import schedules
from flowengine.store.secrets import secret_names
from flowengine.store.tags import tags
from flowengine.store.templates import one_of_each, templates
from flowengine.store.tenants import tenant
from flowengine.store.transaction import Transaction

FORMAT = "flowengine-workspace/1"


async def workspace(
    transaction: Transaction, face: Callable[[bytes], Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """The document of the transaction's workspace.

    `face` makes a flow's entry (inputs, outputs, outcomes) of its published document, which the
    store does not read; without it an entry has the flow's name only. Raises `NotFound`.
    """
    whole = await tenant(transaction)
    return {
        "format": FORMAT,
        "name": whole.name,
        "queues": {
            queue.key: {"name": queue.name, "schedule": queue.schedule}
            for queue in await queues(transaction)
        },
        "schedules": {
            schedule.key: msgspec.json.decode(schedule.document)
            for schedule in await schedules(transaction)
        },
        "fields": {
            field.key: {"type": field.type, "title": field.name}
            for field in await fields(transaction)
        },
        "tags": [tag.key for tag in await tags(transaction)],
        "templates": [
            {**msgspec.json.decode(template.document), "status": template.status}
            for template in one_of_each(await templates(transaction))
        ],
        "constants": {each.key: each.value for each in await constants(transaction)},
        "secrets": [secret.key for secret in await secret_names(transaction)],
        "flows": await _flows(transaction, face),
        "purposes": list(whole.purposes),
        "profiles": [profile.key for profile in await model_profiles(transaction)],
        "knowledge": [each.key for each in await bases(transaction)],
        "opt_out": list(whole.opt_out_words),
        "opt_out_text": whole.opt_out_text,
    }


async def _flows(
    transaction: Transaction, face: Callable[[bytes], Mapping[str, Any]] | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in await flows(transaction):
        if row.version is None:
            continue
        found[row.key] = {"name": row.name}
        if face is not None:
            published = await version(transaction, row.key, row.version)
            found[row.key] |= face(published.document)
    return found
