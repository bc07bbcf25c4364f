"""What a validation says."""

from typing import Literal

from msgspec import Struct

from flowengine.expressions import Plain

Reason = Literal[
    "not_text", "empty", "too_short", "too_long", "not_yes_no",
    "not_a_number", "not_whole", "too_small", "too_big",
    "not_a_date", "no_time", "in_the_past",
    "not_an_email", "not_a_phone", "not_a_cpf", "not_a_cnpj",
    "not_media", "wrong_media", "not_a_location", "not_a_contact", "not_a_form", "no_match",
]  # fmt: skip
"""Why an answer is refused: a stable word for the trail, for reports and for re-prompts."""


class Valid(Struct, frozen=True, tag="valid"):
    """The answer's value, plain JSON; `groups` are what a pattern captured."""

    value: Plain
    groups: dict[str, str] = {}


class Invalid(Struct, frozen=True, tag="invalid"):
    """The answer is none of what was expected."""

    reason: Reason
