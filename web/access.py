"""Who may do what: every route and its least role, on one page, checked for every request.

A route that is missing here stops the app from starting, so a new route cannot be open by accident.
Roles ascend: viewer, agent, designer, admin, owner; each may do what the ones before it may.
"""

import hmac
import math
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from flowengine.store import accounts, api_keys, grants, sessions
from flowengine.store.accounts import ROLES
from web.origins import admit_known_origin, admit_origin
from web.problems import Problem, SignInNeeded
from web.request import AnyRequest, Me, Program, SignedIn, services, workspaces_of
from web.runtime import NotReady
from web.texts import _
from workers.probes import may_look

PUBLIC = "public"  # nobody needs to be known
OPERATOR = "operator"  # the token of the metrics, or this machine
PROVIDER = "provider"  # the handler asks for its word itself (POST: webhooks.Entrance)
COOKIE = "session"

ACCESS: dict[str, str] = {
    # The machine room.
    "GET /health": PUBLIC,
    "GET /health/ready": PUBLIC,
    "GET /health/db": OPERATOR,
    "GET /health/redis": OPERATOR,
    "GET /health/queues": OPERATOR,
    "GET /health/channels": OPERATOR,
    "GET /metrics": OPERATOR,
    "GET /static/{digest}/{name}": PUBLIC,
    "GET /webhooks/{kind}/{channel}": PROVIDER,
    # People.
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "GET /sign-in/{token}": PUBLIC,
    "GET /invite/{token}": PUBLIC,
    "POST /invite/{token}": PUBLIC,
    "POST /sign-out": "viewer",
    "POST /workspace": "viewer",
    "POST /preferences": "viewer",
    "GET /password/forgotten": PUBLIC,
    "POST /password/forgotten": PUBLIC,
    "GET /password": "viewer",
    "POST /password": "viewer",
    # The simulator: looking is free, speaking makes conversations.
    "GET /": "viewer",
    "GET /phone/live": "viewer",
    "GET /phone/files/{file}": "viewer",
    "POST /phone/say": "agent",
    "POST /phone/file": "agent",
    "POST /phone/location": "agent",
    "POST /phone/new": "viewer",
    # Conversations.
    "GET /conversations": "viewer",
    "GET /conversations/list": "viewer",
    "GET /conversations/{conversation}": "viewer",
    "GET /conversations/{conversation}/earlier": "viewer",
    "GET /conversations/{conversation}/replay": "viewer",
    "GET /messages/{message}/why": "viewer",
    "GET /conversations/{conversation}/live": "viewer",
    "POST /conversations/{conversation}/take": "agent",
    "POST /conversations/{conversation}/return": "agent",
    "POST /conversations/{conversation}/close": "agent",
    "POST /conversations/{conversation}/reply": "agent",
    "POST /conversations/{conversation}/schedule": "agent",
    "GET /scheduled": "viewer",
    "GET /scheduled/{message}": "viewer",
    "POST /scheduled/{message}": "agent",
    "POST /scheduled/{message}/cancel": "agent",
    "GET /media/{asset}": "viewer",
    "GET /files/{token}": PUBLIC,
    # Contacts.
    "GET /contacts": "viewer",
    "POST /contacts": "agent",
    "GET /contacts/{contact}": "viewer",
    "POST /contacts/{contact}": "agent",
    "POST /contacts/{contact}/tags": "agent",
    "POST /contacts/{contact}/consents": "agent",
    "POST /contacts/{contact}/erase": "admin",
    "POST /contacts/{contact}/merge": "admin",
    # Flows.
    "GET /flows": "viewer",
    "GET /flows/new": "designer",
    "POST /flows/new": "designer",
    "GET /flows/triggers": "viewer",
    "GET /flows/export.zip": "designer",
    "GET /schemas/{name}": PUBLIC,  # the format of documents is no secret
    "POST /flows": "designer",
    "POST /flows/import": "designer",
    "GET /flows/{key}": "viewer",
    "GET /flows/{key}/json": "viewer",
    "POST /flows/{key}/json": "designer",
    # The editor: a viewer may look at the canvas.
    "GET /flows/{key}/edit": "viewer",
    "GET /flows/{key}/edit/issues": "viewer",
    "GET /flows/{key}/edit/clip": "viewer",
    "GET /flows/{key}/edit/steps/{node}": "viewer",
    "GET /flows/{key}/edit/flow": "viewer",
    "POST /flows/{key}/edit/flow": "designer",
    "POST /flows/{key}/edit/preview": "viewer",
    "POST /flows/{key}/edit/preview/call": "designer",
    "POST /flows/{key}/edit/finding": "viewer",
    "GET /flows/{key}/edit/talks": "viewer",
    "POST /flows/{key}/edit/talks": "designer",
    "GET /flows/{key}/edit/talks/{talk}": "viewer",
    "GET /flows/{key}/edit/talks/{talk}/script": "viewer",
    "POST /flows/{key}/edit/talks/{talk}/remove": "designer",
    "POST /flows/{key}/edit/talks/explore": "designer",
    "POST /flows/{key}/edit/talks/import": "designer",
    "POST /flows/{key}/edit/talks/record": "designer",
    "GET /flows/{key}/edit/live": "viewer",
    "GET /flows/{key}/edit/outline": "viewer",
    "GET /flows/{key}/edit/board": "viewer",
    "POST /flows/{key}/edit/ops": "designer",
    "POST /flows/{key}/edit/add": "designer",
    "POST /flows/{key}/edit/paste": "designer",
    "POST /flows/{key}/edit/duplicate": "designer",
    "POST /flows/{key}/edit/tidy": "designer",
    "POST /flows/{key}/edit/steps/{node}": "designer",
    "POST /flows/{key}/edit/steps/{node}/try": "designer",
    "POST /flows/{key}/edit/files": "designer",
    "GET /flows/{key}/changes": "viewer",
    "GET /flows/{key}/numbers": "viewer",
    "GET /flows/{key}/publish": "viewer",
    "GET /flows/{key}/publish/rehearsal": "viewer",
    "GET /flows/{key}/publish/standing": "viewer",
    "POST /flows/{key}/publish": "designer",
    "POST /flows/{key}/versions/{number}/publish": "designer",
    "GET /flows/{key}/testers": "viewer",
    "GET /flows/{key}/testers/door/{channel}": "designer",
    "POST /flows/{key}/testers": "designer",
    "POST /flows/{key}/testers/code": "designer",
    "POST /flows/{key}/testers/stop": "designer",
    "POST /flows/{key}/testers/{contact}/remove": "designer",
    "GET /flows/{key}/moves": "viewer",
    "GET /flows/{key}/moves/places": "viewer",
    "GET /flows/{key}/moves/list": "viewer",
    "POST /flows/{key}/moves": "designer",
    "POST /flows/{key}/moves/{move}/cancel": "designer",
    "POST /flows/{key}/unpublish": "designer",
    "GET /flows/{key}/export": "viewer",
    "GET /flows/{key}/versions": "viewer",
    "GET /flows/{key}/versions/{number}": "viewer",
    "POST /flows/{key}/versions/{number}/restore": "designer",
    "POST /flows/{key}/remove": "designer",
    "POST /flows/{key}/folder": "designer",
    # Channels.
    "GET /channels": "viewer",
    "GET /channels/new/{kind}": "admin",
    "POST /channels/new/{kind}": "admin",
    "POST /channels/health": "admin",
    "GET /channels/{channel}": "viewer",
    "POST /channels/{channel}": "admin",
    "POST /channels/{channel}/flows": "admin",
    "POST /channels/{channel}/state": "admin",
    "POST /channels/{channel}/probe": "admin",
    "GET /channels/{channel}/session": "admin",
    "POST /channels/{channel}/session": "admin",
    "POST /channels/{channel}/examine": "admin",
    "GET /channels/{channel}/live": "viewer",
    "GET /channels/{channel}/session/live": "admin",
    "POST /channels/{channel}/remove": "admin",
    "POST /channels/{channel}/fallback": "admin",
    "GET /channels/{channel}/plan": "viewer",
    "POST /channels/{channel}/plan": "admin",
    "POST /channels/{channel}/plan/change": "admin",
    # Settings: everybody may look, but for people's links and keys.
    "GET /settings": "viewer",
    "POST /settings": "admin",
    "POST /settings/opt-out": "admin",
    "POST /settings/keeping": "admin",
    "POST /settings/quiet": "admin",
    "GET /settings/queues": "viewer",
    "POST /settings/queues": "admin",
    "POST /settings/queues/{key}/remove": "admin",
    "GET /settings/schedules": "viewer",
    "POST /settings/schedules": "admin",
    "POST /settings/schedules/{key}/remove": "admin",
    "GET /settings/fields": "viewer",
    "POST /settings/fields": "designer",
    "POST /settings/fields/{key}/remove": "designer",
    "GET /settings/tags": "viewer",
    "POST /settings/tags": "designer",
    "POST /settings/tags/{key}/remove": "designer",
    "GET /settings/constants": "viewer",
    "POST /settings/constants": "designer",
    "POST /settings/constants/{key}/remove": "designer",
    "GET /settings/secrets": "admin",
    "POST /settings/secrets": "admin",
    "POST /settings/secrets/{key}/remove": "admin",
    "GET /settings/knowledge": "viewer",
    "POST /settings/knowledge": "designer",
    "GET /settings/knowledge/{key}": "viewer",
    "POST /settings/knowledge/{key}/remove": "designer",
    "POST /settings/knowledge/{key}/import": "designer",
    "POST /settings/knowledge/{key}/passages": "designer",
    "POST /settings/knowledge/{key}/passages/{number}": "designer",
    "POST /settings/knowledge/{key}/passages/{number}/remove": "designer",
    "GET /settings/models": "admin",
    "POST /settings/models": "admin",
    "POST /settings/models/{key}/remove": "admin",
    "GET /settings/subscriptions": "admin",
    "POST /settings/subscriptions": "admin",
    "POST /settings/subscriptions/{subscription}/remove": "admin",
    "GET /settings/dead-letters": "viewer",
    "POST /settings/dead-letters/retry": "agent",
    "POST /settings/dead-letters/{letter}/retry": "agent",
    "POST /settings/dead-letters/{letter}/dismiss": "agent",
    "GET /settings/people": "viewer",
    "POST /settings/people": "admin",
    "GET /settings/people/{user}": "admin",
    "POST /settings/people/{user}/link": "admin",
    "POST /settings/people/{user}/role": "admin",
    "POST /settings/people/{user}/remove": "admin",
    "GET /settings/templates": "designer",
    "POST /settings/templates": "designer",
    "POST /settings/templates/sync": "designer",
    "POST /settings/templates/{language}/{name}/remove": "designer",
    "GET /settings/audit": "admin",
    "GET /settings/keys": "admin",
    "POST /settings/keys": "admin",
    "POST /settings/keys/origins": "admin",
    "POST /settings/keys/{key}/revoke": "admin",
    # The API, by key; its description is no secret.
    "GET /api/docs": PUBLIC,
    "GET /api/openapi.json": PUBLIC,
    "GET /api": PUBLIC,  # the description too
    "GET /api/{path}": PUBLIC,  # nothing: 404
    "POST /api/v1/tokens": PUBLIC,  # the password, or the refresh token, is asked for
    "POST /api/v1/tokens/refresh": PUBLIC,
    "DELETE /api/v1/tokens": "viewer",
    "GET /api/v1/flows": "viewer",
    "GET /api/v1/flows/{key}": "viewer",
    "PUT /api/v1/flows/{key}": "designer",
    "POST /api/v1/flows/import": "designer",
    "GET /api/v1/flows/{key}/export": "viewer",
    "POST /api/v1/flows/{key}/check": "viewer",
    "POST /api/v1/flows/{key}/publish": "designer",
    "POST /api/v1/flows/{key}/start": "agent",
    "GET /api/v1/flows/{key}/testers": "viewer",
    "POST /api/v1/flows/{key}/testers": "designer",
    "DELETE /api/v1/flows/{key}/testers/{contact}": "designer",
    "POST /api/v1/events": "agent",
    "GET /api/v1/channels": "viewer",
    "GET /api/v1/channels/health": "viewer",
    "POST /api/v1/channels/health": "admin",
    "GET /api/v1/channels/{channel}": "viewer",
    "GET /api/v1/channels/{channel}/health": "viewer",
    "POST /api/v1/channels": "admin",
    "DELETE /api/v1/channels/{channel}": "admin",
    "PATCH /api/v1/channels/{channel}": "admin",
    "GET /api/v1/channels/{channel}/session": "admin",
    "POST /api/v1/channels/{channel}/session": "admin",
    "GET /api/v1/channels/{channel}/fallback": "viewer",
    "PUT /api/v1/channels/{channel}/fallback": "admin",
    "DELETE /api/v1/channels/{channel}/fallback": "admin",
    "GET /api/v1/channel-plans": "viewer",
    "POST /api/v1/channel-plans": "admin",
    "GET /api/v1/channel-plans/{plan}": "viewer",
    "PATCH /api/v1/channel-plans/{plan}": "admin",
    "GET /api/v1/channel-plans/{plan}/report": "viewer",
    "GET /api/v1/knowledge": "viewer",
    "PUT /api/v1/knowledge/{key}": "designer",
    "DELETE /api/v1/knowledge/{key}": "designer",
    "GET /api/v1/knowledge/{key}/passages": "viewer",
    "POST /api/v1/knowledge/{key}/passages": "designer",
    "PUT /api/v1/knowledge/{key}/passages": "designer",
    "PUT /api/v1/knowledge/{key}/passages/{number}": "designer",
    "DELETE /api/v1/knowledge/{key}/passages/{number}": "designer",
    "GET /api/v1/knowledge/{key}/fitting": "viewer",
    "GET /api/v1/contacts": "viewer",
    "POST /api/v1/contacts": "agent",
    "GET /api/v1/contacts/{contact}": "viewer",
    "PATCH /api/v1/contacts/{contact}": "agent",
    "DELETE /api/v1/contacts/{contact}": "admin",
    "POST /api/v1/contacts/{contact}/merge": "admin",
    "GET /api/v1/conversations": "viewer",
    "GET /api/v1/conversations/{conversation}": "viewer",
    "GET /api/v1/conversations/{conversation}/messages": "viewer",
    "POST /api/v1/conversations/{conversation}/messages": "agent",
    "POST /api/v1/messages": "agent",
    "POST /api/v1/media": "agent",
    "GET /api/v1/templates": "viewer",
    "POST /api/v1/templates/sync": "designer",
    "GET /api/v1/media/{asset}": "viewer",
    "GET /api/v1/messages/{message}": "viewer",
    "POST /api/v1/conversations/{conversation}/take": "agent",
    "POST /api/v1/conversations/{conversation}/return": "agent",
    "POST /api/v1/conversations/{conversation}/close": "agent",
    "GET /api/v1/audit": "admin",
    "GET /api/v1/policy": "viewer",
    "PUT /api/v1/policy": "admin",
    "GET /api/v1/subscriptions": "viewer",
    "POST /api/v1/subscriptions": "admin",
    "DELETE /api/v1/subscriptions/{subscription}": "admin",
    "GET /api/v1/dead-letters": "viewer",
    "POST /api/v1/dead-letters/retry": "agent",
    "POST /api/v1/dead-letters/{letter}/retry": "agent",
    "POST /api/v1/dead-letters/{letter}/dismiss": "agent",
    "GET /api/v1/scheduled-messages": "viewer",
    "POST /api/v1/scheduled-messages": "agent",
    "GET /api/v1/scheduled-messages/{message}": "viewer",
    "PATCH /api/v1/scheduled-messages/{message}": "agent",
    "DELETE /api/v1/scheduled-messages/{message}": "agent",
}

