"""What a card says about its node, in one or two pieces: a bubble of words, plain lines, chips."""

import re
from typing import assert_never

from msgspec import Struct

from flowengine.contents import AuthoredContent, TemplateContent
from flowengine.durations import seconds
from flowengine.nodes import (
    AiReply,
    Ask,
    Cancel,
    Condition,
    Consent,
    Delay,
    End,
    FlowCall,
    Hours,
    Http,
    Loop,
    Message,
    Node,
    Notify,
    Set,
    Split,
    Start,
    Tag,
    Transfer,
    Trigger,
    Wait,
)
from flowengine.nodes.trigger import On, OnCron, OnEvent, OnKeyword, OnLink
from web.drawing.names import NONE, Names
from web.kinds import KINDS
from web.marks import unmarked
from web.texts import Texts, _
from web.value_names import FIRST, LAST, in_words, name_of

CONTENTS = {
    "image": _("Imagem"),
    "audio": _("Áudio"),
    "video": _("Vídeo"),
    "document": _("Documento"),
    "sticker": _("Figurinha"),
    "location": _("Localização"),
    "contact": _("Cartão de contato"),
    "location_request": _("Pede a localização"),
    "contact_request": _("Pede o número"),
    "flow": _("Formulário"),
    "template": _("Modelo aprovado"),
    "reaction": _("Reação"),
}

TRIGGERS = {
    "message": _("Qualquer mensagem"),
    "new_contact": _("Contato novo"),
    "referral": _("Veio de um anúncio"),
    "button": _("Botão de um modelo"),
    "conversation_closed": _("Conversa encerrada"),
    "tag_added": _("Etiqueta adicionada"),
    "field_changed": _("Campo mudou"),
    "fallback": _("Nada mais se encaixa"),
}


class Says(Struct, frozen=True):
    """`bubble`: words to the customer. `line`: what the node does. `save`: where an answer goes.
    `opens`: the flow that the line names, where it is there."""

    bubble: str = ""
    line: str = ""
    save: str = ""
    opens: str = ""


def says(node: Node, t: Texts, names: Names = NONE) -> Says:
    """What the card of a node shows between its head and its exits."""
    match node:
        case Message():
            return Says(bubble=spoken(node.contents, t, names))
        case Ask():
            return Says(bubble=spoken(node.contents, t, names), save=node.save_as or "")
        case Wait():
            events = ", ".join(event.name for event in node.events)
            return Says(line=events and t("até: {what}", what=events), save=node.save_as or "")
        case Trigger():
            return Says(line=heard(node.on, t))
        case Set():
            return Says(line=", ".join(filled(assign.to, t) for assign in node.assign))
        case Tag():
            marks = [*(("+", tag) for tag in node.add), *(("-", tag) for tag in node.remove)]
            return Says(line="  ".join(f"{sign} {names.of('tag', tag)}" for sign, tag in marks))
        case Delay():
            return Says(line=delay(node, t, names))
        case Hours():
            return Says(line=names.of("schedule", node.schedule))
        case Split():
            weights = [variant.weight for variant in node.variants]
            total = sum(weights) or 1
            return Says(line=" / ".join(f"{weight * 100 / total:.0f}%" for weight in weights))
        case Loop():
            return Says(line=t("para cada {what}", what=node.as_))
        case Http():
            return Says(line=f"{node.method} {in_words(node.url, t)}")
        case AiReply():
            return Says(line=in_words(node.instructions, t))
        case Transfer():
            return Says(line=taker(node, t, names))
        case FlowCall() | Start():
            opens = node.flow if names.knows("flow", node.flow) else ""
            return Says(line=names.of("flow", node.flow), opens=opens)
        case Cancel():
            return Says(line=in_words(node.key, t))
        case Notify():
            return Says(line=in_words(node.name, t))
        case Consent():
            return Says(line=f"{node.purpose}: {t('sim') if node.give else t('não')}")
        case End():
            return Says(line=node.outcome or "")
        case Condition():
            return Says()
        case _:
            assert_never(node)


SHORT = 24
"""Characters of a step's own words that tell it from others of its kind."""


def called(node: Node, t: Texts, names: Names = NONE) -> str:
    """A step by its kind and title; without one by how what it says begins: "Fim: vendido"."""
    kind = t(KINDS[str(node.__struct_config__.tag)].label)
    more = node.title or opening(node, t, names)
    return f"{kind}: {more}" if more and more != kind else kind


def opening(node: Node, t: Texts, names: Names = NONE) -> str:
    """How what a step says begins, "" where it says nothing."""
    said = says(node, t, names)
    words = (said.bubble or said.line).replace(FIRST, "").replace(LAST, "")
    words = unmarked(words.partition("\n")[0]).strip()
    return words if len(words) <= SHORT else f"{words[:SHORT].rstrip()}…"


def filled(name: str, t: Texts) -> str:
    """What a step fills in, by name: a field of the contact says whose it is."""
    words = name_of(name, t)
    whose = name.startswith("contact.fields.")
    return t(_("{name} do contato"), name=words) if whose else words


def taker(node: Transfer, t: Texts, names: Names) -> str:
    """Who gets the conversation."""
    if node.to.queue:
        return names.of("queue", node.to.queue)
    return node.to.agent or t("dono do contato")


def spoken(contents: tuple[AuthoredContent, ...], t: Texts, names: Names = NONE) -> str:
    """The words of the contents; a kind without words by its name."""
    pieces: list[str] = []
    for content in contents:
        if isinstance(content, TemplateContent):
            pieces.append(template(content, t, names))
            continue
        words = str(getattr(content, "text", "") or getattr(content, "caption", ""))
        kind = str(content.__struct_config__.tag)
        pieces.append(in_words(words, t) or f"[{t(CONTENTS.get(kind, kind))}]")
    return "  ".join(pieces)


HOLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def template(content: TemplateContent, t: Texts, names: Names) -> str:
    """What an approved template says here, with what fills it; one that is unknown by its name."""
    known = names.template(content.name, content.language)
    if known is None or not known.body:
        return f"[{t(CONTENTS['template'])}: {content.name}]"

    def fill(hole: re.Match[str]) -> str:
        return in_words(content.params.get(hole[1], ""), t) or "…"

    head = "" if known.header in ("none", "text") else f"[{t(CONTENTS[known.header])}]\n"
    foot = "".join(f"\n[{title}]" for title in known.buttons)
    return f"{head}{HOLE.sub(fill, known.body)}{foot}"


def heard(on: On, t: Texts) -> str:
    match on:
        case OnKeyword():
            return " · ".join(on.words)
        case OnCron():
            return on.expression
        case OnEvent():
            return on.name
        case OnLink():
            return f"wa.me “{on.text}”"
        case _:
            kind = str(on.__struct_config__.tag)
            return t(TRIGGERS.get(kind, kind))


def delay(node: Delay, t: Texts, names: Names) -> str:
    if isinstance(node.for_, str):
        return duration(node.for_, t)
    if node.until and node.until.open:
        return t("até abrir: {what}", what=names.of("schedule", node.until.open))
    return t("até a hora calculada")


def duration(text: str, t: Texts) -> str:
    """An ISO 8601 duration for people: "2 h 30 min"."""
    return duration_of(int(seconds(text)), t)


def duration_of(rest: int, t: Texts) -> str:
    """So many seconds for people, in their two largest units."""
    parts: list[str] = []
    for unit, length in ((t("d"), 86400), (t("h"), 3600), (t("min"), 60), (t("s"), 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or f"0 {t('s')}"
