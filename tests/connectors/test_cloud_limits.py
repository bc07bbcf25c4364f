"""Each limit of WHATSAPP.md §A.3, at its last value and one beyond: the fake Graph, which has the
table a second time, takes what we post, and nothing beyond a limit reaches it."""

import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Context, File, Sent
from connectors.fake_graph import FakeGraph
from connectors.whatsapp_cloud.fits import MEGABYTE, misfit_of
from connectors.whatsapp_cloud.insides import odd_inside
from flowengine.messages import (
    Accepted,
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
    Refused,
    Row,
    Section,
    Template,
    Text,
    Video,
    write_payload,
)

Say = Callable[..., Awaitable[Sent]]
LINK = Media(url="https://example.com/a")
ONE = (Button("a", "A"),)
OFFER = "f7"


def rows(count: int, at: int = 0) -> tuple[Row, ...]:
    return tuple(Row(f"r{n}", f"Linha {n}") for n in range(at, at + count))


def listed(*sections: Section, **parts: str) -> List:
    shown = {"text": "Qual?", "button": "Ver", **parts}
    return List(sections=sections or (Section(rows(2)),), **shown)


def picked(path: str) -> Callable[[Any], Any]:
    """What stands at `a.b.0` of a body."""

    def find(body: Any) -> Any:
        for part in path.split("."):
            body = body[int(part)] if part.isdigit() else body[part]
        return body

    return find


# Texts: how one of that many characters is made, and where it must stand in what is posted.
LENGTHS: list[tuple[str, int, Callable[[str], Content], str]] = [
    ("text", 4096, Text, "text.body"),
    ("image caption", 1024, lambda t: Image(LINK, t), "image.caption"),
    ("video caption", 1024, lambda t: Video(LINK, t), "video.caption"),
    ("document caption", 1024, lambda t: Document(LINK, "a.pdf", t), "document.caption"),
    ("button body", 1024, lambda t: Buttons(t, ONE), "interactive.body.text"),
    ("button header", 60, lambda t: Buttons("?", ONE, t), "interactive.header.text"),
    ("button footer", 60, lambda t: Buttons("?", ONE, footer=t), "interactive.footer.text"),
    (
        "button title",
        20,
        lambda t: Buttons("?", (Button("a", t),)),
        "interactive.action.buttons.0.reply.title",
    ),
    ("list body", 1024, lambda t: listed(text=t), "interactive.body.text"),
    ("list header", 60, lambda t: listed(header=t), "interactive.header.text"),
    ("list footer", 60, lambda t: listed(footer=t), "interactive.footer.text"),
    ("list button", 20, lambda t: listed(button=t), "interactive.action.button"),
    (
        "section title",
        24,
        lambda t: listed(Section(rows(1), t)),
        "interactive.action.sections.0.title",
    ),
    (
        "row title",
        24,
        lambda t: listed(Section((Row("a", t),))),
        "interactive.action.sections.0.rows.0.title",
    ),
    (
        "row description",
        72,
        lambda t: listed(Section((Row("a", "A", t),))),
        "interactive.action.sections.0.rows.0.description",
    ),
    ("cta body", 1024, lambda t: CtaUrl(t, "Abrir", "https://a.example"), "interactive.body.text"),
    (
        "cta title",
        20,
        lambda t: CtaUrl("Veja", t, "https://a.example"),
        "interactive.action.parameters.display_text",
    ),
    ("location request", 1024, LocationRequest, "interactive.body.text"),
    ("contact request", 1024, ContactRequest, "interactive.body.text"),
    ("form body", 1024, lambda t: Form(t, "Abrir", "123"), "interactive.body.text"),
    (
        "form title",
        30,
        lambda t: Form("Preencha", t, "123"),
        "interactive.action.parameters.flow_cta",
    ),
]


@pytest.mark.parametrize(
    ("name", "most", "make", "path"), LENGTHS, ids=[each[0] for each in LENGTHS]
)
@pytest.mark.parametrize("sign", ["x", "ã", "😀"])
async def test_a_text_at_its_limit_is_whole_and_one_more_sign_is_cut(
    graph: FakeGraph,
    say: Say,
    name: str,
    most: int,
    make: Callable[[str], Content],
    path: str,
    sign: str,
):
    if name == "form title" and sign == "😀":
        sign = "ç"  # a form's button takes no emoji: test_cloud_fits
    assert isinstance(await say(make(sign * most)), Accepted)
    assert picked(path)(graph.sent[-1].body) == sign * most
    assert isinstance(await say(make(sign * (most + 1))), Accepted)
    cut = picked(path)(graph.sent[-1].body)
    assert len(cut) <= most
    assert cut.endswith("…")


@pytest.mark.parametrize(
    ("count", "kind"), [(1, "button"), (3, "button"), (4, "list"), (10, "list")]
)
async def test_how_many_buttons(graph: FakeGraph, say: Say, count: int, kind: str):
    buttons = tuple(Button(f"b{n}", f"Botão {n}") for n in range(count))
    assert isinstance(await say(Buttons("Qual?", buttons)), Accepted)
    assert graph.sent[-1].body["interactive"]["type"] == kind


