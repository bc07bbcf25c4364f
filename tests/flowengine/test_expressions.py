"""Templates and expressions: what they mean, what is refused, and that nothing else can happen."""

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from flowengine.expressions import (
    FILTERS,
    FUNCTIONS,
    Env,
    EvaluationError,
    ExpressionError,
    Limits,
    coerce,
    compile_expression,
    compile_template,
    compile_value,
    normalize,
    show,
)
from flowengine.expressions.checks import CHECKS
from flowengine.schedules import Schedule, Weekly
from flowengine.zones import zone

SAO_PAULO = zone("America/Sao_Paulo")
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=SAO_PAULO)  # a Wednesday
ENV = Env(now=NOW, timezone=SAO_PAULO)
ENGLISH = Env(now=NOW, timezone=SAO_PAULO, language="en-US")
SPANISH = Env(now=NOW, timezone=SAO_PAULO, language="es-ES")

SCOPE: dict[str, Any] = {
    "nome": "Ana",
    "contact": {"name": "Ana Maria", "fields": {"plano": "ouro", "pontos": 3}, "tags": ["vip"]},
    "itens": [{"nome": "Bola", "preco": Decimal("10.5")}, {"nome": "Apito", "preco": 2}],
    "n": 2,
    "preco": 1.1,
    "dia": "2026-03-15",
    "inicio": "2026-03-15T10:00:00-03:00",
    "sim": True,
    "frase": "*oi* _tudo_ `bem`",
}

# -- templates -----------------------------------------------------------------------------------

TEXTS = [
    ("Olá", "Olá"),
    ("", ""),
    ("Olá, {{ nome }}!", "Olá, Ana!"),
    ("{{ nome }} {{ contact.fields.plano }}", "Ana ouro"),
    ("linha 1\nlinha 2\n", "linha 1\nlinha 2\n"),
    ("a\r\nb", "a\nb"),
    ("{ não é } nada }}", "{ não é } nada }}"),
    ("[{{ ninguem }}][{{ contact.nada.nunca }}]", "[][]"),
    ("{{ contact['fields']['plano'] }}", "ouro"),
    ("{{ itens[0].nome }} {{ itens[-1].nome }} {{ itens[9].nome }}", "Bola Apito "),
    ("{{ itens.0.preco }}", "10.5"),
    ("{{ nome[0] }}{{ nome[1:] }}", "Ana"),
    ("{{ itens[0:1]|length }}", "1"),
    # numbers are exact
    ("{{ 0.1 + 0.2 }}", "0.3"),
    ("{{ preco * 3 }}", "3.3"),
    (
        "{{ 2.50 }} {{ 10 / 4 }} {{ 6 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }}",
        "2.5 2.5 3 3 -4 2",
    ),
    ("{{ 1 / 3 }}", "0.3333333333333333333333333333"),
    ("{{ -n }} {{ +n }} {{ 1_000 * 2 }}", "-2 2 2000"),
    ("{{ 100000000000 * 100000000000 }}", "10000000000000000000000"),
    ("{{ 0.0000001 }}", "0.0000001"),
    # texts
    ("{{ nome ~ ' ' ~ n ~ nada }}", "Ana 2"),
    ("{{ nome + '!' }}", "Ana!"),
    ("{{ 'an' in nome|lower }} {{ 'vip' in contact.tags }} {{ 3 in [1, 2] }}", "sim sim não"),
    ("{{ 'plano' in contact.fields }} {{ 'x' in nada }}", "sim não"),
    ("{{ \"aspas\" }} {{ 'uma\\n' }}", "aspas uma\n"),
    # logic
    ("{{ sim and n > 1 }} {{ not sim }} {{ nada or 'outro' }}", "sim não outro"),
    ("{{ 'sim' if n == 2 else 'não' }}{{ 'x' if nada }}", "sim"),
    ("{{ 1 < n < 3 }} {{ 1 == 1.0 }} {{ '2' == 2 }} {{ true == 1 }}", "sim sim não não"),
    ("{{ nada < 1 }} {{ nada == null }} {{ nada is none }}", "não sim sim"),
    # statements
    ("{% if n > 1 %}muitos{% elif n == 1 %}um{% else %}nada{% endif %}", "muitos"),
    ("{% if nada %}a{% elif n == 2 %}b{% endif %}", "b"),
    (
        "{% for i in itens %}{{ loop.index }}/{{ loop.length }} {{ i.nome }}"
        "{% if not loop.last %}, {% endif %}{% endfor %}",
        "1/2 Bola, 2/2 Apito",
    ),
    ("{% for i in itens if i.preco > 5 %}{{ loop.first }}{{ i.nome }}{% endfor %}", "simBola"),
    ("{% for i in nada %}x{% else %}vazio{% endfor %}", "vazio"),
    ("{% for k in contact.fields %}{{ k }} {% endfor %}", "plano pontos "),
    ("{% for k, v in contact.fields|items %}{{ k }}={{ v }} {% endfor %}", "plano=ouro pontos=3 "),
    ("{% for a in [1, 2] %}{% for b in [3, 4] %}{{ a * b }} {% endfor %}{% endfor %}", "3 4 6 8 "),
    ("{% set total = n + 1 %}{{ total * 2 }}", "6"),
    ("{% set x = 1 %}{% for i in [1, 2] %}{% set x = i %}{{ x }}{% endfor %}{{ x }}", "121"),
    ("{% if nada %}{% set nome = 'Bia' %}{% endif %}{{ nome }}", "Ana"),
    (
        "{% for i in [1, 2] %}{% if i == 1 %}{% set y = 'a' %}{% endif %}[{{ y }}]{% endfor %}",
        "[a][]",
    ),
    ("a {#- comentário -#} b", "ab"),
    ("a {{- ' b ' -}} c", "a b c"),
    ("{% raw %}{{ nome }}{% endraw %}", "{{ nome }}"),
    # printing
    ("{{ sim }} {{ not sim }}", "sim não"),
    ("{{ [1, 'a', null, true] }}", "1, a, , sim"),
    ("{{ {'a': 1} }}", '{"a":1}'),
    ("{{ [[1, 2], {'a': 2.5}] }}", '[1,2], {"a":2.5}'),
    ("{{ now }} {{ today() }} {{ time(now) }}", "04/03/2026 09:30 04/03/2026 09:30"),
    ("{{ hours(26) }} {{ now - now }}", "P1DT2H PT0S"),
]


