"""Files over drafts that are there: asked before, what was replaced is kept; a draft that cannot be
read breaks nothing but itself."""

import io
import re
import zipfile
from contextlib import suppress
from random import Random
from typing import Any

import httpx
import msgspec
import pytest

from flowengine.document import parse
from flowengine.store import flows, talks, templates
from flowengine.store.earlier_drafts import earlier_drafts
from flowengine.workspace import EMPTY
from tests.web.site import HELLO, Site
from web.bundle import MOST_FILES, Along, BundledTalk, read_bundle, talk_of, write_bundle
from web.problems import Problem

HTMX = {"HX-Request": "true", "HX-Source": "form#import-flow"}


def named(key: str, name: str) -> bytes:
    return msgspec.json.encode(HELLO | {"key": key, "name": name})


async def bring(client: httpx.AsyncClient, *files: bytes, **data: Any) -> httpx.Response:
    uploads = [("file", (f"{at}.flow.json", raw)) for at, raw in enumerate(files)]
    return await client.post("/flows/import", files=uploads, data=data, headers=HTMX)


async def drafts(site: Site) -> dict[str, str]:
    async with site.database.web(site.bia.tenant) as transaction:
        return {row.key: row.name for row in await flows.flows(transaction) if row.key != "ola"}


async def test_a_file_over_a_draft_is_asked_about_and_the_draft_can_come_back(site: Site) -> None:
    client = await site.client(site.bia)
    assert (await bring(client, named("um", "Meu trabalho"))).headers["hx-redirect"] == "/flows/um"
    asked = await bring(client, named("um", "Do arquivo"))
    assert asked.status_code == 200
    assert 'hx-target="#import-flow-error"' in asked.text
    assert "Já existe aqui: Meu trabalho." in asked.text
    assert "não foram publicadas" in asked.text
    assert await drafts(site) == {"um": "Meu trabalho"}
    # The same bytes take nothing away: nobody is asked.
    assert "hx-redirect" in (await bring(client, named("um", "Meu trabalho"))).headers
    assert "hx-redirect" in (await bring(client, named("um", "Do arquivo"), over="replace")).headers
    assert await drafts(site) == {"um": "Do arquivo"}

    part = (await client.get("/flows/um/earlier")).text
    assert "Meu trabalho" in part
    rev = re.search(r"/flows/um/earlier/(\d+)/restore", part)
    assert rev
    exported = await client.get(f"/flows/um/earlier/{rev[1]}/export")
    assert b"Meu trabalho" in exported.content
    assert (await client.post(f"/flows/um/earlier/{rev[1]}/restore")).is_redirect
    assert await drafts(site) == {"um": "Meu trabalho"}
    # What it took the place of is kept in its turn.
    assert "Do arquivo" in (await client.get("/flows/um/earlier")).text
    assert (await client.post("/flows/um/earlier/999/restore")).status_code == 404


async def test_a_file_may_come_in_as_another_flow_and_many_only_where_there_is_none(
    site: Site,
) -> None:
    client = await site.client(site.bia)
    await bring(client, named("um", "Um"))
    copied = await bring(client, named("um", "Outro"), over="copy")
    assert copied.headers["hx-redirect"] == "/flows/um-2"
    assert await drafts(site) == {"um": "Um", "um-2": "Outro (2)"}
    files = (named("um", "Nada"), named("tres", "Três"))
    many = await bring(client, *files)
    assert "Só os que não existem" in many.text
    assert "hx-redirect" in (await bring(client, *files, over="new")).headers
    assert await drafts(site) == {"um": "Um", "um-2": "Outro (2)", "tres": "Três"}


def calls(key: str, other: str) -> bytes:
    """A flow that calls another one."""
    call = {"id": "chama", "type": "flow", "flow": other}
    nodes = [HELLO["nodes"][0], call, {"id": "fim", "type": "end"}]
    edges = [{"from": "oi", "to": "chama"}, {"from": "chama", "to": "fim"}]
    return msgspec.json.encode(HELLO | {"key": key, "name": key, "nodes": nodes, "edges": edges})


