"""The checks: each looks at one rule of the contract and raises `Unfit` where it is broken."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import Any, cast

import msgspec

from connectors.base import REASONS, Context, File, Reached
from connectors.kit.hostile import HOSTILE
from connectors.kit.samples import CHOICES, SAMPLES, sending
from connectors.kit.subject import Subject, Unfit
from flowengine.messages import (
    Accepted,
    Arrived,
    Refused,
    Text,
    Unclear,
    read_payload,
    write_payload,
)

Check = Callable[[Subject], Awaitable[None]]
OFFER = "f7"
_BROKEN: tuple[Any, ...] = (None, 1, "x", [], {"id": 1}, {"key": []})
_FILE = File("image/png", b"\x89PNG\r\n\x1a\n" + bytes(64), "foto.png")


async def _open_asset(digest: str) -> File | None:
    return _FILE if digest == "sha256:aa" else None


async def _open_link(url: str, most: int) -> File | None:
    return _FILE if url.startswith("https://example.com/") else None


CONTEXT = Context("0190:1", last_inbound="HERS", open_asset=_open_asset, open_link=_open_link)


_numbers = count(1)


def _next() -> Context:
    """The context of one more send: where we name messages ourselves, each has its own name."""
    return msgspec.structs.replace(CONTEXT, callback=f"0190-{next(_numbers)}:1")


async def sends_what_it_says_it_shows(subject: Subject) -> None:
    """Every content is taken, or refused for good as unsupported; nothing raises."""
    for content in SAMPLES:
        before = len(subject.posted())
        outcome = await subject.provider.perform(sending(content), subject.to, _next())
        kind = str(content.__struct_config__.tag)
        if isinstance(outcome, Accepted):
            _must(outcome.provider_id, f"{kind}: accepted without an id")
            _must(len(subject.posted()) == before + 1, f"{kind}: accepted, and nothing posted")
        else:
            allowed = isinstance(outcome, Refused) and outcome.permanent
            _must(allowed, f"{kind}: {outcome}")
            _must(cast("Refused", outcome).reason == "unsupported", f"{kind}: {outcome}")
            _must(kind not in subject.provider.capabilities.kinds, f"{kind}: said to be shown")


async def choices_can_be_told_apart(subject: Subject) -> None:
    """A choice is offered with our payload, or by a number in the order of the offer."""
    for content, choices in CHOICES:
        outcome = await subject.provider.perform(sending(content), subject.to, _next())
        _must(isinstance(outcome, Accepted), f"an offer was not taken: {outcome}")
        texts = list(_texts(subject.posted()[-1]))
        payloads = {write_payload(OFFER, id_) for id_, _ in choices}
        if payloads <= set(texts):
            continue
        _must(not any(read_payload(text) for text in texts), "some choices have no payload")
        whole = "\n".join(texts)
        for number, (_, title) in enumerate(choices, 1):
            _must(f"{number}. {title}" in whole, f"choice {number} is not offered: {whole!r}")


async def cuts_what_is_too_long(subject: Subject) -> None:
    """A text longer than the channel's limit is cut, not refused."""
    limit = subject.provider.capabilities.text
    send = sending(Text("a" * (limit + 1)))
    outcome = await subject.provider.perform(send, subject.to, CONTEXT)
    _must(isinstance(outcome, Accepted), f"a long text was not taken: {outcome}")
    longest = max(map(len, _texts(subject.posted()[-1])))
    _must(longest <= limit, f"a text of {longest} characters was posted, the limit is {limit}")


async def hears_what_is_said(subject: Subject) -> None:
    """A signed message becomes `Arrived`, each of a body, in order, with a key that repeats."""
    body = subject.said(("M1", "oi"), ("M2", "Olá 😀"))
    _must(subject.provider.verify(subject.headers(body), body), "its own signature is refused")
    parsed = subject.provider.parse(body)
    heard = [event for event in parsed.events if isinstance(event, Arrived)]
    told = [(event.message.id, event.message.text) for event in heard]
    _must(told == [("M1", "oi"), ("M2", "Olá 😀")], f"heard {told}")
    _must(all(event.sender.identities for event in heard), "a message of nobody")
    _must(len({event.key for event in heard}) == len(heard), "two messages, one key")
    again = [event.key for event in subject.provider.parse(body).events]
    _must(again == [event.key for event in parsed.events], "a doubled body has other keys")


