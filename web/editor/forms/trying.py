"""Trying out the call of an `http` step: made once and for real, with sample values in its gaps."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from msgspec import Struct

from connectors.net import GuardedClient
from flowengine.durations import seconds
from flowengine.expressions import (
    Env,
    EvaluationError,
    ExpressionError,
    compile_template,
    compile_value,
    normalize,
)
from flowengine.flow import Flow
from flowengine.messages import Answered, CallHttp, Refused, Unclear, secret_marker
from flowengine.nodes import Http
from flowengine.store.database import Database
from flowengine.store.ids import new_id
from flowengine.store.vault import Vault
from flowengine.workspace import Workspace
from flowengine.zones import UnknownZone, zone
from web.editor.forms.naming import name_of
from web.forms import Form
from web.problems import Problem
from web.texts import _
from web.typed import typed_number
from web.words import REASONS
from workers.asking import ask

MOST_LEAVES = 60


class Leaf(Struct, frozen=True):
    """A value of the answer that can be kept. `path`: a JSON Pointer; `name`: a variable for it."""

    path: str
    words: str
    sample: str
    name: str
    type: str


class Tried(Struct, frozen=True):
    """How it went. `status` 0: there was no answer, and `reason` says why."""

    status: int
    reason: str = ""
    leaves: tuple[Leaf, ...] = ()


def holes_of(node: Http) -> tuple[str, ...]:
    """The values that the call reads, secrets not among them: what somebody must give to try it."""
    try:
        found = reads_of(node)
    except ExpressionError:
        return ()
    return tuple(sorted(name for name in found if not name.startswith("secret.") and name != "now"))


def reads_of(node: Http) -> frozenset[str]:
    parts = [
        compile_template(node.url),
        compile_value(node.body),
        *(compile_template(text) for text in (*node.headers.values(), *node.query.values())),
    ]
    return frozenset[str]().union(*(part.reads for part in parts))


async def try_call(
    database: Database,
    vault: Vault,
    client: GuardedClient,
    tenant: UUID,
    flow: Flow,
    node: Http,
    names: Workspace,
    form: Form,
) -> Tried:
    """Make the call as the engine would; the values of its gaps come from `gap.NAME` of the form.

    Raises `Problem` where the call cannot be written at all.
    """
    effect = str(new_id())
    secrets = tuple(
        sorted({name.split(".")[1] for name in reads_of(node) if name.startswith("secret.")})
    )
    scope: dict[str, Any] = {"secret": {name: secret_marker(effect, name) for name in secrets}}
    scope["const"] = dict(names.constants)
    for name in holes_of(node):
        put(scope, name, form.raw(f"gap.{name}", ""))
    try:
        env = Env(datetime.now(UTC), zone(flow.timezone), flow.language)
        call = CallHttp(
            id=effect,
            node=node.id,
            flow=flow.key,
            method=node.method,
            url=compile_template(node.url).render(scope, env),
            headers={k: compile_template(v).render(scope, env) for k, v in node.headers.items()},
            query={k: compile_template(v).render(scope, env) for k, v in node.query.items()},
            body=normalize(compile_value(node.body).evaluate(scope, env)),
            auth=node.auth.secret if node.auth else "",
            secrets=secrets,
            timeout=min(float(seconds(node.timeout)), 20.0),
        )
    except UnknownZone:
        raise Problem(
            _("O fuso horário do fluxo não existe: {name}."),
            mend=_("Escolha outro nas configurações do fluxo."),
            name=flow.timezone,
        ) from None
    except EvaluationError as error:
        raise Problem(
            _("A consulta não pôde ser montada com estes valores."),
            mend=_("Confira as contas no endereço, nos cabeçalhos e no corpo."),
        ) from error
    outcome = await ask(database, vault, client, tenant, call)
    if isinstance(outcome, Refused | Unclear):
        return Tried(0, REASONS.get(outcome.reason, outcome.reason))
    if not isinstance(outcome, Answered):
        raise TypeError(outcome)
    return Tried(outcome.status, leaves=tuple(leaves(outcome.body)))


def put(scope: dict[str, Any], name: str, value: str) -> None:
    """A sample under its dotted name; what is a constant already stays."""
    *parents, last = name.split(".")
    around = scope
    for parent in parents:
        around = cast("dict[str, Any]", around.setdefault(parent, {}))
    if not (parents and parents[0] == "const"):
        around.setdefault(last, number(value))


def number(text: str) -> Any:
    """What looks like a number is one, as a variable of that type would be."""
    plain = bool(re.fullmatch(r"-?[1-9]\d*(\.\d+)?", text))
    found = typed_number(text) if plain else None
    return text if found is None else found


def leaves(body: Any) -> list[Leaf]:
    """The values of an answer, from the outside in, at most some dozens."""
    found: list[Leaf] = [
        Leaf("", _("a resposta inteira"), sample_of(body), "resposta", type_of(body))
    ]
    waiting: list[tuple[str, Any]] = [("", body)]
    while waiting and len(found) < MOST_LEAVES:
        path, value = waiting.pop(0)
        inside: list[tuple[str, Any]] = []
        if isinstance(value, dict):
            inside = [(str(k), v) for k, v in cast("dict[Any, Any]", value).items()]
        elif isinstance(value, list):
            inside = [(str(i), v) for i, v in enumerate(cast("list[Any]", value)[:3])]
        for key, each in inside:
            here = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            words = here.removeprefix("/").replace("/", " › ")
            found.append(Leaf(here, words, sample_of(each), name_of(key) or "valor", type_of(each)))
            waiting.append((here, each))
    return found[:MOST_LEAVES]


def sample_of(value: Any) -> str:
    match value:
        case dict():
            return "{…}"
        case list():
            return f"[{len(cast('list[Any]', value))}]"
        case None:
            return "—"
        case _:
            return str(value)[:60]


def type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float() | Decimal():
            return "number"
        case dict():
            return "object"
        case list():
            return "list"
        case _:
            return "text"