async def test_of_many_each_is_replaced_copied_or_left_out(site: Site) -> None:
    client = await site.client(site.bia)
    for key in ("um", "dois", "tres"):
        await bring(client, named(key, key))
    files = [named(key, f"{key} do arquivo") for key in ("um", "dois", "tres", "quatro")]
    asked = await bring(client, *files)
    assert all(f'name="over.{key}"' in asked.text for key in ("um", "dois", "tres"))
    assert 'name="over.quatro"' not in asked.text
    # One that nothing is said of is asked about again, and nothing was saved.
    half = await bring(client, *files, **{"over.um": "copy", "over.dois": "new"})
    assert "hx-redirect" not in half.headers
    assert await drafts(site) == {key: key for key in ("um", "dois", "tres")}
    said = {"over": "replace", "over.um": "copy", "over.dois": "new", "over.tres": ""}
    assert "hx-redirect" in (await bring(client, *files, **said)).headers
    assert await drafts(site) == {
        "um": "um",
        "um-2": "um do arquivo (2)",
        "dois": "dois",
        "tres": "tres do arquivo",
        "quatro": "quatro do arquivo",
    }


async def test_copies_of_one_import_call_each_other(site: Site) -> None:
    client = await site.client(site.bia)
    await bring(client, named("filho", "Filho"))
    await bring(client, calls("pai", "filho"))
    files = (named("filho", "Outro filho"), calls("pai", "filho").replace(b"chama", b"pede"))
    assert "hx-redirect" in (await bring(client, *files, over="copy")).headers
    async with site.database.web(site.bia.tenant) as transaction:
        copy = msgspec.json.decode((await flows.draft(transaction, "pai-2")).document)
        own = msgspec.json.decode((await flows.draft(transaction, "pai")).document)
    assert [node["flow"] for node in copy["nodes"] if node["type"] == "flow"] == ["filho-2"]
    assert [node["flow"] for node in own["nodes"] if node["type"] == "flow"] == ["filho"]


async def test_a_copy_out_of_a_zip_has_its_talks_and_folder(site: Site) -> None:
    client = await site.client(site.bia)
    await bring(client, named("um", "Um"))
    talk = {
        "format": "flowengine-talk/1",
        "flow": "um.flow.json",
        "name": "Fala",
        "http": [{"node": "consulta", "flow": "um"}],
        "steps": [{"say": "oi"}],
    }
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as packed:
        packed.writestr("flows/um.flow.json", named("um", "Do zip"))
        packed.writestr("flows/um.001.talk.json", msgspec.json.encode(talk))
        packed.writestr("folders.json", '{"um": "Vendas"}')
    upload = {"file": ("tudo.zip", raw.getvalue())}
    done = await client.post("/flows/import", files=upload, data={"over.um": "copy"}, headers=HTMX)
    assert done.headers["hx-redirect"] == "/flows"
    async with site.database.web(site.bia.tenant) as transaction:
        rows = {row.key: row.folder for row in await flows.flows(transaction)}
        assert await talks.talks(transaction, "um") == ()
        (kept,) = await talks.talks(transaction, "um-2")
    assert (rows["um"], rows["um-2"]) == ("", "Vendas")
    document = msgspec.json.decode(kept.document)
    assert (document["flow"], document["http"][0]["flow"]) == ("um-2.flow.json", "um-2")


async def test_a_zip_asks_too_and_what_is_published_needs_no_keeping(site: Site) -> None:
    client = await site.client(site.bia)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as packed:
        packed.writestr("flows/ola.flow.json", named("ola", "Do zip"))
    upload = {"file": ("tudo.zip", raw.getvalue())}
    asked = await client.post("/flows/import", files=upload, headers=HTMX)
    assert "Já existe aqui: Boas-vindas bia." in asked.text
    assert "não foram publicadas" not in asked.text
    data = {"over": "replace"}
    done = await client.post("/flows/import", files=upload, data=data, headers=HTMX)
    assert done.headers["hx-redirect"] == "/flows"
    async with site.database.web(site.bia.tenant) as transaction:
        assert (await flows.draft(transaction, "ola")).name == "Do zip"
        assert await earlier_drafts(transaction, "ola") == ()
        await flows.save_draft(transaction, "ola", "Um trabalho", named("ola", "Um trabalho"), "x")
    # "Use as draft" of an old version keeps what was there as well.
    assert (await client.post("/flows/ola/versions/1/restore")).is_redirect
    async with site.database.web(site.bia.tenant) as transaction:
        (kept,) = await earlier_drafts(transaction, "ola")
    assert kept.name == "Um trabalho"


