"""Getting in and out: the one-time link, an invitation, e-mail and password; preferences.

The link that the terminal prints signs in by its GET at once, as Jupyter's does: it is opened by
who reads the terminal, and a newcomer should land in the product, not on one more button.
Invitations travel through chats and e-mails, whose previews open every link, so theirs is another
address: its GET only shows a button, and the POST uses the link up.
"""

import asyncio
import functools
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from flowengine.store import accounts, auditing, grants, invitations, sessions
from flowengine.store.accounts import User
from flowengine.store.database import Database, Transaction
from flowengine.store.invitations import Invitation
from web.access import COOKIE
from web.forms import Form, read_form
from web.htmx import go_to
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, Me, me, runtime, services, workspace
from web.texts import LANGUAGES, _

SESSION = timedelta(days=14)
WINDOW = timedelta(minutes=15)
TRIES = 5  # wrong passwords for one person from one address
TRIES_OF_ADDRESS = 50
PASSWORD = 10  # characters at least
LINKED = timedelta(minutes=15)  # after a link, a new password needs no old one

PASSWORDS = PasswordHash((Argon2Hasher(),))
NOBODY = PASSWORDS.hash("nobody has this password")

# Each hash takes 64 MB and most of a core for a while: many sign-ins at once wait for each other,
# not everybody for them.
HASHERS = ThreadPoolExecutor(2, "hashing")

P = ParamSpec("P")
T = TypeVar("T")


class SignInPage(Struct, frozen=True):
    email: str = ""
    next: str = "/"
    problem: str = ""


class LinkPage(Struct, frozen=True):
    """`link`: None where it was used or is too old. `me`: who is signed in here, if anybody is.

    `same`: they have the address that the link is for, by another account.
    """

    token: str
    link: Invitation | None = None
    me: Me | None = None
    same: bool = False
    problem: str = ""


class PasswordPage(Struct, frozen=True):
    """`needs_old`: there is one, and no link let them in just now."""

    needs_old: bool
    least: int = PASSWORD


