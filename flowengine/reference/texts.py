"""What the reference says beside its tables."""

INDEX = """
# The flow format

The reference of `flowengine/1`, made from the code by `flowengine schema --reference docs/format`.

A flow is a JSON document: nodes joined by edges from their exits. Reading is strict: an unknown
field, or an id that leads nowhere, is refused with its path and the mend.

- [The document](document.md): the flow, its settings, variables and edges, and the kinds of values.
- [Contents](contents.md): what a node can say.
- [Expected answers](answers.md): what counts as an answer, and what it is saved as.
- [Conditions](conditions.md): operators, and how they are put together.
- [Expressions](expressions.md): templates, filters and functions.

```json
{{
  "format": "flowengine/1", "key": "triagem", "name": "Triagem",
  "variables": [{{"name": "nome"}}],
  "nodes": [
    {{"id": "oi", "type": "trigger", "on": {{"kind": "keyword", "words": ["oi"]}}}},
    {{"id": "nome", "type": "ask", "contents": [{{"kind": "text", "text": "Qual é o seu nome?"}}],
      "expect": {{"kind": "text"}}, "save_as": "nome"}},
    {{"id": "fim", "type": "message",
      "contents": [{{"kind": "text", "text": "Prazer, {{{{ nome }}}}!"}}]}}
  ],
  "edges": [{{"from": "oi", "to": "nome"}}, {{"from": "nome", "exit": "reply", "to": "fim"}}]
}}
```

Every node has an `id` that is unique in its flow, a `type`, and for people a `title` and a `note`,
which change nothing.

Limits: {steps} node steps and {sends} messages in one turn, {turns} turns of an execution, {depth}
flows on the stack. A turn that passes one fails as a whole, and `settings.on_problem` acts.
"""

VALUES = """
## Values

- A **text** is a template: `"Olá, {{{{ nome }}}}!"`. Its result is a text.
- An **expression** is `{{"expr": "pontos + 1"}}`: its result is a value.
- A **value** is any JSON; texts in it are templates, `{{"expr"}}` objects are expressions.
- A **key** or id is 1 to 64 of `a-z`, `0-9`, `_` and `-`. A **name** is of `a-z`, `0-9` and `_`,
  does not begin with a digit, and is not one of the reserved names (`contact`, `message`, `now` …).
- A **duration** is ISO 8601 of fixed length: `P7D`, `PT2H`, `PT1H30M`, `PT90S`.

A variable's type is one of {types}. What is stored is read as that type: "1.234,50" as a number in
the flow's language, "2026-03-04" as a date, "sim" as true. What cannot be read so is a problem.
"""

CONDITIONS = """
# Conditions

A condition compares texts folded: without case, accents and full width, with digits as 0-9 in any
script; an emoji is a word. Numbers and dates are read out of texts as people of the flow's language
write them. Patterns are RE2.
"""

EXPRESSIONS = """
# Expressions

Templates and expressions have the syntax of Jinja, and a meaning of their own: nothing is ever
evaluated as Python, and one evaluation does a bounded amount of work. What is not known here is
refused when the flow is read, with line, column and the mend.

Names that can be read:

- `contact.name`, `phone`, `language`, `tags`, `fields.NAME`
- `message.text`, `kind`, `choice`, `media`, `location`, `at`, `failure`: the last input
- `history[n]`: the transcript, each with `role`, `text` and `at`
- `conversation.channel`, `window.open`, `window.closes_at`
- `trigger.word`, `groups`, `referral`, `event`: why the flow began
- `const.NAME`, `now`, and the flow's variables, inputs and outputs
- `secret.NAME`: only in an `http` node
"""
