"""Language tags: the family whose words we know, the region behind it, babel's locale."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError

Family = Literal["pt", "en", "es"]
"""The languages whose words, numbers and dates we read and write ourselves."""

_HOME = {"pt": "BR", "en": "US", "es": "ES"}


@lru_cache(maxsize=256)
def family(language: str) -> Family:
    """The family of a tag ("pt-BR" -> pt, "es_MX" -> es); of any other language English."""
    head = language.replace("_", "-").partition("-")[0].lower()
    if head == "pt":
        return "pt"
    return "es" if head == "es" else "en"


@lru_cache(maxsize=256)
def region(language: str) -> str:
    """The country of a tag ("pt-BR" -> BR); of a bare language its home."""
    pieces = language.replace("_", "-").split("-")
    for piece in pieces[1:]:
        if len(piece) == 2 and piece.isascii() and piece.isalpha():
            return piece.upper()
    return _HOME[family(language)]


@lru_cache(maxsize=256)
def locale(language: str) -> Locale:
    """Babel's locale of a tag; where it is unknown its language's, or English."""
    for tag in (language.replace("-", "_"), language.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(tag)
        except (ValueError, TypeError, UnknownLocaleError):
            continue
    return Locale("en", "US")


def nearest_language(wanted: str, own: str, others: Iterable[str]) -> str:
    """Which of a flow's languages to speak to somebody who wants `wanted` ("es-MX", "ES_mx").

    The same language and region, else its own where that is the same language, else the plain
    language or another region's (in the order of `others`), else its own. About 1 µs.
    """
    tag = wanted.replace("_", "-").lower()
    listed = list(others)
    same = next((name for name in listed if name.lower() == tag), None)
    if same is not None:
        return same
    short = tag.partition("-")[0]
    if own.lower().partition("-")[0] == short:
        return own
    near = (name for name in listed if name.lower().partition("-")[0] == short)
    return next(near, own)
