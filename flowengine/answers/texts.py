"""Answers that are text: texts, yes and no, numbers, dates, e-mails, phones, documents."""

from datetime import UTC

from flowengine.answers.expect import (
    ExpectCnpj,
    ExpectCpf,
    ExpectDate,
    ExpectDatetime,
    ExpectEmail,
    ExpectNumber,
    ExpectPattern,
    ExpectPhone,
    ExpectText,
    ExpectYesNo,
)
from flowengine.answers.verdict import Invalid, Reason, Valid
from flowengine.expressions import Env, EvaluationError, normalize
from flowengine.languages import region
from flowengine.patterns import compile_pattern
from flowengine.reading.dates import instant_of, read_date, read_moment
from flowengine.reading.documents import read_cnpj, read_cpf
from flowengine.reading.emails import find_emails
from flowengine.reading.numbers import read_only_number
from flowengine.reading.phones import find_phones
from flowengine.reading.yes_no import read_yes_no


def text(expect: ExpectText, said: str, env: Env) -> Valid | Invalid:
    if len(said) < expect.min:
        return Invalid("too_short" if said else "empty")
    if expect.max is not None and len(said) > expect.max:
        return Invalid("too_long")
    return Valid(said)


def yes_no(expect: ExpectYesNo, said: str, env: Env) -> Valid | Invalid:
    answer = read_yes_no(said)
    return Invalid("not_yes_no") if answer is None else Valid(answer)


def number(expect: ExpectNumber, said: str, env: Env) -> Valid | Invalid:
    """The whole answer, or the one number in it ("somos 4")."""
    amount = read_only_number(said, env.language)
    if amount is None:
        return Invalid("not_a_number")
    if expect.integer and amount != int(amount):
        return Invalid("not_whole")
    if expect.min is not None and amount < expect.min:
        return Invalid("too_small")
    if expect.max is not None and amount > expect.max:
        return Invalid("too_big")
    try:
        return Valid(normalize(amount))
    except EvaluationError:
        return Invalid("too_big")


def date(expect: ExpectDate, said: str, env: Env) -> Valid | Invalid:
    day = read_date(said, env.now, env.timezone, env.language)
    if day is None:
        return Invalid("not_a_date")
    if expect.future_only and day < env.now.astimezone(env.timezone).date():
        return Invalid("in_the_past")
    return Valid(day.isoformat())


def datetime(expect: ExpectDatetime, said: str, env: Env) -> Valid | Invalid:
    moment = read_moment(said, env.now, env.timezone, env.language)
    if moment is None:
        return Invalid("not_a_date")
    instant = instant_of(moment, env.now, env.timezone)
    if instant is None:
        return Invalid("no_time")
    if expect.future_only and instant.astimezone(UTC) <= env.now.astimezone(UTC):
        return Invalid("in_the_past")
    return Valid(instant.isoformat())


def email(expect: ExpectEmail, said: str, env: Env) -> Valid | Invalid:
    return _only(find_emails(said), "not_an_email")


def phone(expect: ExpectPhone, said: str, env: Env) -> Valid | Invalid:
    return _only(find_phones(said, region(env.language)), "not_a_phone")


def cpf(expect: ExpectCpf, said: str, env: Env) -> Valid | Invalid:
    number = read_cpf(said)
    return Invalid("not_a_cpf") if number is None else Valid(number)


def cnpj(expect: ExpectCnpj, said: str, env: Env) -> Valid | Invalid:
    number = read_cnpj(said)
    return Invalid("not_a_cnpj") if number is None else Valid(number)


def pattern(expect: ExpectPattern, said: str, env: Env) -> Valid | Invalid:
    groups = compile_pattern(expect.pattern).search(said)
    return Invalid("no_match") if groups is None else Valid(said, groups)


def _only(found: list[str], reason: Reason) -> Valid | Invalid:
    return Valid(found[0]) if len(found) == 1 else Invalid(reason)
