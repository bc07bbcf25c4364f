"""What a talk expected and what came instead, in people's words."""

import re
from collections.abc import Callable

from flowengine.talks.expectations import Difference
from web.drawing.says import CONTENTS
from web.texts import Texts, _
from web.words import EXECUTIONS

WORDS = {
    "one that speaks": _("uma mensagem"),
    "nothing more": _("mais nada"),
    "no flow has begun": _("nada: nenhum fluxo começou"),
    "no transfer": _("nenhuma transferência"),
    "no event": _("nenhum aviso"),
}
STANDS = re.compile(r"(\w+)(?: \(.*\))? at (.*)")
KIND = re.compile(r"a send of kind (\w+)")


def differing(found: Difference, title: Callable[[str], str], t: Texts) -> tuple[str, str]:
    """Both sides of a difference; what somebody wrote stays. `title`: of a node by its id."""
    return _side(found.what, found.expected, title, t), _side(found.what, found.got, title, t)


def _side(what: str, text: str, title: Callable[[str], str], t: Texts) -> str:
    if text in WORDS:
        return t(WORDS[text])
    if what == "execution" and (stands := STANDS.fullmatch(text)):
        return _standing(stands[1], stands[2], title, t)
    if what == "kind" and text in CONTENTS:
        return t(CONTENTS[text])
    if kind := KIND.fullmatch(text):
        return t(_("uma mensagem de outro tipo ({kind})"), kind=t(CONTENTS.get(kind[1], kind[1])))
    if what == "status":
        return t(EXECUTIONS.get(text, text))
    return text


def _standing(status: str, node: str, title: Callable[[str], str], t: Texts) -> str:
    words = t(EXECUTIONS.get(status, status))
    if not node:
        return t(_("nada: {status}"), status=words)
    return t(_("nada: {status} em «{title}»"), status=words, title=title(node))
