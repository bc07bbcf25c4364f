"""Who may do what, for every route of the table; a route without an example here fails."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from connectors.simulator import Saying
from flowengine.messages import Refused, Text
from flowengine.state import encode
from flowengine.store import (
    accounts,
    api_keys,
    constants,
    conversations,
    fields,
    flows,
    knowledge,
    model_profiles,
    queues,
    scheduled_messages,
    schedules,
    secrets,
    subscriptions,
    tags,
)
from flowengine.store.accounts import ROLES
from flowengine.store.burying import bury
from flowengine.store.scheduled_messages import NewScheduled
from tests.web.living import wait_for
from tests.web.site import HELLO, Site
from web.access import ACCESS, OPERATOR, PROVIDER, PUBLIC, UNSAFE

# What stands for {…} in a path: the name of something of Bia's. By route where a name means
# different things.
NO_ID = "00000000-0000-0000-0000-000000000000"

THINGS = {
    "/flows/{key}": {
        "key": "ola",
        "number": "1",
        "rev": "1",
        "node": "menu",
        "talk": NO_ID,
        "move": NO_ID,
        "channel": NO_ID,
        "contact": NO_ID,
    },
    "/api/v1/flows/{key}": {"key": "ola", "contact": NO_ID, "move": NO_ID},
    "/settings/queues/{key}": {"key": "suporte"},
    "/settings/schedules/{key}": {"key": "comercial"},
    "/settings/fields/{key}": {"key": "pet"},
    "/settings/tags/{key}": {"key": "vip"},
    "/settings/constants/{key}": {"key": "empresa"},
    "/settings/secrets/{key}": {"key": "loja"},
    "/settings/templates/{language}/{name}": {"language": "pt_BR", "name": "lembrete"},
    "/settings/models/{key}": {"key": "padrao"},
    "/settings/knowledge/{key}": {"key": "manual", "number": "1"},
    "/api/v1/knowledge/{key}": {"key": "manual", "number": "1"},
    "/api/v1/channel-plans/{plan}": {"plan": NO_ID},
}

# Forms and bodies that would do something if they were let in.
FORMS: dict[str, dict[str, str]] = {
    "POST /workspace": {},
    "POST /conversations/{conversation}/reply": {"text": "invasão"},
    "POST /conversations/{conversation}/schedule": {"text": "invasão", "at": "2030-01-01T10:00"},
    "POST /scheduled/{message}": {"text": "invasão", "at": "2030-01-01T10:00", "version": "1"},
    "POST /scheduled/{message}/cancel": {"version": "1"},
    "POST /contacts/{contact}": {"name": "invasão"},
    "POST /contacts/{contact}/tags": {"add": "invasao"},
    "POST /contacts/{contact}/consents": {"purpose": "all", "given": "no", "proof": "invasão"},
    "POST /contacts/{contact}/erase": {"sure": "yes"},
    "POST /contacts/{contact}/merge": {"sure": "yes", "other": "+5511900000019"},
    "POST /settings/keeping": {"keep_months": "1", "sure": "yes"},
    "POST /flows/{key}/json": {"document": "{}", "rev": "1"},
    "POST /flows/{key}/edit/ops": {"rev": "1", "ops": '[{"op": "remove", "id": "menu"}]'},
    "POST /flows/{key}/edit/add": {"rev": "1", "type": "message", "x": "0", "y": "0"},
    "POST /flows/{key}/edit/paste": {"rev": "1", "clip": '{"nodes": []}', "x": "0", "y": "0"},
    "POST /flows/{key}/edit/clip": {"id": "menu"},
    "POST /flows/{key}/edit/duplicate": {"rev": "1", "id": "menu"},
    "POST /flows/{key}/edit/tidy": {"rev": "1", "sizes": "{}"},
    "POST /flows/{key}/edit/steps/{node}": {"rev": "1", "title": "invasão"},
    "POST /flows/new": {"example": "pedido"},
    "POST /flows/{key}/duplicate": {},
    "POST /flows/{key}/folder": {"folder": "invasão"},
    "POST /folders/rename": {"folder": "Pasta de Bia", "name": "invasão"},
    "POST /folders/dissolve": {"folder": "Pasta de Bia"},
    "POST /flows/{key}/testers": {"phone": "+5511900000019"},
    "POST /flows/{key}/edit/flow": {"rev": "1", "/name": "invasão"},
    "POST /channels/{channel}": {"channel_name": "invasão", "number": "1"},
    "POST /channels/{channel}/flows": {"flow": "ola"},
    "POST /channels/{channel}/state": {"state": "paused"},
    "POST /channels/{channel}/plan": {"to": NO_ID, "percent": "50"},
    "POST /channels/{channel}/plan/change": {"percent": "50"},
    "POST /settings/people/{user}/role": {"role": "viewer"},
    "POST /settings/knowledge/{key}/passages": {"text": "invasão"},
    "POST /settings/knowledge/{key}/passages/{number}": {"text": "invasão"},
}
BODIES: dict[str, Any] = {
    "PATCH /api/v1/contacts/{contact}": {"name": "invasão"},
    "POST /api/v1/contacts/{contact}/merge": {"other": "01890000-0000-7000-8000-000000000000"},
    "POST /api/v1/conversations/{conversation}/messages": {"text": "invasão"},
    "POST /api/v1/conversations/{conversation}/close": {},
    "PUT /api/v1/channels/{channel}/fallback": {"to": NO_ID},
    "PATCH /api/v1/channel-plans/{plan}": {"percent": 50},
    "PATCH /api/v1/channels/{channel}": {"state": "paused"},
    "POST /api/v1/channels/{channel}/session": {"act": "restart"},
    "PATCH /api/v1/scheduled-messages/{message}": {"version": 1, "text": "invasão"},
    "PUT /api/v1/flows/{key}": HELLO,
    "PUT /api/v1/knowledge/{key}": {"name": "invasão"},
    "POST /api/v1/knowledge/{key}/passages": {"passages": [{"text": "invasão"}]},
    "PUT /api/v1/knowledge/{key}/passages": {"passages": [{"text": "invasão"}]},
    "PUT /api/v1/knowledge/{key}/passages/{number}": {"text": "invasão"},
    "POST /api/v1/flows/{key}/testers": {"phone": "+5511999990000"},
    "POST /api/v1/flows/{key}/moves": {},
    "POST /api/v1/flows/{key}/start": {
        "channel": "01890000-0000-7000-8000-000000000000",
        "phone": "+5511999990000",
    },
}

ROUTES = [route for route, least in ACCESS.items() if least not in (PUBLIC, PROVIDER, OPERATOR)]
NAMING = [route for route in ROUTES if "{" in route and "/new/{kind}" not in route]
# What says who looked when, and what a job counts some seconds later.
LOOKED = (
    "sessions", "sign_in_links", "api_keys", "cron_seen", "flow_walks", "flow_counts",
    "channel_health", "health_rounds",
)  # fmt: skip
# Files of the simulator are those of the asker's own chat; assets go by their content's hash.
# A PUT makes the asker's own flow of that key; what counts is that Bia's is untouched.
MAKES_OWN = {"PUT /api/v1/flows/{key}", "PUT /api/v1/knowledge/{key}"}
OF_NOBODY = {
    "GET /phone/files/{file}": "file-1-1",
    "GET /media/{asset}": "sha256:0",
    "GET /api/v1/media/{asset}": "sha256:0",
}


# What a route cannot do without.
ASKED = {
    "DELETE /api/v1/scheduled": "?version=1",
    "GET /api/v1/knowledge/{key}/fitting": "?question=oi",
}


class Target:
    """Bia's things by their names in paths."""

    def __init__(self, site: Site, conversation: str, api_key: str, **more: str) -> None:
        self.site = site
        self.names = {
            "conversation": conversation,
            "contact": str(site.bia.contact),
            "channel": str(site.bia.channel),
            "user": str(site.bia.people["agent"]),
            "api_key": api_key,
            "kind": "cloud",
            **more,
        }

    def path(self, route: str) -> str:
        _method, _space, path = route.partition(" ")
        if route in OF_NOBODY:
            return re.sub(r"\{\w+\}", OF_NOBODY[route], path)
        if path == "/settings/keys/{key}/revoke":
            return path.replace("{key}", self.names["api_key"])
        asked = next((query for begin, query in ASKED.items() if route.startswith(begin)), "")
        for prefix, things in THINGS.items():
            if path.startswith(prefix):
                return path.format(**things) + asked
        return path.format(**self.names) + asked


