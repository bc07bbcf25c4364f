"""What people call the values that a flow reads, where it writes them in braces."""

import re
import unicodedata

from web.texts import Texts, _

NAMES: dict[str, str] = {
    "contact.name": _("nome do contato"),
    "contact.phone": _("telefone do contato"),
    "contact.language": _("idioma do contato"),
    "contact.tags": _("etiquetas do contato"),
    "message.text": _("última mensagem"),
    "message.choice": _("opção escolhida"),
    "message.kind": _("tipo da mensagem"),
    "message.failure": _("motivo da falha"),
    "conversation.channel": _("canal"),
    "trigger.word": _("palavra que começou"),
    "now": _("agora"),
}
CODE = re.compile(r"\{%.*?%\}|\{\{\s*(.*?)\s*\}\}", re.DOTALL)
FIRST, LAST = "\u2068", "\u2069"
PLACE = re.compile(f"{FIRST}([^{LAST}]*){LAST}")
"""A name in a text: between the marks that keep words of another direction apart. Nobody sees
them, so a text is right also where nothing makes chips of its names."""


def in_words(text: str, t: Texts) -> str:
    """A template for people who read a drawing: its values by name, no braces, no `{% … %}`."""
    plain = text.replace(FIRST, "").replace(LAST, "")
    return CODE.sub(lambda found: f"{FIRST}{name_of(found[1], t)}{LAST}" if found[1] else "", plain)


def name_of(code: str, t: Texts) -> str:
    """What a value is called: "nome_do_pet|title" → "nome do pet"."""
    value = code.split("|")[0].strip()
    if value in NAMES:
        return t(NAMES[value])
    if re.fullmatch(r"[\w.]+", unicodedata.normalize("NFC", value)):
        return value.removeprefix("contact.fields.").removeprefix("const.").replace("_", " ")
    return value
