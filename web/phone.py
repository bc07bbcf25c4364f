"""The phone of a visitor: which number they have in the simulator, kept in a cookie."""

import re
from secrets import randbelow

from litestar import Response

from web.request import AnyRequest

COOKIE = "phone"
SHAPE = re.compile(r"\+5511[0-9]{9}")


def phone_of(request: AnyRequest) -> str:
    """The visitor's number; "" where they have none yet."""
    found = request.cookies.get(COOKIE, "")
    return found if SHAPE.fullmatch(found) else ""


def new_phone() -> str:
    """A number that nobody has had here: São Paulo, mobile."""
    return f"+55119{randbelow(100_000_000):08d}"


def keep_phone(answer: Response[object], phone: str) -> None:
    answer.set_cookie(COOKIE, phone, max_age=31536000, httponly=True, samesite="lax")