class SignIn(Controller):
    """Routes of people who are not in yet, and of those who leave."""

    include_in_schema = False

    @get("/sign-in")
    async def page(self, request: AnyRequest, next: FromQuery[str] = "/") -> Response[object]:
        return render(request, "sign_in.html", SignInPage(next=local_path(next)))

    @post("/sign-in")
    async def enter(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        email, password = form.text("email").lower(), form.raw("password")
        database = services(request).database
        doors = attempts_of(request, email)
        tried = await knock(database, doors)
        if tried is None:
            return self.refused(request, form, 429, _("Muitas tentativas. Espere 15 minutos."))
        async with database.visitor() as transaction:
            users = await accounts.users_by_email(transaction, email)
        user = await hashed(whose, password, users)
        if user is None:
            return self.refused(request, form, 422, _("E-mail ou senha errados."))
        await let_in(database, tried)
        async with database.visitor() as transaction:
            token = await sessions.sign_in(transaction, user.id, SESSION)
        if token is None:
            return self.refused(request, form, 403, _("Você não está em nenhum espaço."))
        return signed_in(request, token, local_path(form.text("next", "/")))

    def refused(self, request: AnyRequest, form: Form, status: int, why: str) -> Response[object]:
        onward = local_path(form.text("next", "/"))
        page = SignInPage(form.text("email").lower(), onward, why)
        return render(request, "sign_in.html", page, status=status)

    @get("/sign-in/{token:str}")
    async def by_link(self, request: AnyRequest, token: FromPath[str]) -> Response[object]:
        """Uses the link up and signs in; browsers that only look ahead get nothing."""
        ahead = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
        if "prefetch" in ahead:
            return Response(None, status_code=204)
        session = await take(services(request).database, token)
        if session:
            return signed_in(request, session, "/")
        if await is_in(request):
            return Redirect("/", status_code=303)
        return render(request, "link.html", LinkPage(token), status=410)

    @post("/sign-out")
    async def leave(self, request: AnyRequest) -> Response[object]:
        async with services(request).database.visitor() as transaction:
            await sessions.close_session(transaction, request.cookies.get(COOKIE, ""))
        answer = go_to(request, "/sign-in")
        answer.delete_cookie(COOKIE)
        return answer


class Account(Controller):
    """What somebody sets for themselves."""

    include_in_schema = False

    @post("/preferences")
    async def prefer(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        answer = go_to(request, local_path(form.text("back", "/")))
        theme, language = form.text("theme", ""), form.text("language", "")
        if theme in ("light", "dark", "auto"):
            answer.set_cookie("theme", theme, max_age=31536000, httponly=True, samesite="lax")
        if language in LANGUAGES:
            # For pages that know nobody: sign-in, errors.
            answer.set_cookie("language", language, max_age=31536000, samesite="lax")
            async with workspace(request) as transaction:
                await accounts.change_user(transaction, me(request).id, language=language)
        return answer

    @get("/password")
    async def password_page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            user = await accounts.user(transaction, me(request).id)
            page = PasswordPage(await needs_old(transaction, request, user))
        return render(request, "password.html", page)

    @post("/password")
    async def set_password(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        fresh = form.raw("password")
        if len(fresh) < PASSWORD:
            raise Problem(_("A senha é curta demais."), mend=_("Use ao menos 10 caracteres."))
        async with workspace(request) as transaction:
            user = await accounts.user(transaction, me(request).id)
            if await needs_old(transaction, request, user):
                old, known = form.raw("old", ""), user.password_hash or NOBODY
                if not await hashed(PASSWORDS.verify, old, known):
                    raise Problem(_("A senha atual não é esta."), place="old")
            await accounts.set_password(transaction, user.id, await hashed(PASSWORDS.hash, fresh))
            # Whoever else is in with the old one is out.
            await grants.close_grants(transaction, user.id)
            await sessions.close_sessions(transaction, user.id, request.cookies.get(COOKIE, ""))
            await auditing.note(transaction, "memberships", str(user.id), "password")
        async with services(request).database.worker() as transaction:
            # And so is every link that was made for the old one, or beside it.
            await invitations.void_links(transaction, user.id)
        return go_to(request, "/", _("Senha guardada."))


async def needs_old(transaction: Transaction, request: AnyRequest, user: User) -> bool:
    """Whether the old password is asked for: not where there is none, or a link was just used."""
    if not user.password_hash:
        return False
    token = request.cookies.get(COOKIE, "")
    return not await sessions.came_by_link(transaction, token, LINKED)


async def hashed(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it off the loop, among few."""
    job = functools.partial(work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(HASHERS, job)


def whose(password: str, users: Sequence[User]) -> User | None:
    """Which of the users with one address (each workspace has its own) has that password.

    Takes as long for nobody as for one, so that it does not tell which addresses are known.
    """
    known = [user for user in users if user.password_hash]
    if not known:
        PASSWORDS.verify(password, NOBODY)
    for user in known:
        if PASSWORDS.verify(password, user.password_hash or NOBODY):
            return user
    return None


def local_path(path: str) -> str:
    """A path of ours; anything that could lead elsewhere becomes the home page."""
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path
    # Browsers drop tabs and line breaks of an address: "/<tab>/elsewhere" would lead there.
    return path if fine and path.isprintable() else "/"


def signed_in(request: AnyRequest, token: str, path: str) -> Response[object]:
    answer: Response[object] = Redirect(path, status_code=303)
    secure = request.url.scheme == "https" or runtime(request).public_url.startswith("https:")
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION.total_seconds()),
        httponly=True,
        secure=secure,
        samesite="lax",
    )
    return answer


async def take(database: Database, token: str) -> str | None:
    async with database.visitor() as transaction:
        return await sessions.take_link(transaction, token, SESSION)


async def is_in(request: AnyRequest) -> bool:
    async with services(request).database.visitor() as transaction:
        return bool(await sessions.find_session(transaction, request.cookies.get(COOKIE, "")))


def attempts_of(request: AnyRequest, email: str) -> tuple[tuple[bytes, int], ...]:
    """What wrong passwords are counted by, hashed, with the most that each may have."""
    address = request.client.host if request.client else ""

    def door(text: str) -> bytes:
        return hashlib.sha256(text.encode()).digest()

    return (door(f"{email} {address}"), TRIES), (door(address), TRIES_OF_ADDRESS)


async def knock(
    database: Database, doors: tuple[tuple[bytes, int], ...]
) -> tuple[tuple[bytes, datetime], ...] | None:
    """Count an attempt at each of `doors`, before the password is looked at; None: too many.

    Hashing takes long: counted afterwards, a burst would pass the limit as one.
    """
    tried: list[tuple[bytes, datetime]] = []
    async with database.visitor() as transaction:
        for door, most in doors:
            at = await sessions.attempt(transaction, door, WINDOW, most)
            if at is None:
                return None
            tried.append((door, at))
    return tuple(tried)


async def let_in(database: Database, tried: tuple[tuple[bytes, datetime], ...]) -> None:
    """The password was right: the person's count begins anew, the address's is as before."""
    async with database.visitor() as transaction:
        await sessions.forget_attempts(transaction, tried[0][0])
        for door, at in tried[1:]:
            await sessions.forgive_attempt(transaction, door, at)
