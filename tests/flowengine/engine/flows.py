"""Random flows for Hypothesis: every node kind, any wiring, small."""

from typing import Any

from hypothesis import strategies as st

from tests.flowengine.playing import document, menu, text

WORDS = st.sampled_from(["oi", "Ana", "1", "2", "sim", "sair", "banana", "", "parar", "12/03/2027"])
VARIABLES = [
    {"name": "a"},
    {"name": "n", "type": "number"},
    {"name": "l", "type": "list", "default": [1, 2]},
    {"name": "o", "type": "object"},
]
TEMPLATES = st.sampled_from(
    [
        "Olá",
        "Oi {{ contact.name }}, {{ a }}",
        "{{ n + 1 }}",
        "{% for x in l %}{{ x }} {% endfor %}",
        "{{ message.text|upper }} {{ now|date('dd/MM') }}",
        "{{ a|length * 3 }}{{ o.x.y }}",
    ]
)
EXPECT = st.sampled_from(
    [{"kind": k} for k in ("any", "text", "yes_no", "number", "date", "email", "cpf", "media")]
)


def _choices(node: str) -> st.SearchStrategy[dict[str, Any]]:
    buttons = [{"id": "x", "title": "Xis"}, {"id": "y", "title": "Ípsilon"}]
    rows = [{"each": {"expr": "l"}, "as": "i", "id": "{{ i }}", "title": "Item {{ i }}"}]
    contents = st.sampled_from(
        [
            [{"kind": "buttons", "text": "Qual?", "buttons": buttons}],
            [{"kind": "list", "text": "Qual?", "rows": rows}],
        ]
    )
    return st.fixed_dictionaries(
        {
            "id": st.just(node),
            "type": st.just("ask"),
            "contents": contents,
            "expect": st.just({"kind": "choice"}),
            "stale": st.sampled_from(["reprompt", "jump"]),
        },
        optional={
            "timeout": st.just("PT1H"),
            "save_as": st.just("a"),
            "attempts": st.integers(1, 3),
            "interruptible": st.booleans(),
        },
    )


def _node(node: str) -> st.SearchStrategy[dict[str, Any]]:
    say = TEMPLATES.map(lambda body: text(node, body))
    contents = TEMPLATES.map(lambda body: [{"kind": "text", "text": body}])
    ask = st.fixed_dictionaries(
        {"id": st.just(node), "type": st.just("ask"), "contents": contents, "expect": EXPECT},
        optional={
            "timeout": st.just("PT1H"),
            "attempts": st.integers(1, 3),
            "gather": st.just("PT5S"),
            "early": st.just("ignore"),
        },
    )
    when = {"left": {"expr": "n"}, "op": "more", "right": 1}
    fixed: list[dict[str, Any]] = [
        {"type": "wait", "expect": {"kind": "any"}, "save_as": "a"},
        {"type": "wait", "events": [{"exit": "e", "name": "pago"}], "timeout": "P1D"},
        {"type": "condition", "cases": [{"id": "c", "when": when}]},
        {"type": "set", "assign": [{"to": "n", "op": "add", "value": 1}]},
        {"type": "set", "assign": [{"to": "o", "value": {"x": {"expr": "l[0]"}}}]},
        {"type": "tag", "add": ["vip"]},
        {"type": "delay", "for": "PT30S"},
        {"type": "delay", "for": "P1D"},
        {"type": "split", "variants": [{"id": "v"}, {"id": "w"}]},
        {"type": "loop", "each": {"expr": "l"}, "as": "a"},
        {"type": "http", "url": "https://x.example/{{ a }}", "save": [{"to": "o", "path": ""}]},
        {"type": "ai_reply", "instructions": "x", "dialogue": True},
        {"type": "transfer", "to": {"queue": "q"}, "timeout": "PT10M"},
        {"type": "flow", "flow": "filho"},
        {"type": "start", "flow": "filho", "at": {"expr": "now + hours(1)"}, "key": "k"},
        {"type": "cancel", "key": "k"},
        {"type": "notify", "name": "x", "data": {"a": "{{ a }}"}},
        {"type": "consent", "purpose": "marketing", "give": True},
        {"type": "end", "outcome": "fim"},
    ]
    others = st.sampled_from(fixed).map(lambda fields: {"id": node, **fields})
    return st.one_of(say, ask, _choices(node), others)


EXITS = {
    "message": ["next"],
    "ask": ["reply", "timeout", "invalid", "choice:x", "picked", "empty", "failed"],
    "wait": ["reply", "timeout", "event:e", "choice:x"],
    "condition": ["case:c", "else"],
    "split": ["variant:v", "variant:w"],
    "loop": ["item", "done"],
    "http": ["ok", "failed"],
    "ai_reply": ["next", "failed", "handoff", "limit", "timeout"],
    "transfer": ["closed", "unavailable", "timeout"],
    "flow": ["next", "failed", "outcome:fim"],
    "end": [],
}

CHILD = document(
    "filho",
    [text("f1", "Filho"), {"id": "f2", "type": "end", "outcome": "fim"}],
    ["f1 > f2"],
    start="f1",
)


@st.composite
def flows(draw: st.DrawFn, key: str = "f") -> dict[str, Any]:
    """A random flow document: it parses and compiles, and may be as silly as it likes."""
    names = [f"n{i}" for i in range(draw(st.integers(3, 9)))]
    nodes = [draw(_node(name)) for name in names]
    nodes[-1] = draw(st.sampled_from([menu(names[-1], "Qual?", "x", "y"), nodes[-1]]))
    trigger = {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}}
    out = {
        "id": "sair",
        "type": "trigger",
        "on": {"kind": "keyword", "words": ["sair"]},
        "interrupts": {
            "scope": draw(st.sampled_from(["flow", "workspace"])),
            "then": draw(st.sampled_from(["jump", "return", "restart"])),
        },
    }
    lines = [f"oi > {names[0]}", f"sair > {draw(st.sampled_from(names))}"]
    if not draw(st.integers(0, 3)):
        lines.append(f"{names[0]}:failed > {names[-1]}")
    for place, node in enumerate(nodes):
        onward = st.sampled_from(names[place + 1 :] or names)
        target = st.one_of(onward, onward, onward, st.sampled_from(names))
        for exit in EXITS.get(node["type"], ["next"]):
            if draw(st.integers(0, 5)):
                lines.append(f"{node['id']}:{exit} > {draw(target)}")
    settings = draw(st.sampled_from([{}, {"on_problem": {"queue": "q"}}, {"expires": "P2D"}]))
    return document(
        key, [trigger, out, *nodes], lines, variables=VARIABLES, settings=settings, start=names[0]
    )


SAYS = WORDS.map(lambda words: ("say", words))
STEPS = st.one_of(
    SAYS,
    SAYS,
    st.just(("say", "sair")),
    st.sampled_from([("say", "sim"), ("tap", "x")]),
    st.sampled_from([("tap", "x"), ("tap", "y"), ("tap", "1"), ("tap", "Ver mais")]),
    st.sampled_from([("after", 10), ("after", 3700), ("after", 90_000), ("after", 700_000)]),
    st.sampled_from([("human", "take"), ("human", "return"), ("human", "close")]),
    st.sampled_from([("event", "pago"), ("start", "filho"), ("start", "f"), ("fail", "")]),
    st.sampled_from([("answer", 200), ("answer", 500), ("media", "")]),
)
