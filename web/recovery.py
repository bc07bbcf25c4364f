"""A forgotten password: a link by e-mail where the operator set mail up, else who can make one.

What is answered never tells whether an address is known: the same words, and the letters are
written after the answer.
"""

import asyncio
from datetime import timedelta

from litestar import Controller, Response, get, post
from msgspec import Struct

from flowengine.store import accounts, sessions
from flowengine.store.database import Database
from web.forms import read_form
from web.mail import NotMailed, Post
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, runtime, services, texts
from web.roots import letter_root
from web.sign_in import attempts_of, knock
from web.texts import TEXTS, Texts, _

LINK = timedelta(hours=1)
_writing: set[asyncio.Task[None]] = set()


class ForgottenPage(Struct, frozen=True):
    """`by_mail`: letters can be sent. `sent`: one was asked for."""

    by_mail: bool
    sent: bool = False
    email: str = ""


class Recovery(Controller):
    path = "/password/forgotten"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        return render(request, "forgotten.html", ForgottenPage(bool(runtime(request).post)))

    @post()
    async def ask(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        email = form.text("email", longest=200).lower()
        mail = runtime(request).post
        if mail is None:
            raise Problem(_("Este Flowengine não manda e-mails."), status=409)
        database = services(request).database
        if await knock(database, attempts_of(request, f"forgotten {email}")) is None:
            raise Problem(_("Muitas tentativas. Espere 15 minutos."), status=429)
        task = asyncio.create_task(
            _write(database, mail, email, letter_root(request), texts(request).language)
        )
        _writing.add(task)
        task.add_done_callback(_writing.discard)
        return render(request, "forgotten.html", ForgottenPage(True, sent=True, email=email))


async def _write(database: Database, mail: Post, email: str, root: str, language: str) -> None:
    """One letter, with a link for each workspace that has a user of that address."""
    async with database.visitor() as transaction:
        users = await accounts.users_by_email(transaction, email)
    lines: list[str] = []
    words = TEXTS[language]
    for user in users:
        words = TEXTS.get(user.language, words)
        async with database.worker() as transaction:
            # One is enough: a link is its user, in all their workspaces.
            for place in (await accounts.places(transaction, user.id))[:1]:
                token = await sessions.make_link(transaction, user.id, place.tenant_id, LINK)
                lines.append(f"{place.name}: {root}/invite/{token}")
    if lines:
        await _post(mail, email, "\n\n".join(lines), words)


async def _post(mail: Post, email: str, links: str, t: Texts) -> None:
    first = t(
        _(
            "Alguém pediu um link para entrar no Flowengine com este e-mail. Ele vale uma vez, por"
            " uma hora, e deixa escolher uma senha nova:"
        )
    )
    last = t(_("Se não foi você, não faça nada: a senha continua a mesma."))
    subject = t(_("Seu link para entrar no Flowengine"))
    try:
        await mail.send(email, subject, f"{first}\n\n{links}\n\n{last}\n")
    except NotMailed:
        return  # logged; who asked asks again
