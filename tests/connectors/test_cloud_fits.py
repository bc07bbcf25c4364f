"""Limits that are looked at before Meta sees them; each refusal of Meta's, over the fake Graph."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors.base import Context, File, Sent
from connectors.fake_graph import FakeGraph, Trouble
from connectors.whatsapp_cloud.errors import TABLE
from connectors.whatsapp_cloud.fits import FILES, misfit_of
from flowengine.messages import (
    Accepted,
    Audio,
    Button,
    Buttons,
    Content,
    CtaUrl,
    Document,
    Form,
    Image,
    Media,
    Refused,
    Sticker,
    Template,
    Text,
    Video,
)

Say = Callable[..., Awaitable[Sent]]
ASSET = Media(asset="sha256:aa")
SIDE = (511).to_bytes(3, "little")  # 512 pixels
MOVING = b"RIFF    WEBPVP8X\x0a\x00\x00\x00\x02" + bytes(3) + SIDE + SIDE + bytes(8)


def opening(mime: str, data: bytes, name: str = "") -> Context:
    async def open_asset(_: str) -> File:
        return File(mime, data, name)

    return Context(open_asset=open_asset)


@pytest.mark.parametrize(
    ("content", "mime", "size"),
    [
        (Image(ASSET), "image/webp", 10),
        (Image(ASSET), "image/png", 5 * 1024 * 1024 + 1),
        (Image(ASSET), "image/png", 0),
        (Video(ASSET), "video/quicktime", 10),
        (Video(ASSET), "video/mp4", 16 * 1024 * 1024 + 1),
        (Audio(ASSET), "audio/wav", 10),
        (Audio(ASSET), "audio/ogg; codecs=opus", 16 * 1024 * 1024 + 1),
        (Document(ASSET), "application/pdf", 100 * 1024 * 1024 + 1),
        (Sticker(ASSET), "image/png", 10),
        (Sticker(ASSET), "image/webp", 100 * 1024 + 1),
        (Buttons("?", (Button("a", "A"),), media=ASSET), "image/gif", 10),
        (Template("aviso", "pt_BR", header=ASSET), "image/gif", 10),
    ],
)
async def test_a_file_that_meta_would_not_take_is_not_uploaded(
    graph: FakeGraph, say: Say, content: Content, mime: str, size: int
):
    before = graph.requests
    outcome = await say(content, opening(mime, bytes(size)))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("media", True)
    assert graph.requests == before


def test_a_sticker_that_moves_may_be_larger():
    assert misfit_of(File("image/webp", MOVING + bytes(200 * 1024)), "sticker") is None
    assert misfit_of(File("image/webp", MOVING + bytes(500 * 1024)), "sticker") is not None


@pytest.mark.parametrize("kind", FILES)
def test_what_fits_fits(kind: str):
    types, most = FILES[kind]
    size = min(most, 100 * 1024)
    for mime in types or ("application/pdf", "text/plain"):
        assert misfit_of(File(mime, bytes(size)), kind) is None


async def test_a_document_goes_by_its_files_name(graph: FakeGraph, say: Say):
    assert isinstance(await say(Document(Media(url="https://example.com/x/a%20b.pdf"))), Accepted)
    assert graph.sent[-1].body["document"]["filename"] == "a b.pdf"
    assert isinstance(await say(Document(ASSET), opening("text/plain", b"x", "oi.txt")), Accepted)
    assert graph.sent[-1].body["document"]["filename"] == "oi.txt"
    again = await say(Document(ASSET, "outro.txt"), opening("text/plain", b"x", "oi.txt"))
    assert isinstance(again, Accepted)
    assert graph.sent[-1].body["document"]["filename"] == "outro.txt"


async def test_only_ogg_is_a_voice_note(graph: FakeGraph, say: Say):
    assert isinstance(await say(Audio(ASSET, voice=True), opening("audio/mpeg", b"x")), Accepted)
    assert "voice" not in graph.sent[-1].body["audio"]
    other = Audio(Media(asset="sha256:bb"), voice=True)
    assert isinstance(await say(other, opening("audio/ogg; codecs=opus", b"x")), Accepted)
    assert graph.sent[-1].body["audio"]["voice"] is True


@pytest.mark.parametrize("url", ["", "example.com", "javascript:alert(1)", "tel:+5511"])
async def test_a_button_opens_web_pages_only(say: Say, url: str):
    outcome = await say(CtaUrl("Veja", "Abrir", url))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "invalid"


@pytest.mark.parametrize(("title", "shown"), [("👉 Abrir 📋", "Abrir"), ("👇", "OK"), ("", "OK")])
async def test_a_forms_button_has_no_emoji(graph: FakeGraph, say: Say, title: str, shown: str):
    assert isinstance(await say(Form("Preencha", title, "123")), Accepted)
    parameters = graph.sent[-1].body["interactive"]["action"]["parameters"]
    assert parameters["flow_cta"] == shown


@pytest.mark.parametrize(
    "template",
    [
        Template("Aviso", "pt_BR"),
        Template("aviso de entrega", "pt_BR"),
        Template("", "pt_BR"),
        Template("a" * 513, "pt_BR"),
        Template("aviso", "pt_BR", {"1": "Ana", "3": "10:00"}),
        Template("aviso", "pt_BR", {"0": "Ana"}),
        Template("aviso", "pt_BR", {"1": "Ana", "nome": "Ana"}),
        Template("aviso", "pt_BR", {"nome": "  "}),
    ],
)
async def test_a_template_that_meta_would_not_take(graph: FakeGraph, say: Say, template: Template):
    before = graph.requests
    outcome = await say(template)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("template", True)
    assert graph.requests == before


async def test_ten_parameters_by_place_keep_their_order(graph: FakeGraph, say: Say):
    params = {str(n): f"v{n}" for n in range(10, 0, -1)}
    assert isinstance(await say(Template("aviso", "pt_BR", params)), Accepted)
    (body,) = graph.sent[-1].body["template"]["components"]
    assert [each["text"] for each in body["parameters"]] == [f"v{n}" for n in range(1, 11)]


# The errors of WHATSAPP.md §A.9, each as Graph answers it and as a later status tells it.

ROWS: list[Any] = [
    pytest.param(code, row, id=str(code))
    for row in TABLE
    for code in row.codes
    if code not in range(204, 300)
]


@pytest.mark.parametrize(("code", "row"), ROWS)
async def test_each_refusal_of_graphs(graph: FakeGraph, say: Say, code: int, row: Any):
    graph.trouble(Trouble("error", code, details="porque sim"))
    outcome = await say(Text("oi"))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, outcome.scope) == (
        row.reason,
        row.permanent,
        row.scope,
    )
    assert (outcome.code, "porque sim" in outcome.detail) == (str(code), True)
    assert isinstance(await say(Text("oi")), Accepted)