@pytest.mark.parametrize(("source", "expected"), TEXTS)
def test_a_template_prints(source: str, expected: str) -> None:
    assert compile_template(source).render(SCOPE, ENV) == expected


FILTERED = [
    ("{{ nome|upper }} {{ nome|lower }}", "ANA ana"),
    ("{{ \"ANA d'avila\"|title }} {{ 'oi ANA'|capitalize }}", "Ana D'avila Oi ana"),
    ("[{{ '  a '|trim }}] {{ 'a-b-c'|replace('-', '.') }}", "[a] a.b.c"),
    ("{{ 'um dois tres'|truncate(8) }} {{ 'curto'|truncate(10) }}", "um dois… curto"),
    ("{{ 'um dois'|truncate(length=5, end='') }}", "um"),
    ("{{ 'Ana Maria'|split|first }} {{ 'a;b'|split(';')|last }}", "Ana b"),
    ("{{ '11999990001'|phone }} {{ '+14155552671'|phone }}", "(11) 99999-0001 +1 415-555-2671"),
    ("{{ frase|plain }}", "\u2217oi\u2217 \uff3ftudo\uff3f \u02cbbem\u02cb"),
    ("{{ '> cite\n- item\n1. um'|plain }}", "\u203a cite\n\u203a item\n1) um"),
    ("{{ contact.fields|json }}", '{"plano":"ouro","pontos":3}'),
    ("{{ n }} {{ n|plural('item', 'itens') }}", "2 itens"),
    ("{{ 1|plural('item', 'itens') }} {{ 0|plural('item', 'itens') }}", "item itens"),
    ("{{ itens|plural('item', 'itens') }}", "itens"),
    ("{{ 1234.5|money }} {{ 1234.5|money('USD') }}", "R$ 1.234,50 US$ 1.234,50"),
    ("{{ 2.345|money }} {{ -2|money }} {{ 'R$ 1.000,10'|money }}", "R$ 2,35 -R$ 2,00 R$ 1.000,10"),
    (
        "{{ 1234567.891|number(2) }} {{ 1234.5|number }} {{ 5|number(1) }}",
        "1.234.567,89 1.234,5 5,0",
    ),
    ("{{ 2.5|round }} {{ 2.345|round(2) }} {{ 2.1|round(0, 'ceil') }}", "3 2.35 3"),
    ("{{ '42 '|int }} {{ 'x'|int(0) }} {{ '1.234,56'|float }} {{ -2|abs }}", "42 0 1234.56 2"),
    (
        "{{ inicio|date }} {{ inicio|time }} {{ inicio|datetime }}",
        "15/03/2026 10:00 15/03/2026 10:00",
    ),
    ("{{ inicio|date('dd/MM HH:mm') }} {{ dia|date('EEEE') }}", "15/03 10:00 domingo"),
    ("{{ dia|date('long') }} {{ dia|date(\"d 'de' MMMM\") }}", "15 de março de 2026 15 de março"),
    ("{{ now|iso }} {{ now|weekday }}", "2026-03-04T09:30:00-03:00 3"),
    ("{{ (hours(50))|in_days }} {{ hours(2)|in_minutes }} {{ minutes(90)|in_hours }}", "2 120 1"),
    ("{{ nada|default('x') }} {{ ''|default('y') }}|{{ ''|default('y', true) }}", "x |y"),
    ("{{ itens|length }} {{ nome|length }} {{ nada|length }} {{ [1]|count }}", "2 3 0 1"),
    ("{{ [3, 1, 2]|sort|join(',') }} {{ [1, 2]|reverse|join(',') }}", "1,2,3 2,1"),
    ("{{ itens|sort('nome')|map('nome')|join(', ') }}", "Apito, Bola"),
    ("{{ itens|sort('preco', reverse=true)|first }}", '{"nome":"Bola","preco":10.5}'),
    ("{{ itens|join('; ', 'nome') }}", "Bola; Apito"),
    ("{{ ['a', 'b', 'a', 1, 1.0]|unique|join }}", "ab1"),
    ("{{ itens|selectattr('preco', 'gt', 5)|map('nome')|join }}", "Bola"),
    ("{{ itens|rejectattr('preco', 'gt', 5)|map('nome')|join }}", "Apito"),
    ("{{ itens|sum('preco') }} {{ [1, null, 2]|sum }} {{ nada|sum }}", "12.5 3 0"),
    (
        "{{ [3, 1]|min }} {{ [3, 1]|max }} {{ min(2, 1) }} {{ max(dia, inicio) }}",
        "1 3 1 2026-03-15T10:00:00-03:00",
    ),
    ("{{ nada|upper }}{{ nada|date }}{{ nada|money }}{{ nada|phone }}", ""),
]


