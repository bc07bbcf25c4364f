"""Templates and expressions: Jinja2's syntax, our own meaning, bounded work.

A source is parsed by jinja2's parser and compiled once into closures; nothing is ever evaluated
as Python. What is not on the white list is an `ExpressionError` while compiling, with line,
column and the mend; what goes wrong while running is an `EvaluationError`, and nothing else.
Whatever the input, one evaluation does at most `Limits.work` units of work.
"""

from flowengine.expressions.coerce import coerce
from flowengine.expressions.compiled import (
    CompiledValue,
    Expression,
    compile_expression,
    compile_value,
)
from flowengine.expressions.env import DEFAULT_LIMITS, Env, Limits, Scope
from flowengine.expressions.errors import EvaluationError, ExpressionError
from flowengine.expressions.filters import FILTERS
from flowengine.expressions.functions import FUNCTIONS
from flowengine.expressions.plain import normalize
from flowengine.expressions.printing import show
from flowengine.expressions.templates import Template, compile_template
from flowengine.expressions.values import Plain, TypeName, Value

__all__ = [
    "DEFAULT_LIMITS",
    "FILTERS",
    "FUNCTIONS",
    "CompiledValue",
    "Env",
    "EvaluationError",
    "Expression",
    "ExpressionError",
    "Limits",
    "Plain",
    "Scope",
    "Template",
    "TypeName",
    "Value",
    "coerce",
    "compile_expression",
    "compile_template",
    "compile_value",
    "normalize",
    "show",
]