async def refuses_who_does_not_sign(subject: Subject) -> None:
    """No header, a changed header, and headers that are no ASCII are refused; nothing raises."""
    body = subject.said(("M1", "oi"))
    good = dict(subject.headers(body))
    bad = [{}, dict.fromkeys(good, ""), dict.fromkeys(good, "ação")]
    bad += [{name: value[:-1] + ("0" if value[-1] != "0" else "1") for name, value in good.items()}]
    bad += [{name: value[:-1] for name, value in good.items()}]
    for headers in bad:
        _must(not subject.provider.verify(headers, body), f"{headers} was taken for a signature")


async def survives_hostile_bodies(subject: Subject) -> None:
    """`parse` never raises, and what comes of it can be stored."""
    for body in HOSTILE:
        parsed = subject.provider.parse(body)
        msgspec.json.encode(parsed.events)


async def loses_nothing_beside_what_is_broken(subject: Subject) -> None:
    """A message is heard whatever stands beside it, and that is kept raw."""
    for broken in _BROKEN:
        parsed = subject.provider.parse(subject.said_beside(("M1", "oi"), broken))
        heard = [e.message.text for e in parsed.events if isinstance(e, Arrived)]
        _must("oi" in heard, f"beside {broken!r} a message was lost")
        _must(len(parsed.events) + len(parsed.unreadable) > 1, f"{broken!r} left no trace")


async def says_what_became_of_it(subject: Subject) -> None:
    """Each kind of trouble is told as the runtime needs to know it."""
    send = sending(Text("oi"))
    subject.trouble("refused")
    outcome = await subject.provider.perform(send, subject.to, CONTEXT)
    _must(isinstance(outcome, Refused) and outcome.permanent, f"a refusal for good: {outcome}")
    _known(outcome)
    subject.trouble("auth")
    outcome = await subject.provider.perform(send, subject.to, CONTEXT)
    fits = isinstance(outcome, Refused) and not outcome.permanent and outcome.scope == "channel"
    _must(fits, f"wrong credentials: {outcome}")
    _must(cast("Refused", outcome).reason == "auth", f"wrong credentials: {outcome}")
    subject.trouble("busy")
    outcome = await subject.provider.perform(send, subject.to, CONTEXT)
    _must(isinstance(outcome, Refused) and not outcome.permanent, f"it would pass: {outcome}")
    _known(outcome)
    subject.trouble("cut")
    outcome = await subject.provider.perform(send, subject.to, CONTEXT)
    _must(isinstance(outcome, Unclear), f"nobody can know, and it says {outcome}")
    outcome = await subject.provider.perform(send, subject.to, CONTEXT)
    _must(isinstance(outcome, Accepted), f"the trouble is over: {outcome}")


async def writes_to_nobody_it_does_not_know(subject: Subject) -> None:
    """Without an id that the provider understands nothing is posted."""
    before = len(subject.posted())
    outcome = await subject.provider.perform(sending(Text("oi")), (), CONTEXT)
    fits = isinstance(outcome, Refused) and outcome.permanent and outcome.reason == "unreachable"
    _must(fits, f"a send to nobody: {outcome}")
    _must(len(subject.posted()) == before, "something was posted to nobody")


async def proves_its_credentials(subject: Subject) -> None:
    """`probe` reaches the provider, and sends nothing."""
    before = len(subject.posted())
    outcome = await subject.provider.probe()
    _must(isinstance(outcome, Reached), f"probe: {outcome}")
    _must(len(subject.posted()) == before, "probe sent a message")


async def shows_no_secret(subject: Subject) -> None:
    """Neither of itself nor in what became of a send."""
    subject.trouble("auth")
    outcome = await subject.provider.perform(sending(Text("oi")), subject.to, CONTEXT)
    shown = f"{subject.provider!r} {outcome!r}"
    _must(subject.secrets, "it has no secret, so nobody can sign")
    _must(not any(secret in shown for secret in subject.secrets), "an outcome tells a secret")


CHECKS: tuple[Check, ...] = (
    sends_what_it_says_it_shows,
    choices_can_be_told_apart,
    cuts_what_is_too_long,
    hears_what_is_said,
    refuses_who_does_not_sign,
    survives_hostile_bodies,
    loses_nothing_beside_what_is_broken,
    says_what_became_of_it,
    writes_to_nobody_it_does_not_know,
    proves_its_credentials,
    shows_no_secret,
)


def _must(holds: object, otherwise: str) -> None:
    if not holds:
        raise Unfit(otherwise)


def _known(outcome: object) -> None:
    if isinstance(outcome, Refused) and outcome.reason not in REASONS:
        raise Unfit(f"{outcome.reason!r} is none of our words")


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast("dict[str, Any]", value).values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)
