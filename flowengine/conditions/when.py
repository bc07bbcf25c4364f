"""What a designer writes as a condition (FLOWS.md §4)."""

from typing import Any, Literal, get_args

from msgspec import UNSET, UnsetType, field

from flowengine.values import Doc

Operator = Literal[
    "equals", "not_equals",
    "less", "at_most", "more", "at_least", "between",
    "contains", "starts_with", "ends_with",
    "has_word", "has_any_word", "has_all_words", "has_phrase", "matches",
    "in", "not_in", "is_empty", "is_not_empty",
    "before", "after", "same_day",
    "is_number", "has_number", "is_date", "is_time", "is_email", "has_email", "is_phone",
    "has_phone", "is_yes", "is_no",
    "has_tag", "media_kind", "is_open", "is_closed",
]  # fmt: skip
"""Every operator; `conditions/operators.py` says what each means."""

OPERATORS: tuple[Operator, ...] = get_args(Operator)

UNARY = frozenset(
    {"is_empty", "is_not_empty", "is_number", "has_number", "is_date", "is_time", "is_email"}
    | {"has_email", "is_phone", "has_phone", "is_yes", "is_no"}
)
"""Operators without a right side."""

IMPLIED = {
    "has_tag": "contact.tags",
    "media_kind": "message.kind",
    "is_open": "now",
    "is_closed": "now",
}
"""What an operator looks at where `left` is left out."""

_SHAPES = '{"all": […]}, {"any": […]}, {"not": …} or {"left": …, "op": …, "right": …}'


class When(Doc, frozen=True):
    """A condition: one of `all`, `any`, `not`, or `left` `op` `right`.

    A text is a template, `{"expr": …}` an expression. Operators that ask ("is_empty", "is_yes" …)
    have no `right`; `has_tag`, `media_kind`, `is_open` and `is_closed` need no `left`.

    - `all`: every one holds.
    - `any`: one holds at least.
    - `not`: it does not hold.
    - `left`: what is looked at.
    - `op`: the operator.
    - `right`: what it is compared with.

    Example::

        {"any": [{"left": "{{ message.text }}", "op": "has_any_word", "right": "sim claro"},
                 {"left": {"expr": "contact.fields.pontos"}, "op": "at_least", "right": 100},
                 {"op": "has_tag", "right": "vip"}]}
    """

    all: tuple["When", ...] | UnsetType = UNSET
    any: tuple["When", ...] | UnsetType = UNSET
    not_: "When | UnsetType" = field(name="not", default=UNSET)
    left: Any = UNSET
    op: Operator | UnsetType = UNSET
    right: Any = UNSET

    def __post_init__(self) -> None:
        compares = any_set(self.left, self.op, self.right)
        forms = sum(form is not UNSET for form in (self.all, self.any, self.not_)) + compares
        if forms != 1:
            raise ValueError(f"a condition is exactly one of {_SHAPES}")
        if self.all == () or self.any == ():
            raise ValueError("a condition of no conditions is always the same; write one into it")
        if compares:
            self._check_comparison()

    def _check_comparison(self) -> None:
        op = self.op
        if op is UNSET:
            raise ValueError('a comparison needs its "op", such as "equals"')
        if self.left is UNSET and op not in IMPLIED:
            raise ValueError(f'{op} needs a "left": what is looked at')
        if op in UNARY and self.right is not UNSET:
            raise ValueError(f'{op} takes no "right"')
        if op not in UNARY and self.right is UNSET:
            raise ValueError(f'{op} needs a "right": what it is compared with')


def any_set(*values: Any) -> bool:
    return any(value is not UNSET for value in values)