@pytest.mark.parametrize(("source", "expected"), FILTERED)
def test_a_filter_prints(source: str, expected: str) -> None:
    assert compile_template(source).render(SCOPE, ENV) == expected


def test_every_filter_function_and_test_has_a_case() -> None:
    written = " ".join(source for source, _ in TEXTS + FILTERED) + " ".join(s for s, _ in VALUES)
    missing = [name for name in FILTERS if f"|{name}" not in written]
    missing += [name for name in FUNCTIONS if f"{name}(" not in written]
    missing += [
        name for name in CHECKS if f" is {name}" not in written and f"'{name}'" not in written
    ]
    assert not missing


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (ENV, "R$ 1.234,50 1.234,5 04/03/2026 09:30 quarta-feira sim"),
        (ENGLISH, "R$1,234.50 1,234.5 3/4/26 9:30 AM Wednesday yes"),
        (SPANISH, "1.234,50 BRL 1.234,5 4/3/26 9:30 miércoles sí"),
    ],
)
def test_the_language_decides_how_values_print(env: Env, expected: str) -> None:
    source = (
        "{{ x|money }} {{ x|number }} {{ now|date }} {{ now|time }} {{ now|date('EEEE') }} {{ b }}"
    )
    scope = {"x": Decimal("1234.5"), "b": True}
    assert compile_template(source).render(scope, env) == expected


@pytest.mark.parametrize(
    "source",
    [
        "a {% if true %} b {% endif %} c",
        "a\n{%- if true %}\n b\n{%- endif %}\nc\n",
        "{% for i in [1,2,3] %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }} {% endfor %}",
        "{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ~ 3 }}",
        "{{ 'a' if false else 'b' if true else 'c' }}{{ not 1 == 2 and 3 > 2 or false }}",
        "{% set a = 'x' %}{% for i in [1] %}{% set a = 'y' %}{% endfor %}{{ a }}",
        "{{ ['b', 'a']|sort|join(',')|upper }}{{ 'x'|default('y') }}{{ [1,2,3]|last }}",
        "{# um #}{{ '{{' }}{% raw %}{% if %}{% endraw %}\n\n{{ -1 }}",
    ],
)
def test_the_meaning_is_that_of_jinja2(source: str) -> None:
    theirs = Environment(keep_trailing_newline=True).from_string(source).render()
    ours = compile_template(source).render({}, ENGLISH)
    assert ours == theirs.replace("True", "yes").replace("False", "no")


# -- expressions ---------------------------------------------------------------------------------

DIA = date(2026, 3, 15)

