"""What a wait expects of an answer (FLOWS.md §4): a closed union, told apart by `kind`."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from flowengine.expressions import ExpressionError
from flowengine.patterns import LONGEST, compile_pattern
from flowengine.values import Doc

MediaKind = Literal["image", "audio", "video", "document", "sticker"]
Count = Annotated[int, Meta(ge=0, le=10_000)]


class _Expect(Doc, frozen=True, tag_field="kind"):
    """The base of every kind."""


class ExpectAny(_Expect, frozen=True, tag="any"):
    """Whatever comes: its text, or the file, place, card or form."""


class ExpectText(_Expect, frozen=True, tag="text"):
    """A text. Value: the text without spaces at its ends.

    - `min`: characters at least.
    - `max`: characters at most.
    """

    min: Count = 1
    max: Count | None = None

    def __post_init__(self) -> None:
        _in_order(self.min, self.max)


class ExpectChoice(_Expect, frozen=True, tag="choice"):
    """One of the options offered; matched by `flowengine.choices`, not here."""


class ExpectYesNo(_Expect, frozen=True, tag="yes_no"):
    """Yes or no in Portuguese, English or Spanish. Value: true or false."""


class ExpectNumber(_Expect, frozen=True, tag="number"):
    """A number in local notation. Value: the number.

    - `min`: the least.
    - `max`: the most.
    - `integer`: a whole one.
    """

    min: int | Decimal | None = None
    max: int | Decimal | None = None
    integer: bool = False

    def __post_init__(self) -> None:
        _in_order(self.min, self.max)


class ExpectDate(_Expect, frozen=True, tag="date"):
    """A day: "15/3", "amanhã", "próxima segunda". Value: "2026-03-15".

    - `future_only`: today or later.
    """

    future_only: bool = False


class ExpectDatetime(_Expect, frozen=True, tag="datetime"):
    """A day with a time: "amanhã às 10h". Value: "2026-03-15T10:00:00-03:00".

    - `future_only`: later than now.
    """

    future_only: bool = False


class ExpectEmail(_Expect, frozen=True, tag="email"):
    """An e-mail address."""


class ExpectPhone(_Expect, frozen=True, tag="phone"):
    """A phone number. Value: "+5511999990001"."""


class ExpectCpf(_Expect, frozen=True, tag="cpf"):
    """A CPF with right check digits. Value: "390.533.447-05"."""


class ExpectCnpj(_Expect, frozen=True, tag="cnpj"):
    """A CNPJ with right check digits, letters too. Value: "16.727.230/0001-97"."""


class ExpectMedia(_Expect, frozen=True, tag="media"):
    """A file. Value: {kind, id, mime, …, caption}.

    - `of`: only of these kinds (left out: any).
    """

    of: tuple[MediaKind, ...] = ()


class ExpectLocation(_Expect, frozen=True, tag="location"):
    """A shared place. Value: {latitude, longitude, name, address}."""


class ExpectContact(_Expect, frozen=True, tag="contact"):
    """A contact card. Value: {name, phones, emails, organization}."""


class ExpectForm(_Expect, frozen=True, tag="form"):
    """A filled form (WhatsApp Flow). Value: its fields."""


class ExpectPattern(_Expect, frozen=True, tag="pattern"):
    """A text in which a pattern is found. Value: the text.

    - `pattern`: RE2, looked for anywhere, whatever the case.
    """

    pattern: Annotated[str, Meta(min_length=1, max_length=LONGEST)]

    def __post_init__(self) -> None:
        try:
            compile_pattern(self.pattern)
        except ExpressionError as refused:
            raise ValueError(f"{refused.message}; {refused.fix}") from None


Checked = (
    ExpectAny
    | ExpectText
    | ExpectYesNo
    | ExpectNumber
    | ExpectDate
    | ExpectDatetime
    | ExpectEmail
    | ExpectPhone
    | ExpectCpf
    | ExpectCnpj
    | ExpectMedia
    | ExpectLocation
    | ExpectContact
    | ExpectForm
    | ExpectPattern
)
"""What `validate` checks: every kind but choice."""

Expect = Checked | ExpectChoice
"""Every kind, as a document may name it."""


def _in_order(low: int | Decimal | None, high: int | Decimal | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"no answer is both at least {low} and at most {high}; swap min and max")
