"""What a release may read of the world, and nothing else: `given.world` is cut down to it.

So the journal holds what mattered, a replay needs no more, and nothing leaks into it by accident.
"""

from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from flowengine.given import Contact, World

T = TypeVar("T")


class Needs(Struct, frozen=True):
    """What names like "contact.fields.plano" or "schedule.loja" ask for, sorted; null: all."""

    fields: tuple[str, ...] | None
    tags: bool
    consts: tuple[str, ...] | None
    schedules: tuple[str, ...]
    queues: tuple[str, ...]
    history: bool


@lru_cache(maxsize=4096)
def needs(reads: frozenset[str]) -> Needs:
    """What a set of names asks for. Cost: once for a release."""
    everything = "contact" in reads
    return Needs(
        fields=_parts(reads, "contact.fields", everything),
        tags=everything or any(name.startswith("contact.tags") for name in reads),
        consts=_parts(reads, "const", False),
        schedules=_parts(reads, "schedule", False) or (),
        queues=_parts(reads, "queue", False) or (),
        history=any(name.partition(".")[0] == "history" for name in reads),
    )


def prune(world: World, reads: frozenset[str]) -> World:
    """The world as a release that `reads` these names may see it. Cost: 300 ns, and what it may
    see.
    """
    wanted, contact = needs(reads), world.contact
    return World(
        _contact(contact, wanted) if contact.fields or contact.tags else contact,
        world.channel,
        world.channel_id,
        world.conversation,
        0,
        world.window_closes_at,
        _only(world.const, wanted.consts) if world.const else {},
        _only(world.schedules, wanted.schedules) if world.schedules else {},
        _only(world.queues, wanted.queues) if world.queues else {},
        world.history if wanted.history else (),
        world.contact_owner,
    )


def _contact(contact: Contact, wanted: Needs) -> Contact:
    fields = _only(contact.fields, wanted.fields)
    tags = contact.tags if wanted.tags else ()
    return msgspec.structs.replace(contact, fields=fields, tags=tags)


def _only(everything: dict[str, T], wanted: tuple[str, ...] | None) -> dict[str, T]:
    """What is wanted of it, in the order of the names; null means all."""
    if wanted is None:
        return everything
    return {name: everything[name] for name in wanted if name in everything}


def _parts(reads: frozenset[str], prefix: str, everything: bool) -> tuple[str, ...] | None:
    if everything or prefix in reads or f"{prefix}.*" in reads:
        return None
    start = prefix + "."
    depth = start.count(".")
    return tuple(sorted({name.split(".")[depth] for name in reads if name.startswith(start)}))