async def test_importing_and_publishing_asks_the_talks_too(site: Site) -> None:
    client = await site.client(site.bia)
    talk = {
        "format": "flowengine-talk/1",
        "flow": "ola.flow.json",
        "name": "Fala",
        "now": "2026-03-02T12:00:00-03:00",
        "steps": [{"say": "oi"}, {"expect": {"text": "Nunca dito"}}],
    }
    kept = await client.post(
        "/flows/ola/edit/talks/import",
        files={"file": ("t.talk.json", msgspec.json.encode(talk))},
    )
    assert kept.status_code in (200, 201, 303), kept.text
    data = {"over": "replace", "publish": "1"}
    refused = await bring(client, named("ola", "Outro nome"), **data)
    assert refused.status_code == 409, refused.text
    async with site.database.web(site.bia.tenant) as transaction:
        assert [each.version for each in await flows.versions(transaction, "ola")] == [1]


async def test_a_draft_that_cannot_be_read_breaks_only_itself(site: Site) -> None:
    client = await site.client(site.bia)
    await bring(client, named("um", "Um"))
    async with site.database.web(site.bia.tenant) as transaction:
        await flows.save_draft(transaction, "um", "Um", b'{"key": "um", "nodes": [', "estragado")
    page = await client.get("/flows")
    assert page.status_code == 200
    assert "Boas-vindas bia" in page.text
    own = await client.get("/flows/um")
    assert own.status_code == 200
    assert "não pode ser lido" in own.text
    assert '"nodes": [' in (await client.get("/flows/um/json")).text.replace("&#34;", '"')
    assert (await client.get("/flows/um/versions")).status_code == 200
    assert (await client.get("/flows/um/export")).content == b'{"key": "um", "nodes": ['
    whole = await client.get("/flows/export.zip")
    assert whole.status_code == 200
    names = set(zipfile.ZipFile(io.BytesIO(whole.content)).namelist())
    assert {"flows/ola.flow.json", "unreadable/um.txt"} <= names
    # The zip comes in again as it is; a file of its key mends the draft.
    again = await client.post(
        "/flows/import", files={"file": ("a.zip", whole.content)}, data={"over": "new"}
    )
    assert again.is_redirect, again.text
    assert "hx-redirect" in (await bring(client, named("um", "Um"), over="replace")).headers
    assert "não pode ser lido" not in (await client.get("/flows/um")).text
    for other in ("/", "/flows/triggers", "/settings/queues", "/flows/ola/edit"):
        assert (await client.get(other)).status_code == 200, other


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("package.json", b'{"name": "loja"}', "Não é um fluxo deste produto"),
        ("lista.json", b"[]", "não é um objeto JSON inteiro"),
        ("bom.json", b"\xef\xbb\xbf{}", "marca invisível"),
        ("meio.json", b'{"a": ', "não é JSON"),
    ],
)
async def test_a_file_that_is_no_flow_is_refused_in_people_s_words(
    site: Site, name: str, raw: bytes, says: str
) -> None:
    client = await site.client(site.bia)
    answer = await client.post("/flows/import", files={"file": (name, raw)}, headers=HTMX)
    assert answer.status_code == 422
    assert name in answer.text
    assert says in answer.text
    assert "Write" not in answer.text


async def test_two_files_of_one_flow_are_refused(site: Site) -> None:
    client = await site.client(site.bia)
    answer = await bring(client, named("um", "Um"), named("um", "Outro"))
    assert answer.status_code == 422
    assert "Dois arquivos trazem o mesmo fluxo: um" in answer.text
    assert await drafts(site) == {}


async def test_what_is_imported_and_not_published_says_both(site: Site) -> None:
    client = await site.client(site.bia)
    edges = [*HELLO["edges"][:-1], {"from": "fila", "exit": "closed", "to": "sumiu"}]
    lost = msgspec.json.encode(HELLO | {"key": "um", "name": "Um", "edges": edges})
    answer = await bring(client, lost, publish="1")
    assert answer.status_code == 422
    assert "Importado como rascunho, e não publicado:" in answer.text
    assert "sumiu" in answer.text
    assert await drafts(site) == {"um": "Um"}