VALUES: list[tuple[str, Any]] = [
    ("n + 1", 3),
    ("preco", Decimal("1.1")),
    ("[1, nome, {'a': n}]", [1, "Ana", {"a": 2}]),
    ("(1, 2)", [1, 2]),
    ("contact", SCOPE["contact"]),
    ("nada", None),
    ("null", None),
    ("date(dia)", DIA),
    ("date('15/03/2026')", DIA),
    ("date(2026, 3, 15)", DIA),
    ("date(inicio)", DIA),
    ("datetime(dia, '10:00') == inicio", True),
    ("datetime('amanhã às 10h')", datetime(2026, 3, 5, 10, tzinfo=SAO_PAULO)),
    ("time('14:30')", time(14, 30)),
    ("today()", date(2026, 3, 4)),
    ("number('R$ 1.234,56')", Decimal("1234.56")),
    ("text(2.50)", "2.5"),
    ("5|string", "5"),
    ("contact.fields|list", ["plano", "pontos"]),
    ("now + days(1)", datetime(2026, 3, 5, 9, 30, tzinfo=SAO_PAULO)),
    ("now - hours(1.5)", datetime(2026, 3, 4, 8, tzinfo=SAO_PAULO)),
    ("dia + weeks(1)", date(2026, 3, 22)),
    ("date(dia) + minutes(30)", datetime(2026, 3, 15, 0, 30, tzinfo=SAO_PAULO)),
    ("date(dia) - today()", timedelta(days=11)),
    ("(inicio - now)|in_days", 11),
    ("seconds(90) + duration('PT30S')", timedelta(minutes=2)),
    ("hours(1) * 2", timedelta(hours=2)),
    ("hours(3) / 2", timedelta(minutes=90)),
    ("hours(3) / hours(2)", Decimal("1.5")),
    ("today() + business_days(3)", date(2026, 3, 9)),
    ("today() - business_days(3)", date(2026, 2, 27)),
    ("now + business_days(1)", datetime(2026, 3, 5, 9, 30, tzinfo=SAO_PAULO)),
    ("dia > now", True),
    ("dia < inicio", True),
    ("'2026-03-15T13:00:00+00:00' == date(dia)", False),
    ("datetime(inicio) == '2026-03-15T13:00:00+00:00'", True),
    ("'b' > 'a' and [1, [2.0]] == [1.0, [2]]", True),
    ("n is number and n is even and 3 is odd and n is integer", True),
    ("nome is string and nome is text and contact is mapping and contact is object", True),
    ("itens is list and itens is sequence and sim is boolean and sim is true", True),
    ("nada is undefined and nome is defined and nada is empty and (n > 5) is false", True),
    ("9 is divisibleby 3 and n is eq 2 and n is equalto 2 and n is ne 3", True),
    ("n is lt 3 and n is le 2 and n is gt 1 and n is ge 2 and n is in [1, 2]", True),
    ("today() is date and now is datetime and now is not date", True),
]


@pytest.mark.parametrize(("source", "expected"), VALUES)
def test_an_expression_yields(source: str, expected: Any) -> None:
    value = compile_expression(source).evaluate(SCOPE, ENV)
    assert value == expected
    assert type(value) is type(expected)


def test_a_day_later_keeps_the_wall_clock_and_hours_are_elapsed() -> None:
    new_york = zone("America/New_York")
    env = Env(
        now=datetime(2026, 3, 7, 12, tzinfo=new_york), timezone=new_york
    )  # DST begins next day
    day = compile_expression("now + days(1)").evaluate({}, env)
    hours = compile_expression("now + hours(23)").evaluate({}, env)
    assert day == datetime(2026, 3, 8, 12, tzinfo=new_york)
    assert show(day, env).endswith("12:00")
    assert isinstance(hours, datetime)
    assert hours.astimezone(UTC) - env.now.astimezone(UTC) == timedelta(hours=23)


def test_business_days_of_a_schedule() -> None:
    open_on_saturday = Schedule(
        timezone="America/Sao_Paulo", weekly=Weekly(sat=(("09:00", "12:00"),))
    )
    env = Env(now=NOW, timezone=SAO_PAULO, schedules={"sab": open_on_saturday})
    expression = compile_expression("today() + business_days(2, 'sab')")
    assert expression.evaluate({}, env) == date(2026, 3, 14)
    assert "schedule.sab" in expression.reads
    with pytest.raises(EvaluationError, match="no schedule"):
        expression.evaluate({}, ENV)


# -- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("{{ nome }}", {"nome"}),
        (
            "{{ contact.fields.plano }} {{ contact['fields']['x y'] }}",
            {"contact.fields.plano", "contact.fields.x y"},
        ),
        ("{{ contact.fields[chave] }}", {"contact.fields.*", "chave"}),
        ("{{ contact.fields[chave].x }}", {"contact.fields.*", "chave"}),
        ("{{ history[0].text }} {{ history[-1].text }}", {"history.0.text", "history.-1.text"}),
        ("{{ secret.token }}", {"secret.token"}),
        ("{{ contact|json }}", {"contact"}),
        ("{{ now|date }} {{ date(x) }}", {"now", "x"}),
        ("{% for i in itens %}{{ i.nome }}{{ loop.index }}{% endfor %}", {"itens"}),
        ("{% set a = b %}{{ a }}", {"b"}),
        ("{% if c %}{% set a = 1 %}{% endif %}{{ a }}", {"a", "c"}),
        ("{{ a if b else c }}{{ d[e:f] }}", {"a", "b", "c", "d", "e", "f"}),
        ("sem nada", set()),
    ],
)
def test_reads_are_known_without_running(source: str, reads: set[str]) -> None:
    assert compile_template(source).reads == reads


