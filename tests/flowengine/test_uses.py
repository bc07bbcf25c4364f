"""What a flow uses of its workspace: every kind, drafts that could not run included."""

from typing import Any

import msgspec
import pytest

from flowengine.document import parse
from flowengine.uses import Use, uses


def flow_of(*nodes: dict[str, Any], **settings: Any) -> frozenset[Use]:
    document = {"format": "flowengine/1", "key": "f", "name": "F", "nodes": nodes, "edges": []}
    return uses(parse(msgspec.json.encode(document | {"settings": settings})))


@pytest.mark.parametrize(
    ("node", "use"),
    [
        ({"type": "transfer", "to": {"queue": "suporte"}}, ("queue", "suporte")),
        ({"type": "hours", "schedule": "loja"}, ("schedule", "loja")),
        ({"type": "delay", "until": {"open": "loja"}}, ("schedule", "loja")),
        ({"type": "tag", "add": ["vip"]}, ("tag", "vip")),
        ({"type": "tag", "remove": ["vip"]}, ("tag", "vip")),
        (
            {"type": "set", "assign": [{"to": "contact.fields.pet", "value": "Rex"}]},
            ("field", "pet"),
        ),
        (
            {"type": "message", "contents": [{"kind": "text", "text": "{{ contact.fields.pet }}"}]},
            ("field", "pet"),
        ),
        (
            {"type": "message", "contents": [{"kind": "text", "text": "R$ {{ const.frete }}"}]},
            ("constant", "frete"),
        ),
        (
            {
                "type": "message",
                "contents": [
                    {"kind": "template", "name": "lembrete", "language": "pt_BR", "params": {}}
                ],
            },
            ("template", "lembrete"),
        ),
        ({"type": "flow", "flow": "menu"}, ("flow", "menu")),
        ({"type": "start", "flow": "menu"}, ("flow", "menu")),
        ({"type": "ai_reply", "instructions": "Oi", "profile": "padrao"}, ("profile", "padrao")),
        (
            {"type": "ai_reply", "instructions": "Oi", "knowledge": ["ajuda"]},
            ("knowledge", "ajuda"),
        ),
    ],
)
def test_a_use_of_every_kind(node: dict[str, Any], use: tuple[Any, str]) -> None:
    assert Use(*use, "n") in flow_of({"id": "n", **node})


def test_where_trouble_goes_is_a_use_of_the_settings() -> None:
    assert flow_of(on_problem={"queue": "suporte"}) == {Use("queue", "suporte")}


def test_a_name_is_whole() -> None:
    """`const.frete` is no use of `const.fre`, and `myconst.x` none of a constant."""
    found = flow_of(
        {
            "id": "n",
            "type": "message",
            "contents": [{"kind": "text", "text": "{{ const.frete_sul + myconst.x }}"}],
        }
    )
    assert found == {Use("constant", "frete_sul", "n")}


def test_plain_words_use_nothing() -> None:
    text = {"kind": "text", "text": "Oi! Fila suporte, horário loja."}
    assert flow_of({"id": "n", "type": "message", "contents": [text]}) == frozenset()
