"""Files over HTTP: streamed, in parts, by links that expire; another workspace's are not there."""

import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from connectors.base import File
from connectors.simulator import Saying
from flowengine.messages import Image, Media
from tests.web.living import wait_for
from tests.web.shared import bring, end, small
from tests.web.site import KEY, Place, Site
from web.tokens import Signer

SIGNER = Signer([base64.b64decode(KEY)])
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


async def upload(client: httpx.AsyncClient, data: bytes = PNG, **query: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/media", content=data, params=query)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_program_puts_a_file_and_sends_it(site: Site) -> None:
    program = await site.program(site.bia)
    kept = await upload(program, name="foto.png")
    assert (kept["mime"], kept["size"], kept["name"]) == ("image/png", len(PNG), "foto.png")
    again = await upload(program, name="outra.png")
    assert again["asset"] == kept["asset"]
    found = (await program.get(f"/api/v1/media/{kept['asset']}")).json()
    assert (found["mime"], found["size"]) == ("image/png", len(PNG))
    message = {
        "channel": str(site.bia.channel),
        "contact": str(site.bia.contact),
        "content": {"kind": "image", "media": {"asset": kept["asset"]}, "caption": "Veja"},
    }
    sent = (await program.post("/api/v1/messages", json=message)).json()
    listed = await program.get(f"/api/v1/conversations/{sent['conversation']}/messages")
    (said,) = [each for each in listed.json()["items"] if each["id"] == sent["id"]]
    assert (said["file"]["state"], said["file"]["asset"]) == ("kept", kept["asset"])


async def test_a_link_is_good_for_anybody_until_it_is_over(site: Site) -> None:
    kept = await upload(await site.program(site.bia))
    stranger = site.stranger()
    answer = await stranger.get(kept["url"])
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (await stranger.get(kept["url"] + "x")).status_code == 404
    over = SIGNER.sign_link(site.bia.tenant, kept["asset"], datetime.now(UTC) - timedelta(1))
    assert (await stranger.get(f"/files/{over}")).status_code == 404


async def test_a_link_opens_one_workspaces_file_only(site: Site) -> None:
    """The same hash in a link of Davi's leads to nothing, as does a token of another kind."""
    kept = await upload(await site.program(site.bia))
    until = datetime.now(UTC) + timedelta(hours=1)
    forged = SIGNER.sign_link(site.davi.tenant, kept["asset"], until)
    assert (await site.stranger().get(f"/files/{forged}")).status_code == 404
    davi = await site.program(site.davi)
    assert (await davi.get(f"/api/v1/media/{kept['asset']}")).status_code == 404
    assert (await (await site.client(site.davi)).get(f"/media/{kept['asset']}")).status_code == 404
    link = kept["url"].rpartition("/")[2]
    as_token = site.stranger(Authorization=f"Bearer {link}")
    assert (await as_token.get("/api/v1/contacts")).status_code == 401


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-3", 206, PNG[:4]),
        ("bytes=8-", 206, PNG[8:]),
        ("bytes=-5", 206, PNG[-5:]),
        ("bytes=5-999999", 206, PNG[5:]),
        ("bytes=999999-", 200, PNG),
        ("bytes=0-1,4-5", 200, PNG),
        ("banana", 200, PNG),
        ("bytes=-0", 200, PNG),
    ],
)
async def test_a_player_asks_for_a_part(site: Site, asked: str, status: int, body: bytes) -> None:
    kept = await upload(await site.program(site.bia))
    answer = await (await site.client(site.bia)).get(
        f"/media/{kept['asset']}", headers={"Range": asked}
    )
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml"),
        (b"<!doctype html><script>alert(1)</script>", "text/html"),
        (b"MZ\x90\x00" + bytes(80), "application/x-msdownload"),
    ],
)
async def test_what_can_run_is_never_shown_in_place(site: Site, data: bytes, mime: str) -> None:
    """Whatever its name and header say."""
    program = await site.program(site.bia)
    answer = await program.post(
        "/api/v1/media", content=data, params={"name": "a.png"},
        headers={"content-type": "image/png"},
    )  # fmt: skip
    assert answer.json()["mime"] == mime
    shown = await site.stranger().get(answer.json()["url"])
    assert shown.headers["content-disposition"].startswith("attachment")
    assert shown.headers["content-type"].startswith(mime)