# -- what is refused -----------------------------------------------------------------------------

REFUSED = [
    ("{{ nome.upper() }}", 1, 8, "|upper"),
    ("{{ nome.format(1) }}", 1, 8, "filter"),
    ("{{ nome.__class__.__mro__() }}", 1, 18, "x.field"),
    ("{{ range(10) }}", 1, 4, "one of"),
    ("{{ upper(nome) }}", 1, 4, "x|upper"),
    ("{{ x()() }}", 1, 7, "days(2)"),
    ("{{ now.year }}", 1, 7, "now|date"),
    ("{{ nome|uper }}", 1, 9, "did you mean upper"),
    ("{{ nome|attr('x') }}", 1, 9, "one of"),
    ("{{ x is foo }}", 1, 6, "one of"),
    ("{{ 2 ** 3 }}", 1, 4, "x * x"),
    ("{{ 'a' * 1000 }}", 1, 4, "write the text out"),
    ("{{ itens[0:9:2] }}", 1, 9, "x[0:5]"),
    ("{{ f(*x) }}", 1, 4, "one of"),
    ("{{ days(*x) }}", 1, 8, "one by one"),
    ("{{ days() }}", 1, 8, "days(count)"),
    ("{{ x|upper(1) }}", 1, 6, "write upper"),
    ("{{ x|replace('a') }}", 1, 6, "replace(old, new)"),
    ("{{ x|truncate(tamanho=3) }}", 1, 6, "truncate(length, end)"),
    ("oi\n  {{ x|date('DD/MM/YYYY') }}", 2, 13, "write dd"),
    ("{{ x|date('%d/%m') }}", 1, 11, "without %"),
    ("{{ x|money('REAL') }}", 1, 12, "BRL"),
    ("{% macro a() %}{% endmacro %}", 1, 4, "if, for and set"),
    ("{% include 'x' %}", 1, 4, "if, for and set"),
    ("{% import 'x' as y %}", 1, 4, "if, for and set"),
    ("{% extends 'x' %}", 1, 4, "if, for and set"),
    ("{% block x %}{% endblock %}", 1, 4, "if, for and set"),
    ("{% with a = 1 %}{% endwith %}", 1, 4, "if, for and set"),
    ("{% filter upper %}x{% endfilter %}", 1, 4, "if, for and set"),
    ("{% set x %}a{% endset %}", 1, 4, "if, for and set"),
    ("{% set a, b = x %}", 1, 4, "total = a + b"),
    ("{% for i in x recursive %}{% endfor %}", 1, 4, "one loop"),
    ("{% nada %}", 1, 4, "if, for and set"),
    ("a\nb {{ nome", 2, 6, "close"),
    ("{% if x %}", 1, 9, "close"),
    ("{{ 1 + }}", 1, 8, ""),
    ("{{ x ! y }}", 1, 6, ""),
    ("{{ 'aberto }}", 1, 4, ""),
    ("{{ '\\ud800' }}", 1, 4, ""),
    ("{{ 1" + "0" * 40 + " }}", 1, 4, ""),
    ("{{ " + "(" * 60 + "1" + ")" * 60 + " }}", 1, 28, "variable"),
    ("{{ " + "not " * 60 + "1 }}", 1, 36, "variable"),
    ("{{ a" + ".b" * 200 + " }}", 1, 403, ""),
    ("{{ " + " + ".join(["1"] * 200) + " }}", 1, 538, "variable"),
    ("{{ [" + "1," * 6000 + "] }}", 1, 4003, "split"),
    ("x" * 16_385, 1, 1, "split"),
    ("a \ud800", 1, 1, "remove"),
]


@pytest.mark.parametrize(("source", "line", "column", "mend"), REFUSED)
def test_a_refusal_has_its_place_and_its_mend(
    source: str, line: int, column: int, mend: str
) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_template(source)
    wrong = refused.value
    assert (wrong.line, wrong.column) == (line, column)
    assert all([wrong.message, wrong.fix, wrong.code])
    assert mend in wrong.fix


