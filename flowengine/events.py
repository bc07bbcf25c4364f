"""Events from outside, as an `event` trigger hears them: whose they are, and whether they count.

Whoever tells of an event may name the contact and the channel; where not, the triggers that listen
to it say them with expressions over its data (`addresses`). In a conversation `refusal` then says
why a trigger does not act: the data is not of its `schema`, its `contact` or `channel` means
another conversation, or its `dedupe` key was told before.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import Struct

from flowengine.expressions import Env, EvaluationError, Expression, compile_expression, show
from flowengine.flow import Flow
from flowengine.given import World
from flowengine.languages import region
from flowengine.nodes.trigger import OnEvent, Trigger
from flowengine.reading.phones import read_phone
from flowengine.shapes import misfit
from flowengine.zones import zone

MOST_KEYS = 100
"""`dedupe` keys that a conversation remembers, the latest."""


class Address(Struct, frozen=True):
    """Whom a trigger means: a phone (E.164) or an id, and a channel's kind or id (empty: any)."""

    contact: str
    channel: str = ""


class Unaddressed(Struct, frozen=True):
    """A trigger that listens cannot say whom an event is about, and why."""

    flow: str
    node: str
    reason: str


def addresses(
    flows: Iterable[Flow], name: str, data: Any, now: datetime
) -> Iterator[Address | Unaddressed]:
    """Whom the event `name` with its `data` is about, as every trigger of `flows` that listens to
    it says at `now`.

    Triggers without a `contact` expression say nothing: they act where the contact is named by
    whoever tells of the event. Cost: ~10 µs a listening trigger.
    """
    for flow in flows:
        env = Env(now=now, timezone=zone(flow.timezone), language=flow.language)
        for node in flow.nodes:
            on = node.on if isinstance(node, Trigger) else None
            if not isinstance(on, OnEvent) or on.name != name or not on.contact:
                continue
            try:
                wrong = misfit(data, on.schema)
                contact, channel = _text(on.contact, data, env), _text(on.channel, data, env)
            except EvaluationError as error:
                yield Unaddressed(flow.key, node.id, error.message)
                continue
            if wrong:
                yield Unaddressed(flow.key, node.id, wrong)
            elif not contact:
                yield Unaddressed(flow.key, node.id, f"{on.contact!r} is empty")
            else:
                yield Address(read_phone(contact, region(env.language)) or contact, channel)


def refusal(on: OnEvent, data: Any, world: World, env: Env) -> str:
    """Why a trigger does not act on an event in this conversation; empty where it does.

    `on`: the trigger's own words; `data`: the event's; `world`: the conversation's channel and
    contact; `env`: clock and language. Cost: ~10 µs where it has a schema or an expression, else
    under 1 µs.
    """
    wrong = misfit(data, on.schema)
    if wrong:
        return wrong
    try:
        contact, channel = _text(on.contact, data, env), _text(on.channel, data, env)
    except EvaluationError as error:
        return error.message
    if on.contact and not _is_contact(contact, world, env):
        return "it is about another contact"
    if on.channel and channel not in (world.channel, world.channel_id):
        return "it is about another channel"
    return ""


def dedupe_mark(flow: str, node: str, on: OnEvent, data: Any, env: Env) -> str:
    """What a conversation remembers of an event that its trigger takes once; empty: it may repeat.

    `flow` and `node` are the trigger's place, `on` its words; the key is worked out of `data` in
    `env`. One that cannot be computed, or is empty, is none. Cost: ~10 µs.
    """
    try:
        key = _text(on.dedupe, data, env)
    except EvaluationError:
        return ""
    if not key:
        return ""
    seed = f"{flow}/{node}/{key}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(seed, digest_size=8).hexdigest()


def _is_contact(wanted: str, world: World, env: Env) -> bool:
    if not wanted:
        return False
    contact = world.contact
    if wanted == contact.id:
        return True
    if contact.phone is None:
        return False
    country = region(env.language)
    phone = read_phone(wanted, country) or wanted
    return phone == (read_phone(contact.phone, country) or contact.phone)


def _text(source: str, data: Any, env: Env) -> str:
    if not source:
        return ""
    return show(_compiled(source).evaluate({"event": data}, env), env).strip()


@lru_cache(maxsize=4096)
def _compiled(source: str) -> Expression:
    return compile_expression(source)