@pytest.fixture
async def target(site: Site) -> Target:
    """Bia's workspace with a conversation in it."""
    bia = site.bia
    site.network.say(bia.number, "+5511900001111", Saying(text="oi", name="Ana"))
    await site.network.settled(bia.number)

    async def conversation() -> str:
        async with site.database.web(bia.tenant) as transaction:
            found = (await conversations.conversations(transaction)).items
            return str(found[0].id) if found and "ajudar" in found[0].preview else ""

    room = await wait_for(conversation)
    await wait_for(lambda: still(site))
    await site.key(bia)
    async with site.database.web(bia.tenant) as transaction:
        key = (await api_keys.api_keys(transaction))[0]
    message, letter = await planned(site, UUID(room)), await buried(site, UUID(room))
    subscription = await subscribed(site)
    return Target(
        site, room, str(key.id), message=message, letter=letter, subscription=subscription
    )


async def subscribed(site: Site) -> str:
    """An address that Bia has told of everything."""
    async with site.database.web(site.bia.tenant) as transaction:
        made = await subscriptions.subscribe(
            transaction, site.vault, "https://sistema.example/", ["*"], "segredo"
        )
    return str(made.id)


async def planned(site: Site, room: UUID) -> str:
    """A message that Bia has scheduled."""
    due = datetime.now(UTC) + timedelta(days=2)
    new = NewScheduled(
        room,
        str(site.bia.people["owner"]),
        "text",
        encode(Text("Amanhã")),
        "Amanhã",
        due,
        "",
        "UTC",
    )
    async with site.database.web(site.bia.tenant) as transaction:
        return str((await scheduled_messages.schedule_message(transaction, new)).id)


