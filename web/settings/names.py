"""Names that flows use: checked before they are kept, so that workspace.json stays readable."""

import re
from collections.abc import Collection

from web.editor.forms.naming import key_of, name_of
from web.forms import Form
from web.problems import Problem
from web.texts import _

KEY = re.compile(r"[a-z0-9_-]{1,64}")
NAME = re.compile(r"[a-z_][a-z0-9_]{0,63}")


def read_key(text: str) -> str:
    """A key: lower-case letters, digits, "-" and "_"."""
    if not KEY.fullmatch(text):
        raise Problem(
            _("“{text}” não serve de chave."),
            place="key",
            mend=_("Use letras minúsculas sem acento, números, - e _."),
            text=text,
        )
    return text


def read_name(text: str) -> str:
    """A name as expressions read it: no "-" and no digit at the beginning."""
    if not NAME.fullmatch(text):
        raise Problem(
            _("“{text}” não serve de chave."),
            place="key",
            mend=_("Use letras minúsculas sem acento, números e _, sem começar por número."),
            text=text,
        )
    return text


def key_from(form: Form, field: str = "key") -> str:
    """The key that a form says, else the one that its name makes: "Não achou" is "nao-achou"."""
    typed = form.text(field, "")
    return read_key(typed) if typed else made(key_of(form.text("name", longest=80)))


def name_from(form: Form) -> str:
    """The same for what expressions read: "Nome do pet" is "nome_do_pet"."""
    typed = form.text("key", "")
    return read_name(typed) if typed else made(name_of(form.text("name", longest=80)))


def made(key: str) -> str:
    """A key that was made of a name; a problem where nothing of the name can be in one."""
    if not key:
        raise Problem(
            _("Este nome não tem letras de que se faça uma chave."),
            place="name",
            mend=_("Abra «Chave», abaixo do nome, e escreva uma."),
        )
    return key


def refuse_taken(form: Form, key: str, taken: Collection[str], field: str = "key") -> None:
    """What is new takes nobody's place: neither where the form is for something new, nor where the
    key was made of a name."""
    if key in taken and (form.flag("new") or not form.text(field, "")):
        raise Problem(
            _("“{key}” já existe aqui."),
            status=409,
            place=field,
            mend=_("Mude o que já existe na lista, ou dê outro nome."),
            key=key,
        )