async def test_a_flow_with_the_key_of_a_page_comes_in_under_another(site: Site) -> None:
    client, program = await site.client(site.bia), await site.program(site.bia)
    came = await bring(client, named("new", "Novidades"))
    assert came.headers["hx-redirect"] == "/flows/new-2"
    assert await drafts(site) == {"new-2": "Novidades (2)"}
    for key in ("new", "import", "triggers"):
        raw = named(key, "X")
        assert (await program.post("/api/v1/flows/import", content=raw)).status_code == 422
    raw = named("new", "X")
    assert (await program.put("/api/v1/flows/new", content=raw)).status_code == 422


def zipped(**files: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as packed:
        for name, body in files.items():
            packed.writestr(name, body)
    return raw.getvalue()


def test_a_damaged_zip_is_refused_and_never_a_fault_of_ours() -> None:
    """One to four bytes changed, or the end cut off."""
    sound = zipped(**{
        "flows/um.flow.json": named("um", "Um"),
        "folders.json": b'{"um": "Vendas"}',
        "flows/u\u0301m.talk.json": b"{}",
    })  # fmt: skip
    random = Random(11)
    for _ in range(1500):
        raw = bytearray(sound)
        for _ in range(random.randint(1, 4)):
            raw[random.randrange(len(raw))] = random.randrange(256)
        with suppress(Problem):
            read_bundle(bytes(raw[: random.choice((len(raw), random.randrange(len(raw))))]))


async def test_a_zip_s_names_keep_the_rules_of_their_pages(site: Site) -> None:
    client = await site.client(site.bia)
    document = {"format": "flowengine-workspace/1"}
    template = {"name": "promo", "language": "pt_BR", "status": "rejected"}
    wrong: list[dict[str, Any]] = [
        {"tags": ["a/b"]},
        {"tags": ["x" * 5000]},
        {"queues": {"vendas": {"name": "V" * 81}}},
        {"fields": {"cor": {"title": "duas\nlinhas"}}},
    ]
    for more in wrong:
        raw = zipped(**{"workspace.json": msgspec.json.encode(document | more)})
        answer = await client.post("/flows/import", files={"file": ("a.zip", raw)}, headers=HTMX)
        assert answer.status_code == 422, more
        assert "um nome que não serve aqui" in answer.text
    files = {
        "workspace.json": msgspec.json.encode(document | {"templates": [template]}),
        "flows/um.flow.json": named("um", "Um"),
        "flows/dois.flow.json": named("dois", "Dois"),
        "folders.json": msgspec.json.encode({"um": "Vendas", "dois": "VENDAS\n"}),
    }
    upload = {"file": ("a.zip", zipped(**files))}
    assert (await client.post("/flows/import", files=upload, headers=HTMX)).status_code == 204
    async with site.database.web(site.bia.tenant) as transaction:
        rows = {row.key: row.folder for row in await flows.flows(transaction)}
        known = {each.name: each.status for each in await templates.templates(transaction)}
    assert rows["um"] == rows["dois"]
    assert rows["um"].casefold() == "vendas"
    assert known["promo"] == "rejected"


def test_what_a_workspace_may_hold_goes_out_and_comes_in_again() -> None:
    """Five flows with all the tests that each may have: more than 2,000 entries."""
    flow = parse(named("um", "Um"))
    talk = b'{"format":"flowengine-talk/1","flow":"um.flow.json","name":"x","steps":[{"say":"oi"}]}'
    five = [msgspec.structs.replace(flow, key=f"f{n}") for n in range(5)]
    talks_of_all = tuple(
        BundledTalk(each.key, f"t{n}", talk_of(talk, {"um": each.key}))
        for each in five
        for n in range(talks.MOST)
    )
    raw = write_bundle(five, EMPTY, Along(talks_of_all))
    assert len(read_bundle(raw).along.talks) == 5 * talks.MOST
    many = tuple(BundledTalk("um", "x", talk) for _ in range(MOST_FILES))
    with pytest.raises(Problem, match="um zip leva"):
        write_bundle([flow], EMPTY, Along(many))
