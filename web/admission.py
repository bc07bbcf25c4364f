"""The guard of every request: who asks (`web.callers`), and whether they may (`web.access`)."""

import math
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from flowengine.store.accounts import ROLES
from web.access import ACCESS, OPERATOR, PROVIDER, PUBLIC, UNSAFE, area_of, route_name
from web.callers import find_caller
from web.csrf import check_page
from web.origins import admit_known_origin, admit_origin
from web.problems import Problem
from web.request import AnyRequest, Me, Program, SignedIn, services
from web.runtime import NotReady
from web.texts import _
from workers.probes import may_look

Connection = ASGIConnection[Any, Any, Any, Any]


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
    if isinstance(who, Me):
        # Before the role, which may be another in the workspace that the page is of.
        await check_page(request, who, unsafe=request.method in UNSAFE)
    if ROLES.index(who.role) < ROLES.index(least):
        raise Problem(_("Seu papel neste espaço não permite isto."), status=403)


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


def keep_to_areas(who: Me | SignedIn | Program, template: str) -> None:
    """A key that was made for some parts of the API touches no other."""
    if isinstance(who, Program) and who.areas and area_of(template) not in who.areas:
        raise Problem(
            _("Esta chave não alcança esta parte da API: {area}."),
            status=403,
            mend=_("Crie uma chave que a alcance, em Configurações → Chaves da API."),
            area=area_of(template),
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
