"""What pages and programs say of fallbacks and plans, read and checked in one place."""

from uuid import UUID

from flowengine.store import channels
from flowengine.store.channels import Channel
from flowengine.store.transaction import Transaction
from web.problems import NotFound, Problem
from web.texts import _

LEAST_AFTER, MOST_AFTER = 60, 86_400
"""Seconds that a channel has to be off before another one takes over."""


async def both(transaction: Transaction, source: UUID, target: UUID) -> tuple[Channel, Channel]:
    """Two different channels of the workspace."""
    if source == target:
        raise Problem(_("Escolha outro canal: este é o mesmo."), place="to")
    found = await channels.channel(transaction, source)
    others = {each.id: each for each in await channels.channels(transaction)}
    if target not in others:
        raise NotFound
    return found, others[target]


def after_of(seconds: int) -> int:
    """How long a channel has to be off, checked."""
    if not LEAST_AFTER <= seconds <= MOST_AFTER:
        raise Problem(_("A espera vai de um minuto a um dia."), place="after_seconds")
    return seconds


def percent_of(percent: int) -> int:
    if not 0 <= percent <= 100:
        raise Problem(_("A parte vai de 0 a 100 por cento."), place="percent")
    return percent
