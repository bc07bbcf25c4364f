"""Is this what was asked for? Validation of a customer's answer.

`Expect` is what stands in a document; `validate` says `Valid(value)`, the value in one normal form
whatever the wording ("amanhã às 10h" is "2026-03-15T10:00:00-03:00"), or `Invalid(reason)`.
"""

from collections.abc import Callable
from typing import Any

from flowengine.answers import texts, things
from flowengine.answers.expect import (
    Checked,
    Expect,
    ExpectAny,
    ExpectChoice,
    ExpectCnpj,
    ExpectContact,
    ExpectCpf,
    ExpectDate,
    ExpectDatetime,
    ExpectEmail,
    ExpectForm,
    ExpectLocation,
    ExpectMedia,
    ExpectNumber,
    ExpectPattern,
    ExpectPhone,
    ExpectText,
    ExpectYesNo,
)
from flowengine.answers.verdict import Invalid, Reason, Valid
from flowengine.expressions import Env
from flowengine.messages import Inbound

__all__ = [
    "Checked",
    "Expect",
    "ExpectAny",
    "ExpectChoice",
    "ExpectCnpj",
    "ExpectContact",
    "ExpectCpf",
    "ExpectDate",
    "ExpectDatetime",
    "ExpectEmail",
    "ExpectForm",
    "ExpectLocation",
    "ExpectMedia",
    "ExpectNumber",
    "ExpectPattern",
    "ExpectPhone",
    "ExpectText",
    "ExpectYesNo",
    "Invalid",
    "Reason",
    "Valid",
    "validate",
]

LONGEST = 10_000
"""Characters of an answer that are looked at; WhatsApp's texts have at most 4,096."""

_SPOKEN = ("text", "choice", "reaction")
"""Kinds of message whose text is the answer; a caption under a photo is not."""

_TEXTS: dict[type, Callable[[Any, str, Env], Valid | Invalid]] = {
    ExpectText: texts.text,
    ExpectYesNo: texts.yes_no,
    ExpectNumber: texts.number,
    ExpectDate: texts.date,
    ExpectDatetime: texts.datetime,
    ExpectEmail: texts.email,
    ExpectPhone: texts.phone,
    ExpectCpf: texts.cpf,
    ExpectCnpj: texts.cnpj,
    ExpectPattern: texts.pattern,
}
_THINGS: dict[type, Callable[[Any, Inbound, Env], Valid | Invalid]] = {
    ExpectAny: things.anything,
    ExpectMedia: things.media,
    ExpectLocation: things.location,
    ExpectContact: things.contact,
    ExpectForm: things.form,
}


def validate(expect: Checked, inbound: Inbound, env: Env) -> Valid | Invalid:
    """Whether a message (`inbound`) answers what was expected (`expect`), read in the language and
    zone of `env`. Never raises.

    Cost: a text 300 ns, a number 2 µs, a date 20 µs, a phone 50 µs.
    """
    of_text = _TEXTS.get(type(expect))
    if of_text is None:
        return _THINGS[type(expect)](expect, inbound, env)
    if inbound.kind not in _SPOKEN:
        return Invalid("not_text")
    said = inbound.text.strip()
    if not said:
        return Invalid("empty")
    return of_text(expect, said[:LONGEST], env)