@pytest.mark.parametrize("source", ["", "a b", "1 +", "a, b", "{{ a }}", "a }}", "(" * 5000])
def test_an_expression_is_one_value(source: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(source)


# -- trouble while running -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("1 // 0.0", "division by zero"),
        ("nome + 1", "number cannot be added to text"),
        ("1 + true", "boolean cannot be added to number"),
        ("nome * 2", "text cannot be multiplied by number"),
        ("nome < 1", "text cannot be compared with number"),
        ("-nome", "text has no negative"),
        ("1 in 2", "cannot be looked for"),
        ("nome|money", "text is no number"),
        ("nome|date", "no date"),
        ("n|length", "no length"),
        ("n|first", "no list"),
        ("n|round(99)", "decimals is between"),
        ("nome|date(nome)", "means nothing in a date pattern"),
        ("n|money(nome)", "no currency"),
        ("number(nome)", "no number"),
        ("date(nome)", "no date"),
        ("date(2026, 2, 30)", "no such date"),
        ("duration(nome)", "no ISO 8601"),
        ("nome is odd", "neither odd nor even"),
        ("{n: 1}", "a key of an object is a text"),
        ("nome[nome:]", "whole numbers"),
        ("business_days(1) ~ ''", "cannot be shown"),
        ("10000000000000000000 * 10000000000000000000", "too large"),
        ("now + days(99999999999)", "out of bounds"),
        ("now + days(9999999)", "out of bounds"),
        ("[enorme] ~ ''", "too large"),
        ("infinito", "not finite"),
    ],
)
def test_trouble_is_an_evaluation_error(source: str, message: str) -> None:
    scope = {**SCOPE, "enorme": 10**5000, "infinito": float("inf")}
    with pytest.raises(EvaluationError, match=message) as trouble:
        compile_expression(source).evaluate(scope, ENV)
    assert trouble.value.line == 1


def test_trouble_names_its_line() -> None:
    template = compile_template("oi\n{{ nome }}\n{% for i in itens %}\n  {{ 1 / 0 }}\n{% endfor %}")
    with pytest.raises(EvaluationError) as trouble:
        template.render(SCOPE, ENV)
    assert trouble.value.line == 4


LARGE = {
    "texto": "ab" * 16_000,
    "acentos": "á" * 32_000,
    "lista": list(range(1000)),
    "textos": ["palavra " * 8] * 900,
    "numeros": ["R$ 1.234,56"] * 1000,
    "telefones": [f"11 99999-{n:04d}" for n in range(900)],
    "aninhada": [[[[n]]] for n in range(900)],
    "objetos": [{"a": n, "b": {"c": "x" * 20}} for n in range(300)],
}


