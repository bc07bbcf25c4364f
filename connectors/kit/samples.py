"""One content of every kind, and offers of every length."""

from decimal import Decimal

from flowengine.messages import (
    Audio,
    Button,
    Buttons,
    Card,
    ContactRequest,
    Content,
    CtaUrl,
    Document,
    Form,
    Image,
    List,
    Location,
    LocationRequest,
    Media,
    Phone,
    Reaction,
    Row,
    Section,
    Send,
    Sticker,
    Template,
    Text,
    Video,
)

LINK = "https://example.com"


def sending(content: Content, offer: str = "f7") -> Send:
    """A send of it."""
    return Send(id="e1.1", node="menu", flow="triagem", content=content, offer=offer)


def _buttons(count: int) -> Buttons:
    return Buttons("Como?", tuple(Button(f"b{n}", f"Botão {n}") for n in range(1, count + 1)))


def _list(count: int) -> List:
    rows = tuple(Row(f"r{n}", f"Linha {n}") for n in range(1, count + 1))
    return List("Qual?", "Ver", (Section(rows[:1], "A"), Section(rows[1:], "B")))


SAMPLES: tuple[Content, ...] = (
    Text("Olá 😀"),
    Image(Media(url=f"{LINK}/a.png"), "Foto"),
    Image(Media(asset="sha256:aa"), "Foto"),
    Audio(Media(url=f"{LINK}/a.ogg"), voice=True),
    Video(Media(url=f"{LINK}/a.mp4"), "Vídeo"),
    Document(Media(url=f"{LINK}/a.pdf"), "contrato.pdf", "Leia"),
    Sticker(Media(url=f"{LINK}/a.webp")),
    Location(Decimal("-23.5"), Decimal("-46.6"), "Praça", "Rua 1"),
    Card("Bia Souza", (Phone("+5511988887777"),), ("bia@example.com",), "Loja"),
    _buttons(2),
    _list(4),
    CtaUrl("Veja", "Abrir", f"{LINK}/p"),
    LocationRequest("Onde?"),
    ContactRequest("Qual é o seu número?"),
    Form("Preencha", "Abrir", "123", "INICIO", {"nome": "Ana"}),
    Template("aviso", "pt_BR", {"1": "Ana"}),
    Reaction("👍", "HERS"),
)

CHOICES: tuple[tuple[Content, tuple[tuple[str, str], ...]], ...] = (
    (_buttons(2), tuple((f"b{n}", f"Botão {n}") for n in range(1, 3))),
    (_buttons(5), tuple((f"b{n}", f"Botão {n}") for n in range(1, 6))),
    (_list(4), tuple((f"r{n}", f"Linha {n}") for n in range(1, 5))),
    (_list(14), tuple((f"r{n}", f"Linha {n}") for n in range(1, 15))),
)
"""Offers, with `(id, title)` of each choice in its order."""
