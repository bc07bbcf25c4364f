"""Pages of other sites that may ask the API from a browser (CORS): each workspace lists its own.

A preflight comes without any key, so it is answered for an origin that any workspace lists; the
request itself is refused unless the caller's own workspace lists it. There are no cookies in the
API, so credentials are never allowed. Programs outside of browsers send no Origin and pass.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from flowengine.store.database import Database
from flowengine.store.origins import is_allowed, is_known
from web.problems import Problem
from web.request import AnyRequest, services
from web.texts import _

ALLOWED = "allowed-origin"
METHODS = b"GET, POST, PUT, PATCH, DELETE"
HEADERS = b"Authorization, Content-Type, Idempotency-Key, If-Match"
EXPOSED = b"Retry-After, ETag"
MAX_AGE = b"600"  # seconds that browsers keep a preflight's answer


def origin_of(text: str) -> str | None:
    """An origin as browsers send it, or None: https, or http on one's own machine."""
    text = text.strip().rstrip("/").lower()
    parts = urlsplit(text)
    plain = not (parts.path or parts.query or parts.fragment or parts.username)
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.hostname and plain and "*" not in text and (parts.scheme == "https" or local):
        return text
    return None


async def admit_origin(request: AnyRequest, tenant: UUID) -> None:
    """Refuses a page of a site that the caller's workspace does not list."""
    origin = request.headers.get("origin", "")
    if not origin:
        return
    async with services(request).database.web(tenant) as transaction:
        fine = await is_allowed(transaction, origin)
    if not fine:
        raise Problem(
            _("Este site não pode usar a API deste espaço."),
            status=403,
            mend=_("Acrescente-o em Configurações › Chaves da API › Sites."),
        )
    name_origin(request, origin)


async def admit_known_origin(request: AnyRequest) -> None:
    """Before anybody is known: refuses a page of a site that no workspace lists."""
    origin = request.headers.get("origin", "")
    if not origin:
        return
    async with services(request).database.worker() as transaction:
        fine = await is_known(transaction, origin)
    if not fine:
        raise Problem(_("Este site não pode usar a API."), status=403)
    name_origin(request, origin)


def name_origin(request: AnyRequest, origin: str) -> None:
    """The answer may be read by this site's pages."""
    scope: Any = request.scope
    scope[ALLOWED] = origin


class Origins(ASGIMiddleware):
    """Answers preflights of `/api/v1`, and names the origin on answers that its site may read."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        asked: Any = scope
        path: str = scope["path"]
        headers = dict(scope["headers"])
        if not path.startswith("/api/v1/") or b"origin" not in headers:
            await next_app(scope, receive, send)
            return
        origin = headers[b"origin"]
        if asked["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _preflight(scope, origin, send)
            return

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A refusal is readable too: the page's author has to see why.
                known = asked.get(ALLOWED) is not None
                message["headers"] = [*message["headers"], *_answer(origin if known else None)]
            await send(message)

        await next_app(scope, receive, named)


async def _preflight(scope: Scope, origin: bytes, send: Send) -> None:
    opened = scope["litestar_app"].state.runtime.boot.services
    database: Database | None = opened.database if opened else None
    known = False
    if database is not None:
        async with database.worker() as transaction:
            known = await is_known(transaction, origin.decode("latin-1"))
    head = _answer(origin if known else None)
    if known:
        head += [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", HEADERS),
            (b"access-control-max-age", MAX_AGE),
        ]
    start: Any = {"type": "http.response.start", "status": 204 if known else 403, "headers": head}
    await send(start)
    body: Any = {"type": "http.response.body", "body": b""}
    await send(body)


def _answer(origin: bytes | None) -> list[tuple[bytes, bytes]]:
    vary = [(b"vary", b"Origin")]
    if origin is None:
        return vary
    return [
        *vary,
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", EXPOSED),
    ]
