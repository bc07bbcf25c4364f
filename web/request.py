"""What handlers ask of a request: who is asking, the services, a transaction of their workspace."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias, cast
from uuid import UUID

from litestar import Request
from msgspec import Struct

from flowengine.store.accounts import Place
from flowengine.store.database import Transaction
from web.runtime import NotReady, Runtime, Services
from web.texts import TEXTS, Texts, choose_language

AnyRequest: TypeAlias = Request[Any, Any, Any]


class Workspace(Struct, frozen=True):
    id: UUID
    name: str


class Me(Struct, frozen=True):
    """Who is signed in, and where. `workspaces`: all that they may switch to, this one included.

    `secret`: of the session, which the token `csrf` of its pages in this workspace is made of.
    """

    id: UUID
    name: str
    email: str
    language: str
    role: str
    tenant: UUID
    workspace: str
    timezone: str
    csrf: str
    secret: str
    workspaces: tuple[Workspace, ...]


class SignedIn(Struct, frozen=True):
    """A person for whom a program asks through the API; `grant`: what lets it."""

    id: UUID
    name: str
    role: str
    tenant: UUID
    grant: UUID


class Program(Struct, frozen=True):
    """Who asks through the API: the key, and the workspace that it belongs to.

    `areas`: the parts of the API that it may touch; empty: all that its role allows.
    """

    key: UUID
    name: str
    role: str
    tenant: UUID
    areas: tuple[str, ...] = ()


def runtime(request: AnyRequest) -> Runtime:
    found: Runtime = request.app.state.runtime
    return found


def services(request: AnyRequest) -> Services:
    """Database, workers and client; NotReady while the process is still starting."""
    found = runtime(request).boot.services
    if found is None:
        raise NotReady
    return found


def me(request: AnyRequest) -> Me:
    """The person of a page's request (access.py lets nobody else in)."""
    found: Me = request.scope["user"]
    return found


def caller(request: AnyRequest) -> Me | SignedIn | Program:
    """The person or the program of a request."""
    found: Me | SignedIn | Program = request.scope["user"]
    return found


def known(request: AnyRequest) -> Me | None:
    """The person who is signed in, if anybody is: also for pages that are open to all."""
    scope = cast("dict[str, Any]", request.scope)
    who = scope.get("user")
    return who if isinstance(who, Me) else None


def texts(request: AnyRequest) -> Texts:
    """The texts in the reader's language."""
    person = known(request)
    chosen = (person.language if person else "") or request.cookies.get("language", "")
    return TEXTS[choose_language(chosen, request.headers.get("accept-language", ""))]


def workspace(request: AnyRequest) -> AbstractAsyncContextManager[Transaction]:
    """A transaction that sees the caller's workspace and nothing else."""
    who = caller(request)
    database = services(request).database
    if isinstance(who, Program):
        return database.web(who.tenant, key=who.key)
    return database.web(who.tenant, who.id)


def root_of(request: AnyRequest) -> str:
    """Where links that leave the page begin, without a slash at the end."""
    return runtime(request).public_url.rstrip("/") or str(request.base_url).rstrip("/")


def workspaces_of(places: Sequence[Place]) -> tuple[Workspace, ...]:
    return tuple(Workspace(place.tenant_id, place.name) for place in places)
