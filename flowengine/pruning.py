"""What a release may read of the world, and nothing else: `given.world` is cut down to it.

So the journal holds what mattered, a replay needs no more, and nothing leaks into it by accident.
"""

from functools import lru_cache

import msgspec
from msgspec import Struct

from flowengine.given import World


class Needs(Struct, frozen=True):
    """What names like "contact.fields.plano" or "schedule.loja" ask for; null means all."""

    fields: frozenset[str] | None
    tags: bool
    consts: frozenset[str] | None
    schedules: frozenset[str]
    queues: frozenset[str]
    history: bool


@lru_cache(maxsize=4096)
def needs(reads: frozenset[str]) -> Needs:
    """What a set of names asks for. Cost: once for a release."""
    everything = "contact" in reads
    return Needs(
        fields=_parts(reads, "contact.fields", everything),
        tags=everything or any(name.startswith("contact.tags") for name in reads),
        consts=_parts(reads, "const", False),
        schedules=frozenset(n.split(".")[1] for n in reads if n.startswith("schedule.")),
        queues=frozenset(n.split(".")[1] for n in reads if n.startswith("queue.")),
        history=any(name.partition(".")[0] == "history" for name in reads),
    )


def prune(world: World, reads: frozenset[str]) -> World:
    """The world as this release may see it."""
    wanted = needs(reads)
    contact = world.contact
    fields, tags = contact.fields, contact.tags
    if wanted.fields is not None:
        fields = {name: fields[name] for name in sorted(wanted.fields) if name in fields}
    if (tags and not wanted.tags) or fields is not contact.fields:
        contact = msgspec.structs.replace(contact, fields=fields, tags=tags if wanted.tags else ())
    const = world.const
    if wanted.consts is not None:
        const = {name: const[name] for name in sorted(wanted.consts) if name in const}
    schedules, queues = world.schedules, world.queues
    return World(
        contact=contact,
        channel=world.channel,
        channel_id=world.channel_id,
        conversation=world.conversation,
        window_closes_at=world.window_closes_at,
        const=const,
        schedules={n: schedules[n] for n in sorted(wanted.schedules) if n in schedules},
        queues={name: queues[name] for name in sorted(wanted.queues) if name in queues},
        history=world.history if wanted.history else (),
        contact_owner=world.contact_owner,
    )


def _parts(reads: frozenset[str], prefix: str, everything: bool) -> frozenset[str] | None:
    if everything or prefix in reads or f"{prefix}.*" in reads:
        return None
    start = prefix + "."
    depth = start.count(".")
    return frozenset(name.split(".")[depth] for name in reads if name.startswith(start))
