"""A workspace as a zip, out and in again; and zips that are none of ours."""

import io
import zipfile
from collections.abc import Callable

import msgspec
import pytest

from flowengine.document import MAX_BYTES, canonical, parse, pretty
from flowengine.store import fields, flows, queues, schedules, talks
from flowengine.store.earlier_drafts import earlier_drafts
from flowengine.workspace import parse_workspace
from tests.web.site import HELLO, Site
from web.bundle import MOST_FILES, read_bundle, readable, write_bundle
from web.problems import Problem


def packed(**files: bytes) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as into:
        for name, body in files.items():
            into.writestr(name.replace("__", "/"), body)
    return to.getvalue()


def flow_file(key: str) -> bytes:
    return msgspec.json.encode(HELLO | {"key": key})


async def bring(site: Site, raw: bytes, place: str = "davi") -> int:
    client = await site.client(getattr(site, place))
    answer = await client.post(
        "/flows/import", files={"file": ("tudo.zip", raw)}, data={"over": "replace"}
    )
    return answer.status_code


async def test_what_goes_out_comes_in_elsewhere(site: Site) -> None:
    client = await site.client(site.bia)
    answer = await client.get("/flows/export.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content == (await client.get("/flows/export.zip")).content
    assert set(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == {
        "flows/ola.flow.json",
        "workspace.json",
    }
    await client.post("/settings/fields", data={"key": "pet", "name": "Pet", "type": "text"})
    await client.post("/settings/queues", data={"key": "vip", "name": "VIP"})
    raw = (await client.get("/flows/export.zip")).content
    assert await bring(site, raw) == 303
    async with site.database.web(site.davi.tenant) as transaction:
        assert [each.key for each in await flows.flows(transaction)] == ["ola"]
        assert "pet" in {each.key for each in await fields.fields(transaction)}
        assert "vip" in {each.key for each in await queues.queues(transaction)}


async def test_what_is_published_goes_along_if_asked_for_and_stays_beside_the_draft(
    site: Site,
) -> None:
    client = await site.client(site.bia)
    upload = {"file": ("ola.flow.json", msgspec.json.encode(HELLO | {"name": "Rascunho"}))}
    assert (await client.post("/flows/import", files=upload, data={"over": "replace"})).is_redirect
    plain = (await client.get("/flows/export.zip")).content
    assert "published/ola.flow.json" not in zipfile.ZipFile(io.BytesIO(plain)).namelist()
    raw = (await client.get("/flows/export.zip?published=true")).content
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        live = msgspec.json.decode(packed.read("published/ola.flow.json"))
        drawn = msgspec.json.decode(packed.read("flows/ola.flow.json"))
    assert (live["name"], drawn["name"]) == ("Boas-vindas bia", "Rascunho")
    assert await bring(site, raw) == 303
    async with site.database.web(site.davi.tenant) as transaction:
        assert (await flows.draft(transaction, "ola")).name == "Rascunho"
        (kept,) = await earlier_drafts(transaction, "ola")
        # What is on the air here is what it was.
        assert len(await flows.versions(transaction, "ola")) == 1
    assert kept.name == "Boas-vindas bia (o publicado)"
    there = await site.client(site.davi)
    assert "Boas-vindas bia (o publicado)" in (await there.get("/flows/ola/earlier")).text


async def test_talks_files_and_folders_go_along(site: Site) -> None:
    client = await site.client(site.bia)
    picture = b"\x89PNG\r\n\x1a\n" + b"x" * 900
    kept = await client.post(
        "/flows/ola/edit/files", files={"file": ("foto da loja.png", picture, "image/png")}
    )
    digest = kept.json()["hash"]
    image = {"kind": "image", "media": {"asset": digest}}
    nodes = [
        node | {"contents": [image]} if node["id"] == "feito" else node for node in HELLO["nodes"]
    ]
    document = msgspec.json.encode(HELLO | {"nodes": nodes})
    upload = {"file": ("ola.flow.json", document)}
    assert (await client.post("/flows/import", files=upload, data={"over": "replace"})).is_redirect
    assert (await client.post("/flows/ola/folder", data={"folder": "Vendas"})).is_redirect
    talk = {"format": "flowengine-talk/1", "flow": "ola.flow.json", "name": "Fala",
            "steps": [{"say": "oi"}]}  # fmt: skip
    async with site.database.web(site.bia.tenant) as transaction:
        await talks.add_talk(transaction, "ola", "Fala", msgspec.json.encode(talk))
    raw = (await client.get("/flows/export.zip")).content
    names = set(zipfile.ZipFile(io.BytesIO(raw)).namelist())
    assert {"flows/ola.001.talk.json", "folders.json"} <= names
    assert f"files/{digest[7:19]}-foto-da-loja.png" in names

    assert await bring(site, raw) == 303
    async with site.database.web(site.davi.tenant) as transaction:
        (row,) = await flows.flows(transaction)
        assert (row.key, row.folder) == ("ola", "Vendas")
        assert [each.name for each in await talks.talks(transaction, "ola")] == ["Fala"]
    boot = site.app.state.runtime.boot
    files = boot.services.workers.files
    opened = await files.open(site.davi.tenant, digest)
    assert opened is not None
    assert b"".join([piece async for piece in opened.pieces]) == picture
    # Once more: nothing is doubled, and what is there stays.
    assert await bring(site, raw) == 303
    async with site.database.web(site.davi.tenant) as transaction:
        assert len(await talks.talks(transaction, "ola")) == 1


async def test_a_large_draft_goes_out_and_comes_in_again(site: Site) -> None:
    """Written for people it would be longer than what is read."""
    nodes = [
        {"id": f"m{n}", "type": "message", "contents": [{"kind": "text", "text": "palavra " * 40}]}
        for n in range(4000)
    ]
    edges = [{"from": "oi", "to": "m0"}] + [
        {"from": f"m{n}", "to": f"m{n + 1}"} for n in range(3999)
    ]
    first = HELLO["nodes"][0] | {"id": "oi"}
    whole = HELLO | {"key": "grande", "nodes": [first, *nodes], "edges": edges}
    flow = parse(msgspec.json.encode(whole))
    assert len(canonical(flow)) < MAX_BYTES < len(pretty(flow))
    assert parse(readable(flow)) == flow
    raw = write_bundle([flow], parse_workspace(b'{"format": "flowengine-workspace/1"}'))
    assert [each.key for each in read_bundle(raw).flows] == ["grande"]


async def test_no_secret_leaves_in_it(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/settings/secrets", data={"key": "erp", "value": "muito-secreto"})
    raw = (await client.get("/flows/export.zip")).content
    inside = zipfile.ZipFile(io.BytesIO(raw))
    assert all(b"muito-secreto" not in inside.read(name) for name in inside.namelist())


async def test_what_is_there_stays(site: Site) -> None:
    client = await site.client(site.bia)
    raw = (await client.get("/flows/export.zip")).content
    await client.post("/settings/schedules/comercial/remove")
    form = {"key": "suporte", "name": "Nosso suporte"}
    await client.post("/settings/queues", data=form)
    assert await bring(site, raw, "bia") == 303
    async with site.database.web(site.bia.tenant) as transaction:
        assert (await queues.queue(transaction, "suporte")).name == "Nosso suporte"
        assert "comercial" in {each.key for each in await schedules.schedules(transaction)}


async def test_a_designer_makes_no_queue_by_a_zip(site: Site) -> None:
    """Queues and schedules are an admin's, by a zip as by their pages; fields are a designer's."""
    owner = await site.client(site.bia)
    await owner.post("/settings/fields", data={"key": "pet", "name": "Pet", "type": "text"})
    await owner.post("/settings/queues", data={"key": "vip", "name": "VIP"})
    raw = (await owner.get("/flows/export.zip")).content
    designer = await site.client(site.davi, "designer")
    answer = await designer.post(
        "/flows/import", files={"file": ("tudo.zip", raw)}, data={"over": "replace"}
    )
    assert answer.status_code == 303
    async with site.database.web(site.davi.tenant) as transaction:
        assert "ola" in {each.key for each in await flows.flows(transaction)}
        assert "vip" not in {each.key for each in await queues.queues(transaction)}
        assert "pet" in {each.key for each in await fields.fields(transaction)}


async def test_one_broken_flow_brings_none(site: Site) -> None:
    raw = packed(flows__a=b"", **{"b.flow.json": flow_file("b"), "c.flow.json": b'{"nodes": 3}'})
    assert await bring(site, raw) == 422
    async with site.database.web(site.davi.tenant) as transaction:
        assert {each.key for each in await flows.flows(transaction)} <= {"ola"}


@pytest.mark.parametrize(
    "raw",
    [
        lambda: b"",
        lambda: b"nothing of a zip",
        lambda: packed(),
        lambda: packed(readme=b"x"),
        lambda: packed(**{"a.json": b"[1"}),
        lambda: packed(**{"a.json": flow_file("x"), "b.json": flow_file("x")}),
        lambda: packed(**{"a.json": flow_file("x")})[:-30],
        lambda: packed(**{"bomb.json": b" " * 30_000_000}),
        lambda: packed(**{f"{n}.txt": b"" for n in range(MOST_FILES + 1)}),
    ],
)
def test_zips_that_are_refused(raw: Callable[[], bytes]) -> None:
    with pytest.raises(Problem):
        read_bundle(raw())


async def test_a_zip_brings_no_more_talks_than_a_flow_may_have(site: Site) -> None:
    talk = b'{"format": "flowengine-talk/1", "flow": "ola.flow.json", "steps": [{"say": "oi"}]}'
    async with site.database.web(site.davi.tenant) as transaction:
        for number in range(talks.MOST):
            await talks.add_talk(transaction, "ola", f"Fala {number}", talk)
        before = await flows.draft(transaction, "ola")
    document = msgspec.json.encode(HELLO | {"name": "Outro nome"})
    assert await bring(site, packed(**{"ola.flow.json": document, "novo.talk.json": talk})) == 409
    async with site.database.web(site.davi.tenant) as transaction:
        assert len(await talks.talks(transaction, "ola")) == talks.MOST
        assert await flows.draft(transaction, "ola") == before
    # Those that are there already need no room.
    named = talk.replace(b'"steps"', b'"name": "Fala 1", "steps"')
    known = packed(**{"ola.flow.json": document, "uma.talk.json": named})
    assert await bring(site, known) == 303


def test_talks_lie_beside_their_flows() -> None:
    """As in a repository's folder: a talk is no flow; one that cannot be read is named."""
    talk = b'{"format": "flowengine-talk/1", "flow": "x.flow.json", "steps": [{"say": "oi"}]}'
    found = read_bundle(packed(**{"x.flow.json": flow_file("x"), "x.fala.talk.json": talk}))
    assert [each.key for each in found.flows] == ["x"]
    assert [(each.flow, each.name) for each in found.along.talks] == [("x", "x.fala")]
    with pytest.raises(Problem) as refused:
        read_bundle(packed(**{"x.flow.json": flow_file("x"), "x.talk.json": b'{"steps": []}'}))
    assert refused.value.place.startswith("x.talk.json")


async def test_who_only_answers_takes_no_copy_along(site: Site) -> None:
    client = await site.client(site.bia, "agent")
    assert (await client.get("/flows/export.zip")).status_code == 403


@pytest.mark.parametrize("name", ["flow", "talk", "workspace"])
async def test_the_schemas_are_public(site: Site, name: str) -> None:
    answer = await site.stranger().get(f"/schemas/{name}.json")
    assert answer.status_code == 200
    assert "$defs" in answer.json()
    assert (await site.stranger().get("/schemas/other.json")).status_code == 404