Connection = ASGIConnection[Any, Any, Any, Any]
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def route_name(method: str, path: str) -> str:
    return f"{method} {path}"


def check_access(app: Litestar) -> None:
    """Every route has its line in the table, and every line its route; else our bug."""
    routes = {
        route_name(method, route.path_format)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    }
    wrong = sorted(routes ^ ACCESS.keys())
    if wrong:
        raise LookupError(f"routes and ACCESS differ: {', '.join(wrong)}")


async def admit(connection: Connection, _handler: BaseRouteHandler) -> None:
    """The one guard of the app: finds out who asks and whether they may."""
    if not isinstance(connection, Request):
        return  # the simulator's network, which asks for its own token
    request: AnyRequest = connection
    template: str = request.scope["path_template"]
    if request.method == "OPTIONS":
        return
    least = ACCESS[route_name(request.method, template)]
    if least == OPERATOR:
        admit_operator(request)
    elif template.startswith(("/health", "/static")):
        return
    if request.app.state.runtime.boot.services is None:
        raise NotReady
    if least in (PROVIDER, OPERATOR):
        return
    if least == PUBLIC:
        await admit_visitor(request, template)
        return
    if template.startswith("/api/"):
        await keep_address_to_limit(request)
    who = await find_caller(request, template)
    request.scope["user"] = who
    if template.startswith("/api/"):
        await admit_origin(request, who.tenant)
        await keep_to_limit(request, who)
        keep_to_areas(who, template)
    if ROLES.index(who.role) < ROLES.index(least):
        raise Problem(_("Seu papel neste espaço não permite isto."), status=403)
    if isinstance(who, Me) and request.method in UNSAFE:
        await check_csrf(request, who)


