"""What a flow is started with: arguments read as the inputs that it declares."""

from collections.abc import Mapping
from typing import Any

from flowengine.expressions import Env, EvaluationError, coerce, normalize
from flowengine.run import CompiledFlow


class BadInput(Exception):
    """An input is missing, or is of another type; the message says which."""


def read_inputs(flow: CompiledFlow, args: Mapping[str, Any], env: Env) -> dict[str, Any]:
    """What a `flow` is called with: of `args` the inputs that it declares, each in its type (read
    in the language and zone of `env`) and JSON-plain; others are left out.

    Raises `BadInput`. Cost: ~0.5 µs an input, nothing where there are none.
    """
    missing = [name for name, need in flow.inputs.items() if need and args.get(name) is None]
    if missing:
        raise BadInput(f"missing input: {', '.join(missing)}")
    found: dict[str, Any] = {}
    for name in flow.inputs:
        if name not in args:
            continue
        try:
            found[name] = normalize(coerce(args[name], flow.types[name], env))
        except EvaluationError as error:
            raise BadInput(f"input {name}: {error.message}") from None
    return found
