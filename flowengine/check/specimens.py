"""Values of every type, for asking the engine what it can do with them."""

from typing import Any

from flowengine.answers import (
    Expect,
    ExpectAny,
    ExpectChoice,
    ExpectContact,
    ExpectDate,
    ExpectDatetime,
    ExpectForm,
    ExpectLocation,
    ExpectMedia,
    ExpectNumber,
    ExpectYesNo,
)
from flowengine.expressions import Env, coerce
from flowengine.graph import choices, has_dynamic_rows, spoken
from flowengine.nodes import Ask, Wait
from flowengine.state import encode

TEXTS = [
    "exemplo", "5", "2026-03-04", "2026-03-04T10:00:00-03:00", "10:30", "PT1H", "sim",
    "+5511999990001", "ana@exemplo.com.br", "a,b", "",
]  # fmt: skip
"""Texts that can be read as something else, too."""

WORLD: dict[str, list[Any]] = {
    "contact.name": TEXTS,
    "contact.phone": ["+5511999990001"],
    "contact.language": ["pt-BR"],
    "contact.tags": [["vip"]],
    "message.text": TEXTS,
    "message.kind": ["text"],
    "message.choice": TEXTS,
    "trigger.word": TEXTS,
    "conversation.channel": ["simulator"],
}
"""Names that every flow may read whose type is known."""

_FILE = {"kind": "image", "id": "1", "mime": "image/jpeg"}


def specimens(kind: str, env: Env) -> list[Any]:
    """Values of a declared type, as expressions see them."""
    match kind:
        case "text":
            return [*TEXTS]
        case "number":
            return [1, 5, 0]
        case "boolean":
            return [True, False]
        case "date":
            return [coerce("2026-03-04", "date", env)]
        case "time":
            return [coerce("10:30", "time", env)]
        case "datetime":
            return [coerce("2026-03-04T10:00:00-03:00", "datetime", env)]
        case "duration":
            return [coerce("PT1H", "duration", env)]
        case _:
            return []


def answers(node: Ask | Wait, expect: Expect) -> list[Any]:
    """What a wait may store; nothing where that is not known."""
    match expect:
        case ExpectChoice():
            return _chosen(node)
        case ExpectYesNo():
            return [True]
        case ExpectNumber():
            return [5]
        case ExpectDate():
            return ["2026-03-04"]
        case ExpectDatetime():
            return ["2026-03-04T10:00:00-03:00"]
        case ExpectMedia():
            return [_FILE]
        case ExpectLocation():
            return [{"latitude": 1, "longitude": 1, "name": "", "address": ""}]
        case ExpectContact() | ExpectForm():
            return [{"name": "Ana"}]
        case ExpectAny():
            return [*TEXTS, _FILE]
        case _:
            return [*TEXTS]


def _chosen(node: Ask | Wait) -> list[Any]:
    """The titles, values or ids of what is offered by the node itself."""
    known = choices(spoken(node))
    if not known or isinstance(node, Wait) or has_dynamic_rows(spoken(node)):
        return []
    match node.save:
        case "id":
            return [choice.id for choice in known]
        case "item":
            return [{"id": known[0].id}]
        case _:
            fixed = [c.title if c.value is None else c.value for c in known]
            return [] if b"{" in encode(fixed) else fixed
