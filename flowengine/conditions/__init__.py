"""Conditions: what a designer asks of a text, a number, a date, the contact.

`When` is what stands in a document, `compile_when` makes it a `Condition`, to be asked on every
turn. The operators are listed in `operators.py`.
"""

from flowengine.conditions.compiled import Condition, Verdict, compile_when
from flowengine.conditions.when import IMPLIED, OPERATORS, UNARY, Operator, When

__all__ = [
    "IMPLIED",
    "OPERATORS",
    "UNARY",
    "Condition",
    "Operator",
    "Verdict",
    "When",
    "compile_when",
]
