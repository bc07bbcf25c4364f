"""Words that follow what they are said of: "última mensagem está preenchida", "etiquetas estão …".

English has one form for all; Portuguese and Spanish have four for adjectives and for numerals.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from web.texts import Texts, _

MASCULINE, FEMININE, MEN, WOMEN = range(4)
"""How a name is spoken of: one or several of each gender."""

AGREEING: Mapping[str, tuple[str, str, str, str]] = {
    "is_empty": (_("está vazio"), _("está vazia"), _("estão vazios"), _("estão vazias")),
    "is_not_empty": (
        _("está preenchido"),
        _("está preenchida"),
        _("estão preenchidos"),
        _("estão preenchidas"),
    ),
    "in": (_("é um destes"), _("é uma destas"), _("estão entre estes"), _("estão entre estas")),
    "not_in": (
        _("não é nenhum destes"),
        _("não é nenhuma destas"),
        _("não estão entre estes"),
        _("não estão entre estas"),
    ),
    "equals": (_("é igual a"), _("é igual a"), _("são iguais a"), _("são iguais a")),
    "not_equals": (
        _("é diferente de"),
        _("é diferente de"),
        _("são diferentes de"),
        _("são diferentes de"),
    ),
    "contains": (_("contém"), _("contém"), _("contêm"), _("contêm")),
    "has_word": (
        _("tem a palavra"),
        _("tem a palavra"),
        _("têm a palavra"),
        _("têm a palavra"),
    ),
}
"""Operators with more than one form, by number and gender; the others have one."""

OURS = {
    "message.text": FEMININE,
    "message.choice": FEMININE,
    "trigger.word": FEMININE,
    "contact.tags": WOMEN,
}
"""Values that we name ourselves (`value_names.NAMES`); the rest of those are masculine."""
ELSEWHERE = {"es": {"message.text": MASCULINE}}
"""What our own names are in another language: "último mensaje"."""

WHOLE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
LADIES = re.compile(
    r"(a|[cs]ao|[cs]oe|cion|sion|cione|sione|[dt]ade|[dt]ad|tude?|gem|gen|umbre|foto|moto|mao|chave|"
    r"vez|veze|ordem|orden|classe|clase|base|fase|frase|rede?|sede|tarde|noite|noche|parte|cor|flor|"
    r"luz|lei|ley|fonte|fuente|llave|calle|clave)s?"
)
"""How feminine nouns end, without accents; behind a vowel of their stem or whole."""
GENTLEMEN = re.compile(
    r"(dia|mapa|problema|sistema|tema|programa|idioma|cinema|planeta|poema|pijama|esquema|"
    r"diploma|telegrama|sofa)s?"
)
"""Nouns in -a that are masculine all the same."""
SINGULAR = re.compile(r"(mes|pais|status|bonus|onibus|gas|virus|lapis|tres|atras|gps|sms|dois)")
"""Words in -s that are one thing."""


def said_of(code: str, language: str) -> int:
    """How the value that a flow calls `code` is spoken of, by the noun that its name begins with.

    An own name is judged by its ending ("data_da_visita" is feminine), so some are guessed wrong.
    """
    if code in OURS:
        return ELSEWHERE.get(language, {}).get(code, OURS[code])
    name = code.removeprefix("contact.fields.").removeprefix("const.")
    if "." in name or name == "now":
        return MASCULINE
    noun = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    noun = noun.strip("_").split("_")[0]
    several = noun.endswith("s") and not SINGULAR.fullmatch(noun)
    lady = re.search(f"{LADIES.pattern}$", noun) and not GENTLEMEN.fullmatch(noun)
    return (MEN if several else MASCULINE) + (1 if lady else 0)


def value_of(side: Any) -> str:
    """The one value that a side of a comparison is, "" where it is more or something else."""
    if isinstance(side, dict):
        code = str(cast("dict[str, Any]", side).get("expr", "")).strip()
        return code if re.fullmatch(r"[\w.]+", code) else ""
    found = WHOLE.fullmatch(side.strip()) if isinstance(side, str) else None
    return found[1] if found else ""


def agreed(op: str, words: str, side: Any, t: Texts) -> str:
    """An operator's `words` in a language, as they follow `side`; those of Portuguese come in."""
    forms = AGREEING.get(op)
    return t(words if forms is None else forms[said_of(value_of(side), t.language)])
