"""Names that flows use: checked before they are kept, so that workspace.json stays readable."""

import re

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
            _("“{text}” não serve de nome."),
            place="key",
            mend=_("Use letras minúsculas sem acento, números e _, sem começar por número."),
            text=text,
        )
    return text
