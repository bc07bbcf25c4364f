"""What one look at a channel finds, and what follows from it: the judging is pure.

Connector-neutral: a connection that a phone pairs is asked by `session.state`, a set-up by
`examine`, anything else by `probe`. A cheap look at a channel whose credentials are all there is
asks nobody while its sends go well.
"""

import random
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from connectors.base import Link, Look, Provider, examined, pairing_of
from flowengine.messages import Refused, Unclear
from flowengine.store.channel_health import BAD, Alert, Health, Note, Watched
from flowengine.store.circuits import OPEN_AFTER

FOR_GOOD = ("logged_out", "banned", "replaced", "missing", "unused")
"""Reasons that starting the connection again does not mend."""

MISSES = 2
"""Bad looks in a row that people are told of: one may be a moment of the network."""

GIVE_UP = 10
"""Tries of starting it again after which people are told that it does not help."""

FIRST_TRY, LONGEST_TRY = 30.0, 900.0
"""Seconds between two tries: half as much again each time."""

STEADY = timedelta(minutes=5)
SILENT = timedelta(hours=24)
"""So long without a webhook is worth a word, where some came before."""

UNUSED = timedelta(days=30)
"""So long in need of pairing, and the provider is told to forget the session."""

_ADDRESSED = ("hook", "fields", "webhook")
"""Looks that compare our own address, which only means something where it is known."""


class Found(Struct, frozen=True):
    """`notes`: None where they were not looked for. `closed`: its connection may be begun anew."""

    state: str
    why: str = ""
    detail: str = ""
    notes: tuple[Note, ...] | None = None
    closed: bool = False


async def look(provider: Provider | str, channel: Watched, deep: bool, webhook: str) -> Found:
    """How the channel does now. `webhook`: our address, "" where it is not known."""
    if isinstance(provider, str):
        return Found("reauthorise", "settings", provider)
    found = await _state(provider, channel, deep)
    if not deep or found.state not in ("connected", "disconnected", "reauthorise"):
        return found
    thing = examined(provider)
    if thing is None:
        return replace(found, notes=())
    looks = [
        each
        for each in await thing.examine(webhook)
        if each.how in ("warning", "failed") and (webhook or each.what not in _ADDRESSED)
    ]
    return _examined(found, looks)


async def _state(provider: Provider, channel: Watched, deep: bool) -> Found:
    session = pairing_of(provider)
    if session is not None:
        return _linked(await session.state(), channel)
    asks = deep or channel.trouble or channel.health.state != "connected"
    if asks and (not deep or examined(provider) is None):
        outcome = await provider.probe()
        if isinstance(outcome, Refused | Unclear):
            return _failed(outcome, channel.health)
    return _sending(channel)


def _linked(link: Link | Refused | Unclear, channel: Watched) -> Found:
    if isinstance(link, Refused | Unclear):
        return _failed(link, channel.health)
    if link.state == "open":
        found = _sending(channel)
        # It says that it is open, and nothing leaves by it: what is begun anew may really be.
        return replace(found, closed=found.why == "failing")
    if link.state == "connecting":
        return Found("connecting", link.why, closed=True)
    if link.state == "missing":
        return Found("needs_pairing", "missing")
    if link.why == "logged_out":
        return Found("needs_pairing", link.why)
    return Found("disconnected", link.why, closed=link.state != "stopped")


def _sending(channel: Watched) -> Found:
    """What its sends say, where the provider says that all is well.

    With nothing left to send (it went another way) nothing can prove that it works again: then the
    provider's word counts, and the next send finds out.
    """
    if channel.strikes >= OPEN_AFTER and channel.waits:
        return Found("disconnected", "failing", channel.trouble)
    return Found("connected")


def _failed(outcome: Refused | Unclear, before: Health) -> Found:
    if isinstance(outcome, Unclear):
        return Found("disconnected", "silent", outcome.reason)
    detail = f"{outcome.code} {outcome.detail}".strip()
    match outcome.reason:
        case "auth":
            return Found("reauthorise", "auth", detail)
        case "rate_limited":  # we asked too often: that says nothing of it
            return Found(before.state, before.why, before.detail)
        case "account" | "billing" | "private_address":
            return Found("disconnected", outcome.reason, detail)
        case _:
            return Found("disconnected", "silent", detail)


