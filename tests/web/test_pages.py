"""Every page in every language: whole, escaped, and without a script or style of its own."""

import re
from html.parser import HTMLParser

import asyncpg
import pytest

from flowengine.messages import Identity
from flowengine.store import channels, contacts, identities
from flowengine.store.identities import Seen
from tests.web.site import Site
from web.access import ACCESS, OPERATOR, PUBLIC
from web.texts import LANGUAGES

PAGES = [
    route.partition(" ")[2]
    for route, least in ACCESS.items()
    if route.startswith("GET /")
    and "{" not in route
    and least not in (PUBLIC, OPERATOR)
    and "/api/" not in route
    and not route.endswith("/live")
]
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


class Reader(HTMLParser):
    """What a strict policy would not let run, and ids that stand twice."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.unlabelled: list[str] = []
        self.labels: set[str] = set()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not given.get("src"):
            self.inline.append("script")
        if tag == "style" or "style" in given:
            self.inline.append(f"style at {tag}")
        self.inline += [f"{name} at {tag}" for name in given if name.startswith("on")]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "label" and given.get("for"):
            self.labels.add(str(given["for"]))
        hidden = given.get("type") in ("hidden", "checkbox", "radio", "file")
        if tag in ("input", "select", "textarea") and not hidden and "aria-label" not in given:
            self.fields[str(given.get("id"))] = str(given.get("name"))


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_whole(site: Site, language: str) -> None:
    client = await site.client(site.bia)
    client.cookies.set("language", language)
    paths = [
        *PAGES,
        "/flows/ola",
        "/flows/ola/json",
        "/flows/ola/versions",
        "/flows/ola/versions/1",
        f"/contacts/{site.bia.contact}",
        f"/channels/{site.bia.channel}",
        "/channels/new/cloud",
        f"/settings/people/{site.bia.people['agent']}",
        "/sign-in",
        "/invite/x",
        "/sign-in/nothing-like-a-link",
        "/api/docs",
        "/no/such/page",
    ]
    await client.post("/preferences", data={"language": language})
    for path in paths:
        if path == "/flows/export.zip":
            continue  # a file, not a page
        page = await client.get(path)
        assert page.status_code in (200, 303, 404, 410), f"{path}: {page.status_code}"
        assert f'lang="{language}"' in page.text or page.status_code == 303, path
        reader = read(page.text)
        assert reader.inline == [], f"{path}: {reader.inline}"
        twice = {id_ for id_ in reader.ids if reader.ids.count(id_) > 1}
        assert not twice, f"{path}: {twice} stand twice"
        unlabelled = {name for id_, name in reader.fields.items() if id_ not in reader.labels}
        assert not unlabelled, f"{path}: fields without a label: {unlabelled}"


async def test_headers_are_strict_on_every_answer(site: Site) -> None:
    client = await site.client(site.bia)
    for path in ("/", "/flows", "/health", "/no/such/page", "/api/v1/flows", "/flows/ola/export"):
        answer = await client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_pages_are_compressed_and_never_kept(site: Site) -> None:
    client = await site.client(site.bia)
    page = await client.get("/flows", headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    assert page.headers["cache-control"] == "no-store"


async def test_what_customers_and_teams_write_is_shown_not_run(site: Site) -> None:
    bia = site.bia
    client = await site.client(bia)
    async with site.database.worker(bia.tenant) as transaction:
        seen = Seen(bia.tenant, (Identity("phone", "+5511977770000"),), NASTY)
        contact = (await identities.resolve(transaction, seen)).contact_id
    async with site.database.web(bia.tenant) as transaction:
        await contacts.change_contact(
            transaction, contact, fields={"pet": NASTY, "outro": NASTY}, add_tags=[NASTY[:60]]
        )
    await client.post("/settings", data={"name": NASTY[:80], "timezone": "UTC", "language": "en"})
    await client.post("/settings/constants", data={"key": "mau", "value": NASTY})
    for path in ("/", "/contacts", f"/contacts/{contact}", "/settings", "/settings/constants"):
        page = await client.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
        assert "49" not in re.findall(r"alert\(1\)[^<]{0,40}", page.text), path
        assert read(page.text).inline == [], path


async def test_a_bug_of_ours_is_a_number_and_never_a_stack(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    client = await site.client(site.bia)
    connection = await asyncpg.connect(site.owner_dsn)
    await connection.execute("ALTER TABLE contacts RENAME TO contacts_gone")
    await connection.close()
    page = await client.get("/contacts")
    assert page.status_code == 500
    assert "Algo quebrou do nosso lado" in page.text
    number = re.search(r"servidor: ([0-9a-f]{8})", page.text)
    assert number
    assert "Traceback" not in page.text
    assert "contacts" not in page.text.replace("/contacts", "")
    assert f"error {number[1]} on GET /contacts" in caplog.text
    answer = await (await site.program(site.bia)).get("/api/v1/contacts")
    assert answer.status_code == 500
    assert set(answer.json()) == {"title", "status", "detail", "place", "mend"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("es-AR,es;q=0.9", "es"), ("en-US", "en"), ("fr, de", "pt-BR"), ("", "pt-BR")],
)
async def test_strangers_read_in_their_browser_s_language(
    site: Site, accepted: str, language: str
) -> None:
    page = await site.stranger().get("/sign-in", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}"' in page.text


async def test_htmx_gets_a_problem_beside_its_form(site: Site) -> None:
    client = await site.client(site.bia)
    headers = {"HX-Request": "true", "HX-Source": "form#new-flow"}
    answer = await client.post("/flows", data={"name": ""}, headers=headers)
    assert answer.status_code == 422
    assert '<hx-partial hx-target="#new-flow-error"' in answer.text
    assert "Preencha o campo: Nome." in answer.text
    fine = await client.post("/flows", data={"name": "Novo fluxo"}, headers=headers)
    assert (fine.status_code, fine.headers["hx-redirect"]) == (204, "/flows/novo-fluxo/edit")


async def test_a_second_simulator_that_is_not_open_does_not_take_the_phone_away(site: Site) -> None:
    client = await site.client(site.bia)
    async with site.database.worker(site.bia.tenant) as transaction:
        await channels.add_channel(transaction, site.vault, "simulator", "A", "um", b"{}")
    page = await client.get("/")
    assert "Celular de teste" in page.text
    assert (await client.post("/phone/say", data={"text": "oi"})).status_code == 303