@pytest.mark.parametrize(
    "piece",
    [
        "{{ texto|upper }}",
        "{{ texto|plain }}",
        "{{ acentos|title }}",
        "{{ texto|replace('a', 'b') }}",
        "{{ texto == texto }}",
        "{{ 'zz' in texto }}",
        "{{ texto ~ texto }}",
        "{{ texto|split('a')|length }}",
        "{{ textos|sort|length }}",
        "{{ objetos|sort('b.c')|length }}",
        "{{ aninhada|unique|length }}",
        "{{ aninhada == aninhada }}",
        "{{ objetos|json|length }}",
        "{{ textos|join|length }}",
        "{{ 5000 in lista }}",
        "{{ now + business_days(366) }}",
        "{% for i in lista %}{% for j in lista %}{{ j }}{% endfor %}{% endfor %}",
        "{% for i in lista %}{% for j in lista %}{{ 'x' if i == j }}{% endfor %}{% endfor %}",
        "{% for i in lista %}{{ now|date('full') }}{% endfor %}",
        "{% for i in numeros %}{{ i|float }}{% endfor %}",
        "{% for i in telefones %}{{ i|phone }}{% endfor %}",
        "{% for i in lista %}{{ date('amanhã às 10h') }}{% endfor %}",
        "{% set x = [1, 2] %}" + "{% set x = [x, x] %}" * 40 + "{{ x }}",
        "{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 40 + "{{ x|length }}",
        "{% set x = 99 %}" + "{% set x = x * x %}" * 40 + "{{ x }}",
    ],
)
def test_no_template_writes_more_than_the_limit(piece: str) -> None:
    source = piece if "{%" in piece else piece * (4_000 // len(piece))
    template = compile_template(source)
    try:
        text = template.render(LARGE, ENV)
    except EvaluationError:
        text = ""
    assert len(text) <= ENV.limits.output


@pytest.mark.parametrize(
    "source", ["x" * 101, "{{ a }}", "{{ a }}{{ a }}", "{% if true %}{{ a }}{% endif %}"]
)
def test_an_output_has_a_limit(source: str) -> None:
    env = Env(now=NOW, timezone=SAO_PAULO, limits=Limits(output=100))
    with pytest.raises(EvaluationError, match="longer than 100"):
        compile_template(source).render({"a": "x" * 101}, env)
    assert compile_template(source.replace("x" * 101, "x")).render({"a": "x" * 50}, env)


# -- whatever the input --------------------------------------------------------------------------

plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.decimals(allow_nan=True)
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.datetimes(timezones=st.just(SAO_PAULO))
    | st.timedeltas(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
names = st.sampled_from(["a", "b", "a.b", "a['x']", "a[0]", "b[a]", "now", "a[1:]", "nada"])
literals = st.sampled_from(
    "10|-3|2.5|1000000|'a'|''|'%'|'dd/MM'|'2026-03-15'|'BRL'|'10:00'|true|null|[]|[1, 'a']|{'a': 1}"
    "|'R$ 1,50'|'PT1H'|'preco'".split("|")
)


def _applied(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arguments = st.lists(inner, max_size=2).map(
        lambda given: f"({', '.join(given)})" if given else ""
    )
    operators = st.sampled_from(
        ["+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"]
    )
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(inner, st.sampled_from(sorted(FILTERS)), arguments).map(
            lambda p: f"{p[0]}|{p[1]}{p[2]}"
        ),
        st.tuples(inner, st.sampled_from(sorted(CHECKS)), arguments).map(
            lambda p: f"({p[0]} is {p[1]}{p[2]})"
        ),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=2)).map(
            lambda p: f"{p[0]}({', '.join(p[1])})"
        ),
        st.tuples(inner, inner).map(lambda p: f"{p[0]}[{p[1]}]"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        inner.map(lambda e: f"-{e}"),
        inner.map(lambda e: f"not {e}"),
    )


expressions = st.recursive(names | literals, _applied, max_leaves=6)
templates = st.recursive(
    expressions.map(lambda e: "{{ " + e + " }}"),
    lambda inner: st.one_of(
        st.tuples(expressions, inner).map(
            lambda p: "{% for a in " + p[0] + " %}" + p[1] + "{% endfor %}"
        ),
        st.tuples(expressions, inner, inner).map(
            lambda p: "{% if " + p[0] + " %}" + p[1] + "{% else %}" + p[2] + "{% endif %}"
        ),
        st.tuples(expressions, inner).map(lambda p: "{% set b = " + p[0] + " %}" + p[1]),
        st.tuples(inner, inner).map("".join),
    ),
    max_leaves=4,
)


@given(source=templates, a=plain_values, b=plain_values)
def test_a_template_raises_nothing_else(source: str, a: Any, b: Any) -> None:
    try:
        template = compile_template(source)
    except ExpressionError:
        return
    try:
        first = template.render({"a": a, "b": b}, ENV)
    except EvaluationError:
        return
    assert first == template.render({"a": a, "b": b}, ENV)
    assert len(first) <= ENV.limits.output


@given(st.text(alphabet="{}%#-+ \n'\"ab.|()[]1,=:~*/\\ifornset", max_size=60))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    for compile_source in (compile_template, compile_expression):
        try:
            compiled = compile_source(source)
        except ExpressionError as refused:
            place = min(refused.line, refused.column)
        else:
            place = 1 + len(compiled.reads)
        assert place >= 1


@given(value=plain_values)
def test_the_fast_form_means_what_the_general_form_means(value: Any) -> None:
    results: list[str] = []
    for source in ("<{{ a }}>{{ a.b }}", "<{% if true %}{{ a }}{% endif %}>{{ a.b }}"):
        try:
            results.append(compile_template(source).render({"a": value}, ENV))
        except EvaluationError as trouble:
            results.append(trouble.message)
    assert results[0] == results[1]


@given(value=plain_values)
def test_a_normal_value_survives_json_and_stays_as_it_is(value: Any) -> None:
    try:
        plain = normalize(value)
    except EvaluationError:
        return
    written = msgspec.json.Encoder(decimal_format="number").encode(plain)
    read = msgspec.json.Decoder(float_hook=Decimal).decode(written)
    assert read == plain
    assert normalize(read) == plain


@given(
    value=plain_values,
    type_name=st.sampled_from(
        ["text", "number", "boolean", "date", "time", "datetime", "duration", "list", "object"]
    ),
)
def test_coercion_gives_the_type_or_a_sentence(value: Any, type_name: Any) -> None:
    try:
        found = coerce(value, type_name, ENV)
    except EvaluationError:
        return
    kinds = {
        "text": str, "number": int | Decimal, "boolean": bool, "date": date, "time": time,
        "datetime": datetime, "duration": timedelta, "list": list, "object": dict,
    }  # fmt: skip
    assert found is None or isinstance(found, kinds[type_name])


# -- stored values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("a", "a"),
        (Decimal("2.50"), Decimal("2.5")),
        (Decimal("100"), 100),
        (1.1, Decimal("1.1")),
        (NOW, "2026-03-04T09:30:00-03:00"),
        (date(2026, 3, 4), "2026-03-04"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=26), "P1DT2H"),
        ((1, (2,)), [1, [2]]),
        ({"a": timedelta(0)}, {"a": "PT0S"}),
    ],
)
def test_normalize(value: Any, plain: Any) -> None:
    assert normalize(value) == plain