@pytest.mark.parametrize("content", [
    Buttons("Qual?", tuple(Button(f"b{n}", f"Botão {n}") for n in range(11))),
    listed(Section(rows(11))),
    listed(Section(rows(5), "A"), Section(rows(6, 5), "B")),
])  # fmt: skip
async def test_more_than_ten_are_numbered(graph: FakeGraph, say: Say, content: Content):
    assert isinstance(await say(content), Accepted)
    assert "11. " in graph.sent[-1].body["text"]["body"]


async def test_ten_rows_in_ten_sections(graph: FakeGraph, say: Say):
    ten = tuple(Section(rows(1, n), f"S{n}") for n in range(10))
    assert isinstance(await say(listed(*ten)), Accepted)
    assert len(graph.sent[-1].body["interactive"]["action"]["sections"]) == 10


async def test_several_sections_have_titles(graph: FakeGraph, say: Say):
    assert isinstance(await say(listed(Section(rows(1)), Section(rows(1, 1), "B"))), Accepted)
    sections = graph.sent[-1].body["interactive"]["action"]["sections"]
    assert [section["title"] for section in sections] == ["1", "B"]


async def test_buttons_that_would_look_alike_are_a_list(graph: FakeGraph, say: Say):
    alike = (Button("a", "Confirmo o horário das 9"), Button("b", "Confirmo o horário das 10"))
    assert isinstance(await say(Buttons("?", alike)), Accepted)
    assert graph.sent[-1].body["interactive"]["type"] == "list"


ROOM = len(write_payload(OFFER, ""))


@pytest.mark.parametrize(("most", "make"), [
    (256, lambda id_: Buttons("?", (Button(id_, "A"),))),
    (200, lambda id_: listed(Section((Row(id_, "A"),)))),
])  # fmt: skip
async def test_an_id_is_never_cut(say: Say, most: int, make: Callable[[str], Content]):
    assert isinstance(await say(make("i" * (most - ROOM)), offer=OFFER), Accepted)
    beyond = await say(make("i" * (most - ROOM + 1)), offer=OFFER)
    assert isinstance(beyond, Refused)
    assert (beyond.reason, beyond.permanent) == ("invalid", True)


@pytest.mark.parametrize("content", [
    Text("  "),
    Buttons("?", (Button("a", "A"), Button("a", "B"))),
    listed(Section((Row("a", "A"), Row("a", "B")))),
    Location(Decimal("90.1"), Decimal(0)),
    Location(Decimal(0), Decimal("-180.1")),
    Location(Decimal("NaN"), Decimal(0)),
    Card("  ", (Phone("+5511988887777"),)),
    Form("Preencha", "Abrir", " "),
    Reaction("👍"),
    Image(Media(url="ftp://example.com/a.png")),
    Image(Media()),
    Template("a" * 513, "pt_BR"),
    Template("aviso", " "),
])  # fmt: skip
async def test_what_no_shortening_mends_is_refused_before_meta_sees_it(
    graph: FakeGraph, say: Say, content: Content
):
    before = graph.requests
    outcome = await say(content)
    assert isinstance(outcome, Refused)
    assert outcome.permanent
    assert graph.requests == before


@pytest.mark.parametrize("content", [
    Location(Decimal(90), Decimal(-180)),
    Card("Bia", (Phone("+5511988887777"),)),
    Template("a" * 512, "pt_BR"),
])  # fmt: skip
async def test_what_is_just_within_goes(say: Say, content: Content):
    assert isinstance(await say(content), Accepted)


@pytest.mark.parametrize(("text", "shown"), [
    ("veja https://a.example", True), ("http://a.example", True),
    ("http é um protocolo", False), ("a.example", False),
])  # fmt: skip
async def test_a_preview_needs_an_address(graph: FakeGraph, say: Say, text: str, shown: bool):
    assert isinstance(await say(Text(text, preview_url=True)), Accepted)
    assert graph.sent[-1].body["text"]["preview_url"] is shown


@pytest.mark.parametrize(("kind", "mime", "most"), [
    ("image", "image/jpeg", 5 * MEGABYTE),
    ("video", "video/mp4", 16 * MEGABYTE),
    ("video", "video/3gpp", 16 * MEGABYTE),
    *(("audio", f"audio/{each}", 16 * MEGABYTE) for each in ("aac", "amr", "mpeg", "mp4", "ogg")),
    ("document", "application/pdf", 100 * MEGABYTE),
    ("sticker", "image/webp", 100 * 1024),
])  # fmt: skip
def test_a_files_size_at_its_limit_and_one_byte_beyond(kind: str, mime: str, most: int):
    async def parts() -> AsyncIterator[bytes]:
        yield b""

    assert misfit_of(File(mime, b"x", "a", most, parts), kind) is None
    beyond = misfit_of(File(mime, b"x", "a", most + 1, parts), kind)
    assert beyond is not None
    assert str(most) in beyond.detail


# Inside