async def buried(site: Site, room: UUID) -> str:
    """A message of Bia's that could not be delivered."""
    async with site.database.worker(site.bia.tenant) as transaction:
        id: UUID = await transaction.value(
            "SELECT id FROM messages WHERE conversation_id = $1 AND direction = 'out' LIMIT 1", room
        )
        await bury(transaction, {id: Refused("unreachable", permanent=True)})
    return str(id)


MOVES = """
SELECT EXISTS (SELECT FROM conversations WHERE work_at <= clock_timestamp())
    OR EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM lanes WHERE owner IS NOT NULL)
    OR EXISTS (SELECT FROM messages WHERE direction = 'out' AND status <> 'read')
"""
"""Something is still to be done, or the simulator has not told its last word of a message."""


async def still(site: Site) -> bool:
    """Whether nothing moves any more in Bia's workspace: the statuses have come in."""
    async with site.database.worker() as transaction:
        if await transaction.value(MOVES):
            return False
    before = await picture(site)
    await asyncio.sleep(0.25)
    return await picture(site) == before


async def ask(client: httpx.AsyncClient, route: str, path: str) -> httpx.Response:
    method = route.partition(" ")[0]
    body = BODIES.get(route)
    form = FORMS.get(route, {}) if method in UNSAFE and body is None else None
    async with client.stream(method, path, data=form or None, json=body) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer
        await answer.aread()
        return answer


async def picture(site: Site) -> dict[str, str]:
    """A hash of every table of Bia's workspace, but for what says who looked when."""
    connection = await asyncpg.connect(site.owner_dsn)
    try:
        tables = await connection.fetch(
            """
            SELECT table_name FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name = 'tenant_id'
            """
        )
        found: dict[str, str] = {}
        for (table,) in tables:
            if table in LOOKED:
                continue
            found[table] = await connection.fetchval(
                f"""
                SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))
                FROM {table} t WHERE tenant_id = $1
                """,
                site.bia.tenant,
            )
        for table in ("inbox", "messages", "outbox", "journal"):
            found[table] = await connection.fetchval(
                f"""
                SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))
                FROM {table} t JOIN conversations c ON c.id = t.conversation_id
                WHERE c.tenant_id = $1
                """,
                site.bia.tenant,
            )
        keys = "SELECT count(*) FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL"
        found["live keys"] = str(await connection.fetchval(keys, site.bia.tenant))
        return found
    finally:
        await connection.close()


def test_every_route_that_names_a_thing_has_an_example() -> None:
    names = {"conversation", "contact", "channel", "user", "message", "letter", "subscription"}
    for route in NAMING:
        path = route.partition(" ")[2]
        used = set(re.findall(r"\{(\w+)\}", path))
        known = used <= names or any(path.startswith(prefix) for prefix in THINGS)
        assert known or route in OF_NOBODY or "keys/{key}" in route, f"no example for {route}"


async def test_a_stranger_reaches_nothing_of_another_workspace(target: Target) -> None:
    site = target.site
    before = await picture(site)
    # The key of a flow, queue or tag is the workspace's own: Davi's are of the same names, so his
    # are taken away first, and what he asks for can only be Bia's.
    await empty(site)
    pages = await site.client(site.davi)
    api = await site.program(site.davi)
    found: dict[str, int] = {}
    for route in NAMING:
        if route in MAKES_OWN:
            continue
        client = api if "/api/" in route else pages
        found[route] = (await ask(client, route, target.path(route))).status_code
    assert {route: code for route, code in found.items() if code not in (403, 404)} == {}
    for route in MAKES_OWN:
        assert (await ask(api, route, target.path(route))).status_code == 200
    assert await picture(site) == before


