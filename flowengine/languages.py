"""Language tags: the family whose words we know, the region behind it, babel's locale."""

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
