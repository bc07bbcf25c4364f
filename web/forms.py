"""Reading what a form sent: every value by name, with a plain sentence where it does not fit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar.datastructures import UploadFile

from web.problems import Problem
from web.request import AnyRequest
from web.texts import _

LONGEST = 10_000
LABELS = {
    "name": _("Nome"),
    "text": _("Texto"),
    "language": _("Idioma"),
    "type": _("Tipo"),
    "role": _("Papel"),
    "key": _("Chave"),
    "profile_key": _("Chave"),
    "email": _("E-mail"),
    "version": _("Versão"),
    "value": _("Valor"),
    "timezone": _("Fuso horário"),
    "phone": _("Telefone"),
    "password": _("Senha"),
    "folder": _("Pasta"),
    "channel": _("Canal"),
    "channel_name": _("Nome"),
    "url": _("Endereço"),
    "schedule": _("Horário"),
    "purpose": _("Finalidade"),
    "days": _("Dias"),
    "months": _("Meses"),
    "words": _("Palavras"),
    "document": _("Documento"),
    "body": _("Texto"),
    "category": _("Categoria"),
    "country": _("País"),
    "at": _("Quando"),
    "dates": _("Datas especiais"),
    "file": _("Arquivo"),
    "number": _("Número"),
    "message": _("Mensagem"),
    "goal": _("Meta"),
    "reason": _("Motivo"),
    "title": _("Título"),
}
"""What people read beside the fields that may be missing or too long; others are a script's own."""


def label_of(name: str) -> str:
    """A field as its form calls it, yet to be translated."""
    return LABELS.get(name, name)


class Form:
    """The fields of a form. A missing field without a default is a problem for its reader."""

    def __init__(self, values: Mapping[str, list[Any]]) -> None:
        self.values = values

    def with_value(self, name: str, value: str) -> "Form":
        """The same form with another value in one field."""
        return Form({**self.values, name: [value]})

    def raw(self, name: str, default: str | None = None) -> str:
        """A field as it came: passwords, documents."""
        found = [value for value in self.values.get(name, []) if isinstance(value, str)]
        if found:
            return found[0]
        if default is None:
            raise Problem(_("Falta um campo: {name}."), place=name, name=label_of(name))
        return default

    def text(self, name: str, default: str | None = None, longest: int = LONGEST) -> str:
        """A field without the space around it; too long is a problem, so is an empty one."""
        value = self.raw(name, default).strip()
        if not value and default is None:
            raise Problem(_("Preencha o campo: {name}."), place=name, name=label_of(name))
        if len(value) > longest:
            raise Problem(
                _("O texto é longo demais em {name}: até {longest} caracteres."),
                place=name,
                name=label_of(name),
                longest=longest,
            )
        return value

    def many(self, name: str) -> list[str]:
        """All values of a field that may come several times (checkboxes, selects)."""
        return [value.strip() for value in self.values.get(name, []) if isinstance(value, str)]

    def lines(self, name: str) -> list[str]:
        """A text area with one value a line (or between commas), empty ones left out."""
        text = self.raw(name, "").replace(",", "\n")
        return [line.strip() for line in text.splitlines() if line.strip()]

    def first(self) -> dict[str, str]:
        """Every field's first value, files left out."""
        return {name: self.raw(name) for name, found in self.values.items()
                if any(isinstance(value, str) for value in found)}  # fmt: skip

    def number(self, name: str) -> int:
        """A whole number from 0 to what the database's smaller ones hold."""
        try:
            found = int(self.text(name))
        except ValueError:
            found = -1
        if not 0 <= found < 2**31:
            raise Problem(
                _("Isto não é um número que sirva: {name}."), place=name, name=label_of(name)
            )
        return found

    def flag(self, name: str) -> bool:
        return self.raw(name, "") not in ("", "0", "false")

    def uuid(self, name: str) -> UUID:
        return as_uuid(self.text(name))

    def file(self, name: str) -> UploadFile | None:
        """An uploaded file, None where nothing was chosen."""
        found = [value for value in self.values.get(name, []) if isinstance(value, UploadFile)]
        return found[0] if found and found[0].filename else None

    def files(self, name: str) -> list[UploadFile]:
        """All files of a field that takes several."""
        found = self.values.get(name, [])
        return [each for each in found if isinstance(each, UploadFile) and each.filename]


async def read_form(request: AnyRequest) -> Form:
    """The form of this request; its size is limited by the app."""
    data = await request.form()
    values: dict[str, list[Any]] = {}
    for name, value in data.multi_items():
        values.setdefault(name, []).append(value)
    return Form(values)


def as_uuid(text: str) -> UUID:
    """An id out of an address; what is none leads nowhere, as an unknown one does."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem(_("Isto não existe aqui, ou foi removido."), status=404) from None
