"""Operators that ask what something is: is_number, is_email, is_yes, has_tag, is_open …"""

from datetime import date, datetime, time
from decimal import Decimal

from flowengine.conditions.amounts import moment_in, numbers_of, text_of, truth
from flowengine.conditions.spec import BadRight, Test
from flowengine.expressions import Env, EvaluationError, Value
from flowengine.expressions.operators import number_in
from flowengine.languages import region
from flowengine.reading.dates import read_time
from flowengine.reading.emails import find_emails, read_email
from flowengine.reading.numbers import read_number
from flowengine.reading.phones import find_phones, read_phone
from flowengine.schedules import is_open
from flowengine.text import fold

MEDIA = ("image", "audio", "video", "document", "sticker")
KINDS = (*MEDIA, "media", "text", "location", "contact", "form", "choice", "reaction", "order")


def is_empty(left: Value, env: Env) -> bool:
    """null, a text of spaces, an empty list or object; never a number or false."""
    if isinstance(left, str):
        return not left.strip()
    return left is None or (isinstance(left, list | tuple | dict) and not left)


def is_number(left: Value, env: Env) -> bool:
    """A number, or a text that is one in local notation."""
    if number_in(left) is not None:
        return True
    return type(left) is str and read_number(left, env.language) is not None


def has_number(left: Value, env: Env) -> bool:
    """A number, or a text with one in it."""
    return bool(numbers_of(left, env))


def is_date(left: Value, env: Env) -> bool:
    """A date, or a text that says one: "2026-03-15", "amanhã", "dia 15 às 10h"."""
    if isinstance(left, date):
        return True
    return type(left) is str and moment_in(left, env) is not None


def is_time(left: Value, env: Env) -> bool:
    """A time of day, or a text that says one: "14:30", "às 3 da tarde"."""
    if isinstance(left, time | datetime):
        return True
    if type(left) is not str:
        return False
    return read_time(left, env.now, env.timezone, env.language) is not None


def is_email(left: Value, env: Env) -> bool:
    """The text is an e-mail address."""
    return type(left) is str and read_email(left) is not None


def has_email(left: Value, env: Env) -> bool:
    """An e-mail address stands in the text."""
    return type(left) is str and bool(find_emails(left))


def is_phone(left: Value, env: Env) -> bool:
    """The text is a phone number, of the language's country where none is written."""
    return _phone(left) and read_phone(text_of(left, env), region(env.language)) is not None


def has_phone(left: Value, env: Env) -> bool:
    """A phone number stands in the text."""
    return _phone(left) and bool(find_phones(text_of(left, env), region(env.language)))


def is_yes(left: Value, env: Env) -> bool:
    """true, or a text that says yes."""
    return truth(left) is True


def is_no(left: Value, env: Env) -> bool:
    """false, or a text that says no."""
    return truth(left) is False


def has_tag(right: Value) -> Test:
    """The contact has the tag (one of the tags, of a list)."""
    wanted = {fold(text) for text in _texts(right, "has_tag takes a tag", 'write "vip"')}

    def test(left: Value, env: Env) -> bool:
        tags = left if isinstance(left, list | tuple) else [left]
        return any(isinstance(tag, str) and fold(tag) in wanted for tag in tags)

    return test


def media_kind(right: Value) -> Test:
    """The message is of the kind (one of the kinds); "media" is any file."""
    kinds = _texts(right, "media_kind takes a kind", 'write "image" or "media"')
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise BadRight(f"{unknown[0]!r} is no kind of message", f"one of {', '.join(KINDS)}")
    wanted = {*kinds, *(MEDIA if "media" in kinds else ())}

    def test(left: Value, env: Env) -> bool:
        kind = left.get("kind") if isinstance(left, dict) else left
        return isinstance(kind, str) and kind in wanted

    return test


def open_at(right: Value) -> Test:
    """The schedule is open at that instant (now, where `left` is left out)."""
    if not isinstance(right, str) or not right:
        raise BadRight("is_open takes the name of a schedule", 'write "comercial"')

    def test(left: Value, env: Env) -> bool:
        schedule = env.schedules.get(right)
        if schedule is None:
            raise EvaluationError(f"there is no schedule {right!r}")
        moment = moment_in(left, env)
        if not isinstance(moment, datetime):
            raise EvaluationError("is_open needs a date with a time")
        return is_open(schedule, moment)

    return test


def _texts(right: Value, message: str, fix: str) -> list[str]:
    texts = right if isinstance(right, list | tuple) else [right]
    found = [text for text in texts if isinstance(text, str) and text]
    if not found or len(found) != len(texts):
        raise BadRight(message, fix)
    return found


def _phone(value: Value) -> bool:
    return isinstance(value, str | int | Decimal) and not isinstance(value, bool)