def admit_operator(request: AnyRequest) -> None:
    """Who shows the token of FLOWENGINE_METRICS_TOKEN; without one, this machine only."""
    token: str = request.app.state.runtime.metrics_token
    peer = request.client.host if request.client else ""
    if not may_look(token, request.headers, peer):
        raise Problem(
            _("Isto é para quem cuida do servidor."),
            status=403,
            mend=_("Envie o cabeçalho “Authorization: Bearer …” com FLOWENGINE_METRICS_TOKEN."),
        )


async def admit_visitor(request: AnyRequest, template: str) -> None:
    """Who is not known yet: from our own pages, or (for tokens) from a site that is listed."""
    if template.startswith("/api/v1/tokens"):
        await admit_known_origin(request)
    else:
        refuse_foreign(request)


async def find_caller(request: AnyRequest, template: str) -> Me | SignedIn | Program:
    """The API goes by key or by a signed-in user's token, pages by session."""
    if template.startswith("/api/"):
        return await find_program(request)
    return await find_me(request)


async def keep_address_to_limit(request: AnyRequest) -> None:
    """So many requests from one address, before anybody's key is looked at."""
    peer = request.client.host if request.client else ""
    seconds = await services(request).limits.wait_address(peer)
    if seconds:
        raise too_many(_("Este endereço pediu demais à API."), seconds)


