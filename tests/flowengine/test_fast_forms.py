"""What was made fast means what the plain form means."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from flowengine.catalog import build_catalog
from flowengine.chat import Chat, Conversation, follow
from flowengine.compiled import CompiledTrigger, Release
from flowengine.conversation import take
from flowengine.document import parse
from flowengine.expressions import Env, EvaluationError, Limits, compile_template
from flowengine.given import Cause, Contact, World
from flowengine.happenings import MessageCame
from flowengine.messages import Inbound
from flowengine.release import compile_release
from flowengine.scope import Scope
from flowengine.state import encode
from flowengine.text import fold, said_words
from flowengine.zones import zone

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ENVS = [
    Env(NOW, zone("America/Sao_Paulo"), language, Limits(output=60))
    for language in ("pt-BR", "en", "es")
]

# -- texts ---------------------------------------------------------------------------------------

NAMES = ("nome", "pedido.itens", "pedido.total", "contact.fields.plano", "nada", "a.b.c.d")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.decimals(-1000, 1000, places=2),
    st.floats(-1000, 1000),
    st.text(max_size=12),
    st.integers(0, 4 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    ),
    max_leaves=6,
)
scopes = st.fixed_dictionaries(
    {},
    optional={
        "nome": values,
        "pedido": st.one_of(values, st.fixed_dictionaries({"itens": values, "total": values})),
        "contact": st.fixed_dictionaries({"fields": st.dictionaries(st.just("plano"), scalars)}),
        "a": values,
    },
)
words = st.text(st.characters(exclude_characters="{}%#", exclude_categories=["Cs"]), max_size=10)
pieces = st.one_of(words, st.sampled_from(NAMES).map(lambda name: "{{ " + name + " }}"))


def rendered(source: str, scope: dict[str, Any], env: Env) -> str:
    try:
        return "text: " + compile_template(source).render(scope, env)
    except EvaluationError as trouble:
        return "error: " + trouble.message


@given(st.lists(pieces, max_size=8).map("".join), scopes, st.sampled_from(ENVS))
def test_texts_with_names_mean_what_the_general_form_means(
    source: str, scope: dict[str, Any], env: Env
) -> None:
    """A statement that does nothing makes the whole text take the general form."""
    general = "{% if false %}{% endif %}" + source
    assert rendered(source, scope, env) == rendered(general, scope, env)
    assert compile_template(source).reads == compile_template(general).reads


# -- names ---------------------------------------------------------------------------------------

keys = st.sampled_from(["contact", "const", "message", "trigger", "a", "b", "c"])
tables = st.dictionaries(st.sampled_from("abc"), st.integers(0, 9))


@given(tables, tables, st.lists(st.tuples(keys, st.one_of(st.none(), st.integers(0, 9)))))
def test_names_read_one_by_one_are_those_of_a_whole_table(
    variables: dict[str, int], defaults: dict[str, int], acts: list[tuple[str, int | None]]
) -> None:
    world = {name: {"is": name} for name in ("contact", "conversation", "const", "history")}
    world |= {name: {"is": name} for name in ("message", "trigger")}
    table: dict[str, Any] = {**world, **defaults, **variables}
    scope = Scope(variables, defaults, lambda name: world[name], {})
    for name, value in acts:
        if value is None:
            assert scope.get(name) == table.get(name)
            assert (name in scope) == (name in table)
        else:
            scope[name] = table[name] = value
    assert {**scope} == table
    assert len(scope) == len(table)


# -- triggers ------------------------------------------------------------------------------------

SAID = st.lists(st.sampled_from("oi quero um plano novo já ÓI 2 👍".split()), max_size=5).map(
    " ".join
)
MATCHES = st.sampled_from(["exact", "any_word", "all_words", "phrase"])
KINDS = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("keyword"),
            "words": st.lists(SAID.filter(str.strip), min_size=1, max_size=3),
            "match": MATCHES,
        }
    ),
    st.just({"kind": "keyword", "words": ["pla.o"], "match": "pattern"}),
    st.just({"kind": "message"}),
    st.just({"kind": "new_contact"}),
    st.just({"kind": "fallback"}),
)
TRIGGERS = st.fixed_dictionaries({"on": KINDS, "priority": st.integers(0, 1)})


def published(key: str, triggers: list[dict[str, Any]]) -> Release:
    nodes = [{"id": f"t{at}", "type": "trigger", **each} for at, each in enumerate(triggers)]
    document = {
        "format": "flowengine/1",
        "key": key,
        "name": key,
        "nodes": [*nodes, {"id": "fim", "type": "end"}],
        "edges": [{"from": node["id"], "to": "fim"} for node in nodes],
    }
    return compile_release(parse(msgspec.json.encode(document)), {})


@given(st.lists(st.lists(TRIGGERS, max_size=3), max_size=4), SAID, st.booleans())
def test_the_index_finds_whom_asking_everybody_finds(
    flows: list[list[dict[str, Any]]], text: str, first: bool
) -> None:
    releases = [published(f"f{at}", triggers) for at, triggers in enumerate(flows)]
    message = Inbound("m", NOW, text=text)
    asked: list[tuple[str, str]] = []

    def never(_release: Release, trigger: CompiledTrigger, _cause: Cause) -> bool:
        asked.append((trigger.flow, trigger.node))
        return False

    assert build_catalog(releases).find(message, first, never) is None
    everybody = [
        (trigger.flow, trigger.node)
        for release in releases
        for trigger in release.flow.triggers
        if trigger.matcher.takes(message, said_words(text), fold(text))
        and (first or trigger.kind != "new_contact")
    ]
    assert sorted(asked) == sorted(everybody)


# -- turns ---------------------------------------------------------------------------------------


def test_a_turn_changes_nothing_that_it_was_given() -> None:
    """What a run copies late is never what the state before still holds."""
    triage = Path(__file__).parents[1] / "benchmarks" / "triage.flow.json"
    release = compile_release(parse(triage.read_bytes()), {})
    world = World(Contact("c", fields={"plano": Decimal(1)}, tags=("a",)), window_hours=24)
    chat = Chat(Conversation("c"), {}, {release.hash: release}, build_catalog([release]), world)
    for seq, words in enumerate(("oi", "Ana", "2"), 1):
        before = encode([chat.conversation, chat.executions, chat.world])
        came = MessageCame(Inbound(f"m{seq}", NOW, text=words))
        taken = take(chat, came, seq, NOW, NOW)
        again = take(chat, came, seq, NOW, NOW)
        assert encode([chat.conversation, chat.executions, chat.world]) == before
        assert encode([taken.steps, taken.conversation]) == encode(
            [again.steps, again.conversation]
        )
        chat = follow(chat, taken)
    assert chat.conversation.holder == ""