async def test_what_cannot_be_kept_is_said(site: Site) -> None:
    program = await site.program(site.bia)
    assert (await program.post("/api/v1/media", content=b"")).status_code == 422
    viewer = await site.program(site.bia, "viewer")
    assert (await viewer.post("/api/v1/media", content=PNG)).status_code == 403
    for seconds in (0, 8 * 24 * 3600):
        asked = await program.post("/api/v1/media", content=PNG, params={"seconds": seconds})
        assert asked.status_code in (400, 422)


async def test_a_picture_that_came_is_shown_in_the_conversation(site: Site) -> None:
    id = site.network.keep_file(File("image/png", PNG, "gato.png"))
    picture = Image(Media(asset=id), "meu gato")
    site.network.say(site.bia.number, "+5511988880001", Saying(content=picture, name="Ana"))
    client = await site.client(site.bia)

    async def room(place: Place) -> str:
        async with site.database.web(place.tenant) as transaction:
            found = await transaction.row(
                "SELECT conversation_id FROM message_files WHERE state = 'kept'"
            )
        return str(found["conversation_id"]) if found else ""

    await wait_for(lambda: room(site.bia))
    page = (await client.get(f"/conversations/{await room(site.bia)}")).text
    assert 'src="/media/sha256:' in page
    assert "meu gato" in page


async def test_a_file_of_a_message_may_have_sixteen_megabytes(site: Site) -> None:
    client = await site.client(site.bia)
    client.headers["Accept"] = "application/json"

    async def put(size: int) -> httpx.Response:
        film = {"file": ("filme.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(size), "video/mp4")}
        return await client.post("/flows/ola/edit/files", files=film)

    kept = await put(12_000_000)
    assert kept.status_code == 201, kept.text
    assert kept.json()["name"] == "filme.mp4"
    # One byte over what it may have, and far over: both in words, with what to do.
    over = (await put(16 * 1024 * 1024 + 1)).json()
    assert (over["status"], over["detail"]) == (413, "O arquivo é grande demais: até 16 MB.")
    far = (await put(17 * 1024 * 1024)).json()
    assert (far["status"], far["title"]) == (413, "Grande demais")
    assert far["detail"] == "O que você mandou é grande demais: nada foi guardado."
    assert far["mend"] == "Mande um arquivo menor, ou divida em partes."


async def test_a_file_that_is_not_in_the_workspace_is_found_before_anybody_waits_for_it(
    site: Site,
) -> None:
    client = await site.client(site.bia)
    hash = f"sha256:{sha256(PNG).hexdigest()}"
    picture = {"kind": "image", "media": {"asset": hash}}
    nodes = [{"id": "foto", "type": "message", "contents": [picture]}, end()]
    await bring(site, small("foto", "foto", nodes, "foto next fim"))

    program = await site.program(site.bia)

    async def missed() -> list[bool]:
        pages = [await client.get(f"/flows/foto{path}") for path in ("", "/edit/issues")]
        return ["não está neste espaço." in page.text for page in pages]

    assert await missed() == [True, True]
    refused = await program.post("/api/v1/flows/foto/publish")
    assert refused.status_code == 422, refused.text
    # Who only asks is told the same.
    asked = (await program.post("/api/v1/flows/foto/check")).json()["issues"]
    assert [(each["code"], each["node"]) for each in asked] == [("unknown_file", "foto")]
    assert asked[0]["path"] == refused.json()["place"]
    # All is well as soon as it is there, though nothing else has changed.
    await upload(program)
    assert await missed() == [False, False]
    assert (await program.post("/api/v1/flows/foto/check")).json()["issues"] == []
    assert (await program.post("/api/v1/flows/foto/publish")).is_success