async def keep_to_limit(request: AnyRequest, who: Me | SignedIn | Program) -> None:
    """So many requests an hour for a key, and a minute for a workspace with all its programs."""
    limits = services(request).limits
    seconds = await limits.wait_key(who.key if isinstance(who, Program) else who.id)
    if seconds:
        raise too_many(_("Esta chave pediu demais à API."), seconds)
    seconds = await limits.wait(who.tenant)
    if seconds:
        raise too_many(_("Este espaço pediu demais à API."), seconds)


def too_many(words: str, seconds: float) -> Problem:
    """429, with the time after which to come back."""
    return Problem(
        words,
        status=429,
        mend=_("Espere {seconds} s e tente de novo."),
        retry_after=math.ceil(seconds),
        seconds=math.ceil(seconds),
    )


def area_of(template: str) -> str:
    """The part of the API that a route belongs to: `messages` of `/api/v1/messages/{message}`."""
    return template.removeprefix("/api/v1/").partition("/")[0]


def areas() -> tuple[str, ...]:
    """The parts of the API that a key can be kept to."""
    paths = (route.partition(" ")[2] for route in ACCESS)
    found = {area_of(path) for path in paths if path.startswith("/api/v1/")}
    return tuple(sorted(found - {"tokens"}))


def keep_to_areas(who: Me | SignedIn | Program, template: str) -> None:
    """A key that was made for some parts of the API touches no other."""
    if isinstance(who, Program) and who.areas and area_of(template) not in who.areas:
        raise Problem(
            _("Esta chave não alcança esta parte da API: {area}."),
            status=403,
            mend=_("Crie uma chave que a alcance, em Configurações → Chaves da API."),
            area=area_of(template),
        )