async def test_lists_show_a_stranger_nothing_of_another_workspace(target: Target) -> None:
    site = target.site
    state = site.app.state  # every page is there, those that an operator must allow too
    state.runtime = msgspec.structs.replace(state.runtime, new_workspaces=True)
    pages, api = await site.client(site.davi), await site.program(site.davi)
    private = ["Ana bia", "Rex bia", "Boas-vindas bia", "owner@bia", str(site.bia.channel)]
    for route in ROUTES:
        if not route.startswith("GET") or "{" in route or route.endswith("/live"):
            continue
        client = api if "/api/" in route else pages
        answer = await client.get(route.partition(" ")[2], headers={"HX-Request": "true"})
        assert answer.status_code == 200, f"{route}: {answer.status_code}"
        for secret in private:
            assert secret not in answer.text, f"{route} shows {secret}"


async def test_nobody_gets_in_without_a_session_or_key(target: Target) -> None:
    client = target.site.stranger()
    before = await picture(target.site)
    for route in ROUTES:
        answer = await ask(client, route, target.path(route))
        if "/api/" in route:
            assert answer.status_code == 401, route
            assert answer.headers["content-type"] == "application/problem+json"
        else:
            assert answer.status_code == 303, f"{route}: {answer.status_code}"
            assert answer.headers["location"].startswith("/sign-in"), route
    assert await picture(target.site) == before


def beneath(least: str) -> str:
    """The role just beneath the least one."""
    return ROLES[ROLES.index(least) - 1]


def guarded() -> Iterator[str]:
    return (route for route in ROUTES if ACCESS[route] != "viewer")


async def test_the_role_just_beneath_is_refused_and_changes_nothing(target: Target) -> None:
    site = target.site
    pages = {role: await site.client(site.bia, role) for role in ROLES[:-1]}
    api = {role: await site.program(site.bia, role) for role in ROLES[:-1]}
    before = await picture(site)
    for route in guarded():
        role = beneath(ACCESS[route])
        client = api[role] if "/api/" in route else pages[role]
        answer = await ask(client, route, target.path(route))
        assert answer.status_code == 403, f"{role} at {route}: {answer.status_code}"
    assert await picture(site) == before


async def test_forms_without_their_token_are_refused(target: Target) -> None:
    site = target.site
    client = await site.client(site.bia)
    del client.headers["X-CSRF-Token"]
    before = await picture(site)
    for route in ROUTES:
        if route.split()[0] not in UNSAFE or "/api/" in route:
            continue
        answer = await ask(client, route, target.path(route))
        assert answer.status_code == 403, f"{route}: {answer.status_code}"
        assert "A página ficou velha" in answer.text
    assert await picture(site) == before


async def test_a_token_of_another_session_is_refused(site: Site) -> None:
    one, other = await site.client(site.bia), await site.client(site.bia)
    one.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]
    assert (await one.post("/sign-out")).status_code == 403


async def test_an_api_key_opens_no_page_and_a_session_no_api(site: Site) -> None:
    program, person = await site.program(site.bia), await site.client(site.bia)
    assert (await program.get("/flows")).status_code == 303
    assert (await person.get("/api/v1/flows")).status_code == 401


async def test_who_leaves_or_is_lowered_is_out_at_once(site: Site) -> None:
    admin = await site.client(site.bia, "admin")
    assert (await admin.get("/settings/keys")).status_code == 200
    async with site.database.web(site.bia.tenant) as transaction:
        await accounts.set_role(transaction, site.bia.people["admin"], "viewer")
    assert (await admin.get("/settings/keys")).status_code == 403
    async with site.database.web(site.bia.tenant) as transaction:
        await accounts.leave(transaction, site.bia.people["admin"])
    assert (await admin.get("/settings")).status_code == 303


async def test_only_an_owner_gives_or_takes_the_role_of_owner(site: Site) -> None:
    admin = await site.client(site.bia, "admin")
    owner, agent = site.bia.people["owner"], site.bia.people["agent"]
    paths = [
        (f"/settings/people/{agent}/role", {"role": "owner"}),
        (f"/settings/people/{owner}/role", {"role": "agent"}),
        (f"/settings/people/{owner}/link", {}),
        (f"/settings/people/{owner}/remove", {}),
        ("/settings/keys", {"role": "owner", "name": "chave"}),
        ("/settings/people", {"role": "owner", "email": "novo@bia.example", "name": "Novo"}),
    ]
    for path, form in paths:
        assert (await admin.post(path, data=form)).status_code == 403, path


async def empty(site: Site) -> None:
    """Takes away what Davi has under the same names as Bia."""
    async with site.database.web(site.davi.tenant) as transaction:
        await flows.unpublish(transaction, "ola")
        await flows.remove_flow(transaction, "ola")
        await queues.remove_queue(transaction, "suporte")
        await schedules.remove_schedule(transaction, "comercial")
        await fields.remove_field(transaction, "pet")
        await tags.remove_tag(transaction, "vip")
        await constants.remove_constant(transaction, "empresa")
        await secrets.remove_secret(transaction, "loja")
        await model_profiles.remove_model_profile(transaction, "padrao")
        await knowledge.remove_base(transaction, "manual")
