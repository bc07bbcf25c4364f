"""Answers that are no text: files, places, cards, forms. Their values are plain objects."""

from decimal import Decimal
from typing import Any

import msgspec

from flowengine.answers.expect import (
    ExpectAny,
    ExpectContact,
    ExpectForm,
    ExpectLocation,
    ExpectMedia,
)
from flowengine.answers.verdict import Invalid, Valid
from flowengine.expressions import Env
from flowengine.messages import Inbound


def media(expect: ExpectMedia, inbound: Inbound, env: Env) -> Valid | Invalid:
    """Value: {kind, id, mime, …, caption}."""
    if inbound.media is None:
        return Invalid("not_media")
    if expect.of and inbound.kind not in expect.of:
        return Invalid("wrong_media")
    return Valid(_file(inbound))


def location(expect: ExpectLocation, inbound: Inbound, env: Env) -> Valid | Invalid:
    if inbound.location is None:
        return Invalid("not_a_location")
    return Valid(_plain(inbound.location))


def contact(expect: ExpectContact, inbound: Inbound, env: Env) -> Valid | Invalid:
    if inbound.contact is None:
        return Invalid("not_a_contact")
    card = _plain(inbound.contact)
    card.pop("kind", None)
    return Valid(card)


def form(expect: ExpectForm, inbound: Inbound, env: Env) -> Valid | Invalid:
    return Invalid("not_a_form") if inbound.form is None else Valid(inbound.form)


def anything(expect: ExpectAny, inbound: Inbound, env: Env) -> Valid | Invalid:
    """The file, place, card or form where there is one, else the text."""
    if inbound.media is not None:
        return Valid(_file(inbound))
    if inbound.location is not None:
        return Valid(_plain(inbound.location))
    if inbound.contact is not None:
        return contact(ExpectContact(), inbound, env)
    if inbound.form is not None:
        return Valid(inbound.form)
    return Valid(inbound.text)


def _file(inbound: Inbound) -> dict[str, Any]:
    file = {"kind": inbound.kind, **_plain(inbound.media)}
    return {**file, "caption": inbound.text} if inbound.text else file


def _plain(thing: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(thing, builtin_types=(Decimal,))
    return plain
