"""The values that a flow may read, with words and samples for people."""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from msgspec import Struct

from flowengine.flow import Flow
from flowengine.nodes import Http, Loop
from flowengine.state import encode
from flowengine.values import RESERVED
from flowengine.workspace import Workspace
from web.texts import Texts, _
from web.value_names import NAMES

SIMPLE = re.compile(r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$")

ALWAYS: tuple[tuple[str, str, str], ...] = (
    (_("Contato"), "contact.name", "Ana"),
    (_("Contato"), "contact.phone", "+55 11 99999-0001"),
    (_("Contato"), "contact.language", "pt-BR"),
    (_("Contato"), "contact.tags", "vip"),
    (_("Mensagem"), "message.text", "oi"),
    (_("Mensagem"), "message.choice", "vendas"),
    (_("Mensagem"), "message.kind", "text"),
    (_("Mensagem"), "message.failure", "timeout"),
    (_("Conversa"), "conversation.channel", "whatsapp"),
    (_("Conversa"), "trigger.word", "oi"),
    (_("Conversa"), "now", "2026-03-02 09:00"),
)

SAMPLES = {
    "text": "Ana", "number": "42", "boolean": "true", "date": "2026-03-15", "time": "10:00",
    "datetime": "2026-03-15T10:00", "duration": "PT2H", "list": "[…]", "object": "{…}",
}  # fmt: skip


LONGEST = 4096
"""Letters of a sample: more than any message of WhatsApp holds."""


class Value(Struct, frozen=True):
    """Something to insert or compare. `code`: how expressions call it."""

    code: str
    label: str
    sample: str
    group: str
    type: str = "text"


class Known(Struct, frozen=True):
    """All of them, and the names of the flow's own variables."""

    values: tuple[Value, ...] = ()
    variables: tuple[str, ...] = ()

    def find(self, code: str) -> Value | None:
        return next((value for value in self.values if value.code == code), None)

    @property
    def groups(self) -> tuple[tuple[str, tuple[Value, ...]], ...]:
        names = dict.fromkeys(value.group for value in self.values)
        return tuple(
            (name, tuple(value for value in self.values if value.group == name)) for name in names
        )


def known_of(flow: Flow, names: Workspace, t: Texts) -> Known:
    """What this flow may read: its variables first, then contact, message and workspace."""
    own = (*flow.variables, *flow.inputs)
    mine = t(_("Deste fluxo"))
    found = [
        Value(each.name, each.name, _sample(each.default, each.type), mine, each.type)
        for each in own
    ]
    items = {node.as_ for node in flow.nodes if isinstance(node, Loop)} - {e.name for e in own}
    found += [Value(name, t(_("item: {name}"), name=name), "…", mine) for name in sorted(items)]
    found += [
        Value(code, t(NAMES[code]), sample, t(group), "list" if code.endswith("tags") else "text")
        for group, code, sample in ALWAYS
    ]
    contact, fixed = t(_("Contato")), t(_("Constantes"))
    found += [
        Value(f"contact.fields.{key}", field.title or key, SAMPLES.get(field.type, "…"), contact)
        for key, field in names.fields.items()
    ]
    found += [
        Value(f"const.{key}", key, _sample(value, "text"), fixed)
        for key, value in names.constants.items()
    ]
    return Known(tuple(found), tuple(each.name for each in own))


def saved_names(flow: Flow) -> set[str]:
    """Variables that calls fill in."""
    return {save.to for node in flow.nodes if isinstance(node, Http) for save in node.save}


def _sample(value: Any, kind: str) -> str:
    if value is None or value == "":
        return SAMPLES.get(kind, "…")
    plain = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
    text = str(value) if plain else encode(value).decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def name_of(words: str) -> str:
    """A variable's name out of what somebody calls it: "Nome do cliente" → "nome_do_cliente"."""
    name = plain_word(words, "_")
    if not name:
        return ""
    if name[0].isdigit() or name in RESERVED:
        name = f"v_{name}"
    return name[:64]


def key_of(words: str) -> str:
    """A key: "Não achou" → "nao-achou"."""
    return plain_word(words, "-")[:64]


def plain_word(words: str, joint: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", joint, plain).strip(joint)
