"""What is written in one place and shown in another never runs: every field, name and file.

Attacks are written into the workspace by `furnish`, then into every form of every page, then into
bodies of the API; after that every page is walked in a real browser. An attack that runs sets
`window.pwned`, opens a dialog or breaks the policy; the walk hears all three.
"""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from playwright.async_api import Error, expect

from tests.pages.browse import Walk, open_browser
from tests.pages.furnish import House, furnish
from tests.pages.table import SIGHTS
from tests.pages.words import ATTACKS, MARKS, hostile
from tests.web.site import Site

expect.set_options(timeout=30_000)

# They end the session or take away what the walk is to see.
LEFT = re.compile(
    r"/(remove|sign-out|erase|merge|unpublish|workspace|preferences|revoke|state|close|return|probe"
    r"|session|examine|cancel|dismiss|retry|restore|publish|password|new|workspaces)$"
    r"|/settings/(keeping|quiet)"
)
TEXTUAL = ("text", "search", "tel", "email", "url", "password", "")
SEEN = "() => ({ pwned: window.pwned ?? null, frames: document.querySelectorAll('iframe').length })"


class Forms(HTMLParser):
    """The forms that are posted: action, and each field with its value and whether it is text."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, tuple[str, bool]]]] = []
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(
                (given.get("action", "") if given.get("method") == "post" else "", {})
            )
        name = given.get("name", "")
        if not self.forms or not name:
            return
        fields = self.forms[-1][1]
        if tag == "textarea":
            fields[name] = ("", True)
        elif tag == "input" and given.get("type", "") in TEXTUAL:
            fields[name] = (given.get("value", ""), True)
        elif tag == "input" and given.get("type") not in ("checkbox", "radio", "file"):
            fields[name] = (given.get("value", ""), False)
        elif tag == "select":
            fields[name] = ("", False)
            self._area = name
        if tag == "option" and self._area:
            fields[self._area] = (given.get("value", ""), False)
            self._area = ""


@pytest.fixture
async def house(booting: Site) -> House:
    return await furnish(booting, hostile(), many=4)


async def attack_forms(house: House, walk: Walk) -> int:
    """Every text field of every form gets every second attack; how many forms were sent."""
    client = await house.site.client(house.place)
    tried: set[str] = set()
    for sight in SIGHTS:
        if sight.who != "owner" or sight.status != 200:
            continue
        page = await client.get(walk.address(sight).removeprefix(house.site.address))
        safe(page, sight.name)
        reader = Forms()
        reader.feed(page.text)
        for action, fields in reader.forms:
            texts = [name for name, (_value, written) in fields.items() if written]
            if not action or not texts or LEFT.search(action) or action in tried:
                continue
            tried.add(action)
            await attack_form(client, action, fields, texts)
    # Last, as it leads into the workspace that it makes: that one's pages have its name.
    safe(await client.post("/workspaces", data={"name": ATTACKS[0]}), "/workspaces")
    safe(await client.get("/flows"), "a workspace's name")
    return len(tried)


async def attack_form(
    client: httpx.AsyncClient, action: str, fields: dict[str, tuple[str, bool]], texts: list[str]
) -> None:
    """All fields at once; then each alone, where the others being wrong kept them out."""
    known = {name: value for name, (value, _written) in fields.items() if name != "_csrf"}
    all_at_once = {name: ATTACKS[at % len(ATTACKS)] for at, name in enumerate(texts)}
    answer = await client.post(action, data=known | all_at_once)
    safe(answer, action)
    if answer.status_code < 400:
        return
    for at, name in enumerate(texts):
        attack = ATTACKS[(at * 3 + 1) % len(ATTACKS)]
        plain = {other: known[other] or "um-nome" for other in texts}
        safe(await client.post(action, data=known | plain | {name: attack}), f"{action} {name}")


def safe(answer: httpx.Response, where: str) -> None:
    """No answer breaks, and none has an attack in it that a browser would take for HTML."""
    assert answer.status_code < 500, f"{where}: {answer.status_code}"
    if "html" in answer.headers.get("content-type", ""):
        for mark in MARKS:
            assert mark not in answer.text, f"{where} lets {mark} through"


async def attack_api(house: House) -> None:
    program = await house.site.program(house.place)
    contact, room = house.names["contact"], house.names["conversation"]
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", f"/api/v1/contacts/{contact}", {"name": ATTACKS[0]}),
        ("PATCH", f"/api/v1/contacts/{contact}", {"fields": {"pet": ATTACKS[1]}}),
        ("PATCH", f"/api/v1/contacts/{contact}", {"tags": [ATTACKS[2]]}),
        ("POST", "/api/v1/contacts", {"phone": "+5511955554444", "name": ATTACKS[3]}),
        ("PUT", "/api/v1/knowledge/mal", {"name": ATTACKS[4]}),
        ("POST", "/api/v1/knowledge/mal/passages", {"passages": [{"text": ATTACKS[7]}]}),
        ("POST", f"/api/v1/conversations/{room}/messages", {"text": ATTACKS[9]}),
    ]
    for method, path, body in bodies:
        answer = await program.request(method, path, json=body)
        assert answer.status_code < 500, f"{path}: {answer.text}"


@pytest.mark.walk
async def test_no_attack_that_is_kept_ever_runs(house: House, chromium: Any) -> None:
    async with open_browser(chromium) as browser:
        walk = Walk(browser, house)
        forms = await attack_forms(house, walk)
        assert forms > 25
        await attack_api(house)
        found: list[str] = []
        for sight in SIGHTS:
            if sight.name == "editor-500":
                continue
            try:
                page = await walk.look(sight)
            except (AssertionError, Error) as trouble:
                found.append(f"{sight.name}: {trouble}")
                continue
            seen = await page.evaluate(SEEN)
            if seen["pwned"] or seen["frames"]:
                found.append(f"{sight.name}: {seen}")
            found += [f"{sight.name}: {line}" for line in walk.complaints]
        assert not found, "\n".join(found)


FILES = {
    "mal.svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
    "mal.html": (b"<script>alert(1)</script>", "text/html"),
    "mal.png": (b"<script>alert(1)</script>", "image/png"),
    "mal.xml": (b"<x xmlns='http://www.w3.org/1999/xhtml'><script/></x>", "application/xhtml+xml"),
    '"><img src=x onerror=alert(1)>.pdf': (b"%PDF-1.4", "application/pdf"),
}


@pytest.mark.parametrize("name", FILES)
async def test_an_uploaded_file_is_served_so_that_it_cannot_run(site: Site, name: str) -> None:
    client = await site.client(site.bia)
    data, mime = FILES[name]
    kept = await client.post("/flows/ola/edit/files", files={"file": (name, data, mime)})
    if kept.status_code >= 400:
        assert kept.status_code in (413, 415, 422), kept.text
        return
    answer = await client.get(f"/media/{kept.json()['hash']}")
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    shown = answer.headers["content-disposition"].startswith("inline")
    assert not shown or answer.headers["content-type"] == "image/png"


async def test_the_policy_allows_nothing_inline(site: Site) -> None:
    client = await site.client(site.bia)
    for path in ("/", "/flows/ola/edit", "/conversations", "/api/docs", "/nada"):
        policy = (await client.get(path)).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