async def find_signed_in(request: AnyRequest, token: str) -> SignedIn:
    """The user of an access token, with the role of this moment."""
    claims = services(request).signer.read(token)
    if claims is not None:
        async with services(request).database.web(claims.tenant, claims.user) as transaction:
            grant = await grants.find_grant(transaction, claims.grant)
        if grant is not None and (grant.tenant_id, grant.user_id) == (claims.tenant, claims.user):
            return SignedIn(grant.user_id, grant.name, grant.role, grant.tenant_id, grant.id)
    raise Problem(_("Esta sessão acabou: entre de novo."), status=401)


async def find_program(request: AnyRequest) -> SignedIn | Program:
    scheme, _space, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Problem(
            _("Falta a chave da API."),
            status=401,
            mend=_("Envie o cabeçalho “Authorization: Bearer fe_…”."),
        )
    if not secret.startswith("fe_"):
        return await find_signed_in(request, secret.strip())
    async with services(request).database.visitor() as transaction:
        key = await api_keys.find_api_key(transaction, secret.strip())
    if key is None:
        raise Problem(_("Esta chave da API não vale, ou foi revogada."), status=401)
    return Program(key.id, key.name, key.role, key.tenant_id, key.areas)


async def find_me(request: AnyRequest) -> Me:
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise SignInNeeded
    database = services(request).database
    async with database.visitor() as transaction:
        session = await sessions.find_session(transaction, token)
        if session is None:
            raise SignInNeeded
        places = await accounts.places(transaction, session.user_id)
    return Me(
        id=session.user_id,
        name=session.name or session.email,
        email=session.email,
        language=session.language,
        role=session.role,
        tenant=session.tenant_id,
        workspace=session.tenant_name,
        timezone=session.tenant_timezone,
        csrf=session.csrf,
        workspaces=workspaces_of(places),
    )


async def check_csrf(request: AnyRequest, who: Me) -> None:
    """The token of the session, in a header (htmx) or in the form."""
    given = request.headers.get("x-csrf-token", "")
    if not given:
        form = await request.form()
        given = str(form.get("_csrf", ""))
    if not hmac.compare_digest(given.encode(), who.csrf.encode()):
        raise Problem(
            _("A página ficou velha."), status=403, mend=_("Recarregue-a e tente de novo.")
        )


def refuse_foreign(request: AnyRequest) -> None:
    """Forms that need no session are taken from our own pages only (nobody is signed in by others).

    Programs send neither header and pass: a cookie of theirs is nobody's but their own.
    """
    if request.method not in UNSAFE:
        return
    site, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin", "")
    foreign = site not in ("", "same-origin", "none")
    if foreign or (origin and urlsplit(origin).netloc != request.headers.get("host", "")):
        raise Problem(_("Este formulário veio de outro site."), status=403)
