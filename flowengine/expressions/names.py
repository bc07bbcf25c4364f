"""Names while compiling: the execution's own, and those of the template (loop, set)."""

from collections.abc import Callable

from flowengine.expressions.env import Evaluation, Scope
from flowengine.expressions.values import Value, from_float

Getter = Callable[[Evaluation], Value]
Lookup = Callable[[Scope], Value]


class Names:
    """The local names of one template, each with a place in `Evaluation.locals`.

    `reads` gathers the paths of the scope that are read.
    """

    def __init__(self) -> None:
        self.reads: set[str] = set()
        self.places = 0
        self._layers: list[dict[str, tuple[int, bool]]] = [{}]

    def declare(self, name: str, *, surely: bool = True) -> int:
        """A place for a local name, from here to the end of its layer."""
        place = self.places
        self.places += 1
        self._layers[-1][name] = (place, surely)
        return place

    def find(self, name: str) -> tuple[int, bool] | None:
        """The place of a local name, and whether it is surely set; None for a name of the scope."""
        for layer in reversed(self._layers):
            if name in layer:
                return layer[name]
        return None

    def enter(self) -> None:
        self._layers.append({})

    def leave(self) -> list[int]:
        """Forget the innermost layer; gives the places of its names."""
        return [place for place, _ in self._layers.pop().values()]

    def read(self, root: str, keys: list[str]) -> None:
        self.reads.add(".".join([root, *keys]))


def take(value: Value, key: Value) -> Value:
    """A field of an object or an item of a list or text; null for what is not there."""
    found: Value = None
    if isinstance(value, dict):
        found = value.get(key if type(key) is str else _as_key(key))
    elif isinstance(value, list | tuple | str) and type(key) is int:
        found = value[key] if -len(value) <= key < len(value) else None
    return from_float(found) if type(found) is float else found


def lookup(root: str, keys: tuple[str | int, ...]) -> Lookup:
    """A reader of a fixed path of the scope, without anything to pay for."""
    if not keys:

        def name(scope: Scope) -> Value:
            value = scope.get(root)
            return from_float(value) if type(value) is float else value

        return name
    if len(keys) == 1:
        only = keys[0]
        return lambda scope: take(scope.get(root), only)

    def path(scope: Scope) -> Value:
        value: Value = scope.get(root)
        for key in keys:
            value = take(value, key)
        return value

    return path


def _as_key(key: Value) -> str:
    return str(key) if type(key) is int and abs(key) < 10**9 else ""
