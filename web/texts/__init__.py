"""The words of the pages in Portuguese, English and Spanish.

As in gettext, the Portuguese sentence is the key: templates stay readable, and a sentence without
a translation shows in Portuguese (a test names whichever is missing). `{name}` stands for a value.
Where a number changes the sentence, the key has both forms: "{n} fluxo | {n} fluxos".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import escape
from msgspec import Struct

LANGUAGES = {"pt-BR": "Português", "en": "English", "es": "Español"}
FOLDER = Path(__file__).parent


class Texts(Struct, frozen=True):
    """A language and its sentences; called with a Portuguese sentence it gives the translated."""

    language: str
    sentences: Mapping[str, str]

    def __call__(self, sentence: str, **values: Any) -> str:
        """The sentence in this language, its values filled in; `n` picks singular or plural."""
        found = self.sentences.get(sentence, sentence)
        if " | " in found and "n" in values:
            one, many = found.split(" | ", 1)
            found = one if values["n"] == 1 else many
        return found.format_map(values) if values else found

    def html(self, sentence: str, **values: Any) -> str:
        """The same for HTML: the sentence is ours and may hold tags, the values are escaped."""
        return self(sentence, **{name: escape(value) for name, value in values.items()})


def load_texts(folder: Path = FOLDER) -> dict[str, Texts]:
    """All languages. Portuguese needs no file: it is written in the templates."""
    read = msgspec.json.Decoder(dict[str, str])
    files = {code: folder / f"{code}.json" for code in LANGUAGES if code != "pt-BR"}
    found = {code: Texts(code, read.decode(path.read_bytes())) for code, path in files.items()}
    return {"pt-BR": Texts("pt-BR", {})} | found


TEXTS = load_texts()


def choose_language(chosen: str, accepted: str) -> str:
    """The language somebody chose, else the first of `Accept-Language` that we speak, else ours.

    Weights are ignored: browsers write the list in the order of preference.
    """
    if chosen in LANGUAGES:
        return chosen
    for part in accepted.split(","):
        wanted = part.split(";")[0].strip().lower()[:2]
        for code in LANGUAGES:
            if wanted and code.lower().startswith(wanted):
                return code
    return "pt-BR"


def _(sentence: str) -> str:
    """Marks a sentence that is translated later, where the reader is known."""
    return sentence