def test_normalize_refuses_what_is_too_large() -> None:
    deep: Any = 1
    for _ in range(33):
        deep = [deep]
    shared: Any = [1]
    for _ in range(30):
        shared = [shared, shared]
    for value in (
        deep,
        shared,
        "x" * 33_000,
        "á" * 17_000,
        ["x" * 1000] * 40,
        {1: 2},
        object(),
        "\ud800",
    ):
        with pytest.raises(EvaluationError):
            normalize(value)
    assert normalize("x" * 32_000)
    assert normalize([[1]] * 5000)


@pytest.mark.parametrize(
    ("value", "type_name", "expected"),
    [
        ("R$ 1.234,50", "number", Decimal("1234.5")),
        (2, "text", "2"),
        ("sim", "boolean", True),
        ("false", "boolean", False),
        ("2026-03-15", "date", DIA),
        ("2026-03-15T23:30:00-03:00", "date", DIA),
        ("2026-03-15", "datetime", datetime(2026, 3, 15, tzinfo=SAO_PAULO)),
        ("14:30", "time", time(14, 30)),
        ("PT2H", "duration", timedelta(hours=2)),
        ((1, 2), "list", [1, 2]),
        ({"latitude": 1, "longitude": 2}, "location", {"latitude": 1, "longitude": 2}),
        (None, "number", None),
    ],
)
def test_coerce(value: Any, type_name: Any, expected: Any) -> None:
    assert coerce(value, type_name, ENV) == expected


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        ("abc", "number"),
        ("talvez", "boolean"),
        ("15/03", "date"),
        ([1], "text"),
        ({}, "location"),
        (1, "list"),
    ],
)
def test_coerce_refuses(value: Any, type_name: Any) -> None:
    with pytest.raises(EvaluationError, match=f"cannot be read as {type_name}"):
        coerce(value, type_name, ENV)


def test_a_json_value_is_compiled_piece_by_piece() -> None:
    raw = {"nome": "{{ nome }}!", "dados": [{"expr": "n * 2"}, True, None, 2.5], "fixo": {"a": "b"}}
    value = compile_value(raw)
    assert value.evaluate(SCOPE, ENV) == {
        "nome": "Ana!",
        "dados": [4, True, None, Decimal("2.5")],
        "fixo": {"a": "b"},
    }
    assert value.reads == {"nome", "n"}
    assert not value.is_constant
    assert compile_value({"a": ["b", 1]}).is_constant


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("{{ x|foo }}", ""),
        ({"expr": "1 +"}, "/expr"),
        ({"expr": 5}, "/expr"),
        ({"a": {"b/c": ["ok", "{{ }}"]}}, "/a/b~1c/1"),
        ([{"x": {"expr": "a b"}}], "/0/x/expr"),
        ({"a": object()}, "/a"),
    ],
)
def test_a_mistake_in_a_json_value_has_its_path(raw: Any, path: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_value(raw)
    assert refused.value.path == path


# -- always the same -----------------------------------------------------------------------------

_SAMPLE = """
from datetime import datetime
from flowengine.conditions import When, compile_when
from flowengine.expressions import Env, compile_template, compile_value, normalize
from flowengine.zones import zone
z = zone("America/Sao_Paulo")
env = Env(now=datetime(2026, 3, 4, 9, 30, tzinfo=z), timezone=z)
scope = {"a": {"z": 1, "b": [3, 1, 2], "c": "x"}, "t": ["b", "a", "b"]}
print(compile_template("{{ a }} {{ a.b|sort }} {{ t|unique }} {{ a|items }}").render(scope, env))
print(compile_template("{{ now|date('full') }} {{ 1.5|money }}").render(scope, env))
print(sorted(compile_value({"x": "{{ a.c }}{{ t }}"}).reads), normalize(scope))
print(compile_when(When(left="sim ou não", op="has_any_word", right="talvez sim")).check({}, env))
try:
    compile_template("{{ a|sortt }}")
except Exception as refused:
    print(refused)
"""


def test_the_same_on_every_run() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _SAMPLE],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "TZ": where, "LC_ALL": language},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed, where, language in (("1", "UTC", "C.UTF-8"), ("2", "Asia/Tokyo", "C"))
    }
    assert len(outputs) == 1


def test_the_thread_s_decimal_context_does_not_matter() -> None:
    template = compile_template(
        "{{ 10 / 3 }} {{ 2.345|money }} {{ '1.234,56'|float * 1000 }} {{ 0.125|round(2) }}"
    )
    expected = template.render({}, ENV)
    with localcontext(prec=3):
        assert template.render({}, ENV) == expected
