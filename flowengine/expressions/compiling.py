"""What the parts of the compiler share."""

from abc import ABC, abstractmethod

from jinja2 import nodes

from flowengine.expressions.errors import ExpressionError
from flowengine.expressions.names import Getter, Names
from flowengine.expressions.syntax import place_of

DEEPEST = 64
"""How deep one expression may be nested: `a + b + c` is two deep."""


class Compiling(ABC):
    """The compilation of one source. `size` counts the nodes so far."""

    def __init__(self) -> None:
        self.names = Names()
        self.size: int = 0

    @abstractmethod
    def expression(self, node: nodes.Node, depth: int = 0) -> Getter:
        """The closure of an expression; raises `ExpressionError`."""


def refuse(node: nodes.Node, message: str, fix: str, code: str = "refused") -> ExpressionError:
    """The author's mistake at a node's place."""
    line, column = place_of(node)
    return ExpressionError(message, line, column, fix, code=code)