def png(depth: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(8) + bytes([depth, 6, 0, 0, 0])


def jpeg(depth: int, channels: int) -> bytes:
    jfif = b"\xff\xe0\x00\x10JFIF" + bytes(10)
    frame = b"\xff\xc2\x00\x11" + bytes([depth, 0, 9, 0, 9, channels]) + bytes(9)
    return b"\xff\xd8" + jfif + frame


def webp(form: bytes, wide: int, high: int) -> bytes:
    head = b"RIFF    WEBP" + form + bytes(4)
    if form == b"VP8X":
        sides = (wide - 1).to_bytes(3, "little") + (high - 1).to_bytes(3, "little")
        return head + bytes(4) + sides + bytes(9)
    if form == b"VP8L":
        return head + b"\x2f" + (wide - 1 | high - 1 << 14).to_bytes(4, "little") + bytes(9)
    sides = wide.to_bytes(2, "little") + high.to_bytes(2, "little")
    return head + bytes(3) + b"\x9d\x01\x2a" + sides + bytes(9)


def ogg(inside: bytes) -> bytes:
    return b"OggS" + bytes(22) + b"\x01\x13" + inside + bytes(19)


def box(name: bytes, *inside: bytes) -> bytes:
    content = b"".join(inside)
    return (len(content) + 8).to_bytes(4) + name + content


def mp4(form: bytes) -> bytes:
    entry = box(form, bytes(78))
    table = box(b"stsd", bytes(4), (1).to_bytes(4), entry)
    sound = box(b"stsd", bytes(4), (1).to_bytes(4), box(b"mp4a", bytes(28)))
    tracks = [
        box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", each)))) for each in (sound, table)
    ]
    return box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", bytes(100)), *tracks) + box(b"mdat")


@pytest.mark.parametrize("depth", [5, 1500])
def test_boxes_in_boxes_without_end_are_not_followed(depth: int):
    """A customer's film may be made to be looked at for ever, each level a copy of the rest."""
    film = bytes(1_000_000)
    for _ in range(depth):
        film = box(b"trak", film)
    film = box(b"moov", film, *(box(b"trak"),) * 5000)
    tracemalloc.start()
    assert odd_inside(film, "video") == ""
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(film)


def test_an_end_within_the_head_of_opus():
    assert odd_inside(b"OggS" + bytes(22) + b"\x05" + bytes(5) + b"OpusHead", "audio") == ""


@pytest.mark.parametrize(("kind", "data"), [
    ("image", png(8)), ("image", jpeg(8, 3)), ("image", jpeg(8, 1)), ("image", b"\xff\xd8\xff\xe0"),
    *(("sticker", webp(form, 512, 512)) for form in (b"VP8X", b"VP8L", b"VP8 ")),
    ("audio", ogg(b"OpusHead\x01\x01")), ("audio", b"ID3\x04"), ("audio", b"OggS"),
    ("video", mp4(b"avc1")), ("video", mp4(b"avc3")), ("video", b"\x00\x00\x00\x00ftyp"),
    ("video", box(b"ftyp", b"isom") + box(b"mdat", bytes(50))[:20]), ("document", b"MZ"),
])  # fmt: skip
def test_what_meta_shows(kind: str, data: bytes):
    assert odd_inside(data, kind) == ""


@pytest.mark.parametrize(("kind", "data", "why"), [
    ("image", png(16), "16 bits"), ("image", jpeg(12, 3), "12 bits"), ("image", jpeg(8, 4), "CMYK"),
    *(("sticker", webp(form, 512, 511), "512×511") for form in (b"VP8X", b"VP8L", b"VP8 ")),
    ("audio", ogg(b"OpusHead\x01\x02"), "2 channels"),
    ("audio", ogg(b"\x01vorbis"), "without Opus"),
    ("video", mp4(b"hvc1"), "HEVC"), ("video", mp4(b"av01"), "AV1"),
])  # fmt: skip
def test_what_meta_would_fail_later(kind: str, data: bytes, why: str):
    assert why in odd_inside(data, kind)
    mime = {
        "image": "image/png",
        "sticker": "image/webp",
        "audio": "audio/ogg",
        "video": "video/mp4",
    }
    refused = misfit_of(File(mime[kind], data), kind)
    assert refused is not None
    assert (refused.reason, refused.permanent) == ("media", True)
    assert why in refused.detail


def test_whatever_its_bytes_are_nothing_raises():
    for data in (png(8), jpeg(8, 3), webp(b"VP8X", 9, 9), ogg(b"OpusHead\x01\x01"), mp4(b"avc1")):
        for end in range(len(data)):
            for kind in ("image", "sticker", "audio", "video"):
                odd_inside(data[:end], kind)


async def test_an_asset_that_is_odd_inside_is_not_uploaded(graph: FakeGraph, say: Say):
    async def open_asset(_: str) -> File:
        return File("video/mp4", mp4(b"hvc1"), "a.mp4")

    before = graph.requests
    outcome = await say(Video(Media(asset="sha256:aa")), Context(open_asset=open_asset))
    assert isinstance(outcome, Refused)
    assert "HEVC" in outcome.detail
    assert graph.requests == before
