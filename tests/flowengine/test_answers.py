"""What customers answer: dates, numbers, yes and no, phones, documents, files."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.answers import (
    Expect,
    ExpectAny,
    ExpectCnpj,
    ExpectContact,
    ExpectCpf,
    ExpectDate,
    ExpectDatetime,
    ExpectEmail,
    ExpectForm,
    ExpectLocation,
    ExpectMedia,
    ExpectNumber,
    ExpectPattern,
    ExpectPhone,
    ExpectText,
    ExpectYesNo,
    Invalid,
    Valid,
    validate,
)
from flowengine.expressions import Env
from flowengine.messages import Card, Inbound, MediaRef, Phone, Place
from flowengine.zones import zone

SAO_PAULO = zone("America/Sao_Paulo")
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=SAO_PAULO)  # Wednesday, 4 March 2026
ENV = Env(now=NOW, timezone=SAO_PAULO)
KINDS: list[Any] = [
    ExpectAny(), ExpectText(), ExpectYesNo(), ExpectNumber(), ExpectDate(), ExpectDatetime(),
    ExpectEmail(), ExpectPhone(), ExpectCpf(), ExpectCnpj(), ExpectMedia(), ExpectLocation(),
    ExpectContact(), ExpectForm(), ExpectPattern(pattern="a"),
]  # fmt: skip


def said(text: str, **more: Any) -> Inbound:
    return Inbound(id="m1", at=NOW, text=text, **more)


def answer(expect: Any, text: str, language: str = "pt-BR") -> Any:
    """The value of a valid answer, the reason of an invalid one in brackets."""
    env = Env(now=NOW, timezone=SAO_PAULO, language=language)
    verdict = validate(expect, said(text), env)
    return verdict.value if isinstance(verdict, Valid) else f"[{verdict.reason}]"


# -- dates ---------------------------------------------------------------------------------------

# What is said, the day (or why there is none), the instant's day and time (or why there is none).
PT = """
hoje                                    | 2026-03-04 | [no_time]
hj as 16h                               | 2026-03-04 | 2026-03-04 16:00
amanhã                                  | 2026-03-05 | [no_time]
AMANHÃ!!                                | 2026-03-05 | [no_time]
amanhã às 10h                           | 2026-03-05 | 2026-03-05 10:00
amanha 10h                              | 2026-03-05 | 2026-03-05 10:00
amanhã às 10 e meia                     | 2026-03-05 | 2026-03-05 10:30
amanhã às 10h30min                      | 2026-03-05 | 2026-03-05 10:30
amanhã de manhã                         | 2026-03-05 | [no_time]
amanhã à tarde às 3                     | 2026-03-05 | 2026-03-05 15:00
amanhã às 8 da noite                    | 2026-03-05 | 2026-03-05 20:00
amanhã ao meio-dia                      | 2026-03-05 | 2026-03-05 12:00
às 10h de amanhã                        | 2026-03-05 | 2026-03-05 10:00
pode ser amanhã às 10h?                 | 2026-03-05 | 2026-03-05 10:00
quero marcar para amanhã às 10h, por favor | 2026-03-05 | 2026-03-05 10:00
depois de amanhã                        | 2026-03-06 | [no_time]
depois de amanhã às 9h30                | 2026-03-06 | 2026-03-06 09:30
ontem                                   | 2026-03-03 | [no_time]
anteontem                               | 2026-03-02 | [no_time]
segunda                                 | 2026-03-09 | [no_time]
próxima segunda                         | 2026-03-09 | [no_time]
segunda que vem                         | 2026-03-09 | [no_time]
segunda-feira dia 9 às 10:00 da manhã   | 2026-03-09 | 2026-03-09 10:00
2ª feira às 10h                         | 2026-03-09 | 2026-03-09 10:00
sexta-feira às 14h                      | 2026-03-06 | 2026-03-06 14:00
lá pelas 10h de sexta                   | 2026-03-06 | 2026-03-06 10:00
sex 10h                                 | 2026-03-06 | 2026-03-06 10:00
sexta da semana que vem às 10h          | 2026-03-13 | 2026-03-13 10:00
sábado de manhã às 9                    | 2026-03-07 | 2026-03-07 09:00
quarta                                  | 2026-03-11 | [no_time]
esta quarta                             | 2026-03-04 | [no_time]
terça, 10/3, às 10h                     | 2026-03-10 | 2026-03-10 10:00
quinta, 10/3                            | [not_a_date] | [not_a_date]
dia 15                                  | 2026-03-15 | [no_time]
dia 15 às 10h                           | 2026-03-15 | 2026-03-15 10:00
dia 2                                   | 2026-04-02 | [no_time]
dia 31                                  | 2026-03-31 | [no_time]
dia quinze                              | 2026-03-15 | [no_time]
dia vinte e cinco às três da tarde      | 2026-03-25 | 2026-03-25 15:00
dia 15 do mês que vem                   | 2026-04-15 | [no_time]
15                                      | 2026-03-15 | [not_a_date]
15/3                                    | 2026-03-15 | [no_time]
15/03/2026                              | 2026-03-15 | [no_time]
15/03/26 14:30                          | 2026-03-15 | 2026-03-15 14:30
15/03/85                                | 1985-03-15 | [no_time]
15032026                                | 2026-03-15 | [not_a_date]
15.03.2026                              | 2026-03-15 | [no_time]
15-03-2026                              | 2026-03-15 | [no_time]
2026-03-15                              | 2026-03-15 | [no_time]
2026-03-15T10:00                        | 2026-03-15 | 2026-03-15 10:00
2026-03-15T13:00:00+00:00               | 2026-03-15 | 2026-03-15 10:00
1/1                                     | 2027-01-01 | [no_time]
29/02                                   | 2028-02-29 | [no_time]
31/12 às 23:59                          | 2026-12-31 | 2026-12-31 23:59
15 de março                             | 2026-03-15 | [no_time]
1º de abril                             | 2026-04-01 | [no_time]
primeiro de maio às 8h                  | 2026-05-01 | 2026-05-01 08:00
no dia 20 de abril às 15 horas          | 2026-04-20 | 2026-04-20 15:00
vinte de março                          | 2026-03-20 | [no_time]
15 de março de 2027 às 18h30            | 2027-03-15 | 2027-03-15 18:30
daqui a 2 horas                         | 2026-03-04 | 2026-03-04 11:30
daqui a 2 horas e meia                  | 2026-03-04 | 2026-03-04 12:00
daqui a 1h30                            | 2026-03-04 | 2026-03-04 11:00
daqui a meia hora                       | 2026-03-04 | 2026-03-04 10:00
em 15 minutos                           | 2026-03-04 | 2026-03-04 09:45
em 3 dias                               | 2026-03-07 | [no_time]
daqui uma semana                        | 2026-03-11 | [no_time]
daqui a um mês                          | 2026-04-04 | [no_time]
há 3 dias                               | 2026-03-01 | [no_time]
agora                                   | 2026-03-04 | 2026-03-04 09:30
10h                                     | [not_a_date] | 2026-03-04 10:00
8h                                      | [not_a_date] | 2026-03-05 08:00
10h30                                   | [not_a_date] | 2026-03-04 10:30
às 14h                                  | [not_a_date] | 2026-03-04 14:00
14:30                                   | [not_a_date] | 2026-03-04 14:30
meio-dia                                | [not_a_date] | 2026-03-04 12:00
meio dia e meia                         | [not_a_date] | 2026-03-04 12:30
hoje à meia-noite                       | 2026-03-04 | 2026-03-05 00:00
3 da tarde                              | [not_a_date] | 2026-03-04 15:00
duas da tarde                           | [not_a_date] | 2026-03-04 14:00
às 3 da madrugada                       | [not_a_date] | 2026-03-05 03:00
hoje à noite às 8                       | 2026-03-04 | 2026-03-04 20:00
não posso amanhã                        | [not_a_date] | [not_a_date]
amanhã ou sexta                         | [not_a_date] | [not_a_date]
sexta ou sábado às 10h                  | [not_a_date] | [not_a_date]
amanhã às 10h ou 11h                    | [not_a_date] | [not_a_date]
amanhã 10                               | [not_a_date] | [not_a_date]
fim de semana                           | [not_a_date] | [not_a_date]
semana que vem                          | [not_a_date] | [not_a_date]
depois das 10h                          | [not_a_date] | [not_a_date]
31/02                                   | [not_a_date] | [not_a_date]
30 de fevereiro                         | [not_a_date] | [not_a_date]
às 25h                                  | [not_a_date] | [not_a_date]
31/02 às 10h                            | [not_a_date] | [not_a_date]
quinta, 10/3, às 10h                    | [not_a_date] | [not_a_date]
amanhã às 25h                           | [not_a_date] | [not_a_date]
quero a segunda via do boleto           | [not_a_date] | [not_a_date]
a segunda opção                         | [not_a_date] | [not_a_date]
pode ser na quinta?                     | 2026-03-05 | [no_time]
quinta-feira está ótimo pra mim         | 2026-03-05 | [no_time]
45                                      | [not_a_date] | [not_a_date]
0001-01-01T00:00:00+14:00               | [not_a_date] | [not_a_date]
quero 2 pizzas                          | [not_a_date] | [not_a_date]
oi, tudo bem?                           | [not_a_date] | [not_a_date]
"""
ES = """
mañana a las 10                         | 2026-03-05 | 2026-03-05 10:00
mañana por la mañana a las 9            | 2026-03-05 | 2026-03-05 09:00
mañana a las 10 y cuarto                | 2026-03-05 | 2026-03-05 10:15
pasado mañana                           | 2026-03-06 | [no_time]
hoy a las 18h                           | 2026-03-04 | 2026-03-04 18:00
el martes                               | 2026-03-10 | [no_time]
próximo lunes                           | 2026-03-09 | [no_time]
el lunes que viene a las 15:30          | 2026-03-09 | 2026-03-09 15:30
el viernes a las 8 de la noche          | 2026-03-06 | 2026-03-06 20:00
el 15                                   | 2026-03-15 | [no_time]
el 15 de marzo                          | 2026-03-15 | [no_time]
15/3 a las 10                           | 2026-03-15 | 2026-03-15 10:00
dentro de 2 horas                       | 2026-03-04 | 2026-03-04 11:30
en 3 días                               | 2026-03-07 | [no_time]
hace 2 días                             | 2026-03-02 | [no_time]
a las tres y media de la tarde          | [not_a_date] | 2026-03-04 15:30
mediodía                                | [not_a_date] | 2026-03-04 12:00
mañana no                               | [not_a_date] | [not_a_date]
lunes o martes                          | [not_a_date] | [not_a_date]
"""
EN = """
tomorrow at 10am                        | 2026-03-05 | 2026-03-05 10:00
tomorrow morning at 9                   | 2026-03-05 | 2026-03-05 09:00
tomorrow at 3 in the afternoon          | 2026-03-05 | 2026-03-05 15:00
the day after tomorrow                  | 2026-03-06 | [no_time]
tonight at 8                            | 2026-03-04 | 2026-03-04 20:00
next monday                             | 2026-03-09 | [no_time]
friday at noon                          | 2026-03-06 | 2026-03-06 12:00
March 15                                | 2026-03-15 | [no_time]
March 15, 2027 at 3pm                   | 2027-03-15 | 2027-03-15 15:00
15 March 2026                           | 2026-03-15 | [no_time]
the 15th                                | 2026-03-15 | [no_time]
3/15                                    | 2026-03-15 | [no_time]
25/12                                   | 2026-12-25 | [no_time]
in 3 days                               | 2026-03-07 | [no_time]
in half an hour                         | 2026-03-04 | 2026-03-04 10:00
in an hour                              | 2026-03-04 | 2026-03-04 10:30
3 days ago                              | 2026-03-01 | [no_time]
3:30 p.m.                               | [not_a_date] | 2026-03-04 15:30
half past 3                             | [not_a_date] | 2026-03-05 03:30
monday or tuesday                       | [not_a_date] | [not_a_date]
not tomorrow                            | [not_a_date] | [not_a_date]
"""


def _table(language: str, text: str) -> list[tuple[str, str, str, str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [(language, phrase, day, instant) for phrase, day, instant in rows]


PHRASES = [*_table("pt-BR", PT), *_table("es-ES", ES), *_table("en-US", EN)]


@pytest.mark.parametrize(("language", "phrase", "day", "instant"), PHRASES)
def test_a_date_phrase(language: str, phrase: str, day: str, instant: str) -> None:
    assert answer(ExpectDate(), phrase, language) == day
    if not instant.startswith("["):
        instant = datetime.fromisoformat(instant).replace(tzinfo=SAO_PAULO).isoformat()
    assert answer(ExpectDatetime(), phrase, language) == instant


def test_british_dates_have_the_day_first() -> None:
    assert answer(ExpectDate(), "5/4", "en-GB") == "2026-04-05"
    assert answer(ExpectDate(), "5/4", "en-US") == "2026-05-04"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("15 / 03 / 2026", "pt-BR", "2026-03-15"),
        ("2026.03.15", "pt-BR", "2026-03-15"),
        ("4 3 2027", "pt-BR", "2027-03-04"),
        ("Mar-15-2026", "en-US", "2026-03-15"),
        ("4 3 2027", "en-GB", "2027-03-04"),
        ("4 3 2027", "en-US", "2027-04-03"),
        ("15 de xyz de 2026", "pt-BR", "[not_a_date]"),
        ("pedido 99321", "pt-BR", "[not_a_date]"),
    ],
)
def test_what_our_grammar_does_not_know_is_asked_of_dateparser(
    text: str, language: str, expected: str
) -> None:
    assert answer(ExpectDate(), text, language) == expected


def test_only_what_is_still_to_come() -> None:
    assert answer(ExpectDate(future_only=True), "ontem") == "[in_the_past]"
    assert answer(ExpectDate(future_only=True), "hoje") == "2026-03-04"
    assert answer(ExpectDatetime(future_only=True), "hoje às 8h") == "[in_the_past]"
    assert answer(ExpectDatetime(future_only=True), "agora") == "[in_the_past]"


def test_a_time_that_the_clock_skips_is_the_next_valid_one() -> None:
    new_york = zone("America/New_York")
    env = Env(now=datetime(2026, 3, 7, 12, tzinfo=new_york), timezone=new_york)
    verdict = validate(ExpectDatetime(), said("amanhã às 2h30"), env)
    assert verdict == Valid("2026-03-08T03:00:00-04:00")


@given(
    day=st.dates(date(2026, 3, 5), date(2035, 12, 31)),
    minutes=st.integers(0, 24 * 60 - 1),
    style=st.sampled_from(
        [
            "%d/%m/%Y às %H:%M",
            "%d/%m/%y %Hh%M",
            "dia %d/%m/%Y, %H:%M",
            "%Y-%m-%dT%H:%M",
            "às %Hh%M do dia %d.%m.%Y",
        ]
    ),
)
def test_every_written_date_is_read_back(day: date, minutes: int, style: str) -> None:
    instant = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    expected = instant.replace(tzinfo=SAO_PAULO).isoformat()
    assert answer(ExpectDatetime(), instant.strftime(style)) == expected


# -- yes and no ----------------------------------------------------------------------------------

YES = """
s|S|sim|SIM!|Sim, por favor|siiiim|sim sim|claro|claro que sim|com certeza|pode ser|pode|isso aí
isso mesmo|ok|Ok, obrigado|beleza|blz|quero|quero sim|aceito|confirmo|uhum|positivo|acho que sim
tá bom|fechado|👍|👍🏽|👍👍|✅|👍 pode|com certeza quero|claro, pode marcar
y|yes|Yes please|yeah|yep|sure|of course|go ahead|sí|si|Sí, claro|por supuesto|vale|dale|de acuerdo
"""
NO = """
n|N|não|nao|NÃO!|Não, obrigado|naooo|não não|claro que não|nunca|de jeito nenhum|negativo|não quero
agora não|nem pensar|acho que não|👎|❌|no|No, thanks|no no thanks|nope|not now|of course not
no gracias|para nada|ahora no
"""
NEITHER = """
não sei|talvez|depende|sim mas não|não, quero sim|sim e não|quero cancelar|no sábado|?|10|maybe
not sure|no sé|não sei se sim|oi tudo bem
"""


def _phrases(table: str) -> list[str]:
    return [phrase for line in table.strip().splitlines() for phrase in line.split("|")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [(text, True) for text in _phrases(YES)]
    + [(text, False) for text in _phrases(NO)]
    + [(text, "[not_yes_no]") for text in _phrases(NEITHER)],
)
def test_yes_and_no(text: str, expected: bool | str) -> None:
    assert answer(ExpectYesNo(), text) == expected


# -- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("10", "pt-BR", 10),
        ("R$ 1.234,56", "pt-BR", Decimal("1234.56")),
        ("1.234", "pt-BR", 1234),
        ("1.234", "en-US", Decimal("1.234")),
        ("12.5", "pt-BR", Decimal("12.5")),
        ("1,5 mil", "pt-BR", 1500),
        ("R$ -10,00", "pt-BR", -10),
        ("duas", "pt-BR", 2),
        ("vinte e cinco", "pt-BR", 25),
        ("twenty-five", "en-US", 25),
        ("treinta y dos", "es-ES", 32),
        ("1,234.5", "es-MX", Decimal("1234.5")),
        ("1.234,5", "es-AR", Decimal("1234.5")),
        ("٤٢", "pt-BR", 42),
        ("１２", "pt-BR", 12),
        ("10%", "pt-BR", 10),
        ("somos 4 pessoas", "pt-BR", 4),
        ("somos quatro", "pt-BR", 4),
        ("umas 3 ou 4", "pt-BR", "[not_a_number]"),
        ("uma ou duas", "pt-BR", "[not_a_number]"),
        ("1.2.3", "pt-BR", "[not_a_number]"),
        ("12 34", "pt-BR", "[not_a_number]"),
        ("muitos", "pt-BR", "[not_a_number]"),
        ("9" * 40, "pt-BR", "[not_a_number]"),
    ],
)
def test_numbers(text: str, language: str, expected: Any) -> None:
    assert answer(ExpectNumber(), text, language) == expected


def test_a_number_has_bounds() -> None:
    expect = ExpectNumber(min=1, max=Decimal("10.5"), integer=True)
    assert answer(expect, "10") == 10
    assert answer(expect, "0") == "[too_small]"
    assert answer(expect, "11") == "[too_big]"
    assert answer(expect, "2,5") == "[not_whole]"
    assert answer(ExpectNumber(max=Decimal("10.5")), "10,5") == Decimal("10.5")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_every_amount_is_read_back(amount: Decimal) -> None:
    written = f"{amount:,.2f}"
    swapped = written.replace(",", "_").replace(".", ",").replace("_", ".")
    assert answer(ExpectNumber(), f"R$ {swapped}") == amount
    assert answer(ExpectNumber(), f"${written}", "en-US") == amount


# -- texts, addresses, documents -----------------------------------------------------------------


def test_texts_have_a_length() -> None:
    assert answer(ExpectText(min=2, max=5), " Ana ") == "Ana"
    assert answer(ExpectText(min=2, max=5), "A") == "[too_short]"
    assert answer(ExpectText(min=2, max=5), "Ana Maria") == "[too_long]"
    assert answer(ExpectText(), "   ") == "[empty]"


@pytest.mark.parametrize(
    ("expect", "text", "expected"),
    [
        (ExpectEmail(), "é ana@exemplo.com.br, ok?", "ana@exemplo.com.br"),
        (ExpectEmail(), "Ana.Maria@EXEMPLO.com", "Ana.Maria@exemplo.com"),
        (ExpectEmail(), "ana@x.com ou bia@x.com", "[not_an_email]"),
        (ExpectEmail(), "ana@exemplo", "[not_an_email]"),
        (ExpectPhone(), "11 99999-0001", "+5511999990001"),
        (ExpectPhone(), "(11) 9999-0001", "+5511999990001"),
        (ExpectPhone(), "+55 11 8765-4321", "+5511987654321"),
        (ExpectPhone(), "11 3333-4444", "+551133334444"),
        (ExpectPhone(), "meu número é 011 99999-0001", "+5511999990001"),
        (ExpectPhone(), "+351 912 345 678", "+351912345678"),
        (ExpectPhone(), "99999-0001", "[not_a_phone]"),
        (ExpectPhone(), "não tenho", "[not_a_phone]"),
        (ExpectCpf(), "39053344705", "390.533.447-05"),
        (ExpectCpf(), "meu cpf é 390.533.447-05", "390.533.447-05"),
        (ExpectCpf(), "390 533 447 05", "390.533.447-05"),
        (ExpectCpf(), "390.533.447-06", "[not_a_cpf]"),
        (ExpectCpf(), "111.111.111-11", "[not_a_cpf]"),
        (ExpectCnpj(), "16727230000197", "16.727.230/0001-97"),
        (ExpectCnpj(), "12abc34501de35", "12.ABC.345/01DE-35"),
        (ExpectCnpj(), "16.727.230/0001-98", "[not_a_cnpj]"),
        (ExpectPattern(pattern="^[A-Z]{3}-?[0-9]{4}$"), " abc1234 ", "abc1234"),
        (ExpectPattern(pattern="^[A-Z]{3}-?[0-9]{4}$"), "x abc1234", "[no_match]"),
        (ExpectAny(), "qualquer coisa", "qualquer coisa"),
    ],
)
def test_texts_of_a_shape(expect: Any, text: str, expected: str) -> None:
    assert answer(expect, text) == expected


def test_a_pattern_gives_its_groups() -> None:
    verdict = validate(ExpectPattern(pattern="(?P<a>[0-9]+)-(?P<b>[0-9]+)"), said("nº 12-34"), ENV)
    assert verdict == Valid("nº 12-34", {"0": "12-34", "1": "12", "2": "34", "a": "12", "b": "34"})


# -- files, places, cards, forms -----------------------------------------------------------------

PHOTO = said("olha", kind="image", media=MediaRef(id="9", mime="image/png"))
PLACE = said("", kind="location", location=Place(Decimal("-23.5"), Decimal("-46.6"), name="Sé"))
CARD = said("", kind="contact", contact=Card(name="Bia", phones=(Phone("+5511999990002"),)))
FORM = said("", kind="form", form={"nome": "Ana", "idade": 3})


@pytest.mark.parametrize(
    ("expect", "inbound", "value"),
    [
        (
            ExpectMedia(),
            PHOTO,
            {"kind": "image", "id": "9", "mime": "image/png", "caption": "olha"},
        ),
        (
            ExpectLocation(),
            PLACE,
            {"latitude": Decimal("-23.5"), "longitude": Decimal("-46.6"), "name": "Sé"},
        ),
        (ExpectForm(), FORM, {"nome": "Ana", "idade": 3}),
    ],
)
def test_things(expect: Any, inbound: Inbound, value: Any) -> None:
    assert validate(expect, inbound, ENV) == Valid(value)
    assert validate(ExpectAny(), inbound, ENV) == Valid(value)


def test_a_card() -> None:
    verdict = validate(ExpectContact(), CARD, ENV)
    assert isinstance(verdict, Valid)
    assert isinstance(verdict.value, dict)
    assert verdict.value["name"] == "Bia"


@pytest.mark.parametrize(
    ("expect", "inbound", "reason"),
    [
        (ExpectMedia(), said("foto"), "not_media"),
        (ExpectMedia(of=("audio",)), PHOTO, "wrong_media"),
        (ExpectLocation(), said("rua 1"), "not_a_location"),
        (ExpectContact(), said("Bia"), "not_a_contact"),
        (ExpectForm(), said("x"), "not_a_form"),
        (ExpectText(), PHOTO, "not_text"),
        (ExpectYesNo(), said("", kind="audio"), "not_text"),
    ],
)
def test_the_wrong_thing(expect: Any, inbound: Inbound, reason: Any) -> None:
    assert validate(expect, inbound, ENV) == Invalid(reason)


def test_a_reaction_can_say_yes() -> None:
    assert validate(ExpectYesNo(), said("👍", kind="reaction"), ENV) == Valid(value=True)


# -- the document --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"kind":"numero"}', "Invalid value"),
        (b'{"kind":"text","regex":"a"}', "unknown field"),
        (b'{"kind":"number","min":5,"max":1}', "swap min and max"),
        (b'{"kind":"pattern"}', "missing required field"),
        (b'{"kind":"pattern","pattern":"(?=a)"}', "lookahead"),
        (b'{"kind":"media","of":["foto"]}', "Invalid enum value"),
    ],
)
def test_a_wrong_expectation_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.json.decode(raw, type=Expect)


@pytest.mark.parametrize("expect", KINDS)
def test_an_expectation_survives_json(expect: Any) -> None:
    assert msgspec.json.decode(msgspec.json.encode(expect), type=Expect) == expect


@given(st.sampled_from(KINDS), st.text(max_size=60) | st.sampled_from([row[1] for row in PHRASES]))
def test_validation_never_raises(expect: Any, text: str) -> None:
    assert isinstance(validate(expect, said(text), ENV), Valid | Invalid)