def _examined(found: Found, looks: list[Look]) -> Found:
    """A token that fails, or a number that is blocked, is the channel's state; the rest is told."""
    notes = tuple(Note(each.what, each.how, each.why, each.detail) for each in looks)
    for each in looks:
        if each.how != "failed" or found.state != "connected":
            continue
        if each.what == "token":
            silent = each.why in ("silent", "private")
            state = Found("disconnected", "silent") if silent else Found("reauthorise", "auth")
            return replace(state, detail=each.detail)
        if each.what == "number":
            why = "silent" if each.why == "silent" else "account"
            return Found("disconnected", why, each.detail)
    return replace(found, notes=notes)


def judge(channel: Watched, found: Found, deep: bool, now: datetime) -> Health:
    """The channel's health after a look."""
    before = channel.health
    bad = found.state in BAD
    same = found.state == before.state
    notes = before.notes if found.notes is None else found.notes
    if bad:
        notes = ()
    elif found.notes is not None:
        notes = (*notes, *_silence(before, now))
    return replace(
        before,
        state=found.state,
        why=found.why,
        detail=found.detail,
        notes=notes,
        since=before.since if same and before.since else now,
        looked_at=now,
        deep_at=now if deep else before.deep_at,
        misses=before.misses + 1 if bad else 0,
        tries=0 if _is_steady(before, found, now) else before.tries,
    )


def _is_steady(before: Health, found: Found, now: datetime) -> bool:
    """Whether it has been connected for long enough to forget how often it was begun anew."""
    if found.state != "connected" or before.state != "connected" or before.since is None:
        return False
    return now - before.since >= STEADY


def _silence(before: Health, now: datetime) -> tuple[Note, ...]:
    if before.heard_at is None or now - before.heard_at < SILENT:
        return ()
    return (Note("webhook", "warning", "silent", before.heard_at.date().isoformat()),)


def may_try(health: Health, found: Found, now: datetime) -> bool:
    """Whether its connection is to be begun anew now."""
    if not found.closed or found.why in FOR_GOOD:
        return False
    if found.state == "connecting" and health.state == "connecting" and health.since is not None:
        # It is on its way; one that stays there for long is none.
        stuck = now - health.since > timedelta(seconds=2 * FIRST_TRY)
    else:
        stuck = found.state != "connecting"
    return stuck and (health.try_at is None or health.try_at <= now)


def tried(health: Health, now: datetime) -> Health:
    """After a try: the next one comes later each time."""
    pause = min(LONGEST_TRY, FIRST_TRY * 1.5 ** min(health.tries, 20))
    jitter = random.uniform(0.9, 1.1)  # noqa: S311 - no secret
    return replace(health, tries=health.tries + 1, try_at=now + timedelta(seconds=pause * jitter))


def is_healthy(health: Health) -> bool:
    """Whether nothing is wrong with it; what is only worth a word is not wrong."""
    return health.state == "connected" and not any(note.how == "failed" for note in health.notes)


def alerts_of(before: Health, after: Health) -> tuple[Health, tuple[Alert, ...]]:
    """What people are told, each thing once, and the health that remembers it."""
    if after.state in BAD:
        at_once = after.state != "disconnected"
        told = after.state
        if after.tries >= GIVE_UP:
            told = f"{after.state}:stuck"
        if told == before.alerted or not (at_once or after.misses >= MISSES):
            return after, ()
        why = "stuck" if told.endswith(":stuck") else after.why
        alert = Alert("stop", after.state, why, after.detail)
        return replace(after, alerted=told), (alert,)
    if after.state != "connected":
        return after, ()
    told = ",".join(sorted(f"{note.what}/{note.why}" for note in after.notes))
    if told == before.alerted:
        return after, ()
    after = replace(after, alerted=told)
    if told:
        first = next((n for n in after.notes if n.how == "failed"), after.notes[0])
        return after, (Alert("warning", "connected", f"{first.what}/{first.why}", first.detail),)
    return after, (Alert("good", "connected"),)
