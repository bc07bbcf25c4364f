"""People of the workspace: who they are, what they may do, and how they get in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import accounts, api_keys, invitations, sessions
from flowengine.store.accounts import ROLES, Member, fold_email
from flowengine.store.api_keys import ApiKey
from flowengine.store.auditing import act_as, note, user_actor
from web.forms import as_uuid, read_form
from web.htmx import go_to
from web.mail import NotMailed, Post
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, me, runtime, services, texts, workspace
from web.roots import letter_root, page_root
from web.texts import Texts, _
from web.words import ROLES as ROLE_WORDS

INVITATION = timedelta(days=7)


class PeoplePage(Struct, frozen=True):
    """`invited`: who has not come yet. `until`: of those with a link that is good, how long."""

    people: tuple[Member, ...]
    invited: tuple[Member, ...]
    until: Mapping[str, datetime]
    roles: tuple[str, ...]
    by_mail: bool


class InvitedPage(Struct, frozen=True):
    """The link is shown once: it is nowhere in the clear afterwards.

    `pending`: they have not come yet; `until`: how long the last link is good, if one is. `keys`:
    that they made and that still open something.
    """

    person: Member
    link: str
    by_mail: bool
    pending: bool = False
    until: datetime | None = None
    keys: tuple[ApiKey, ...] = ()


class People(Controller):
    path = "/settings/people"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            people = await accounts.members(transaction)
        waiting = await waiting_for(request)
        page = PeoplePage(
            people=tuple(each for each in people if each.id not in waiting),
            invited=tuple(each for each in people if each.id in waiting),
            until={str(id): until for id, until in waiting.items() if until is not None},
            roles=given_roles(request),
            by_mail=runtime(request).post is not None,
        )
        return render(request, "settings/people.html", page)

    @post()
    async def invite(self, request: AnyRequest) -> Response[object]:
        """Makes somebody a member and shows their link, to be sent to them by whatever way."""
        form = await read_form(request)
        email, role = form.text("email", longest=200).lower(), form.text("role")
        if "@" not in email:
            raise Problem(_("Isto não parece um e-mail."), place="email")
        may_give(request, role)
        tenant = me(request).tenant
        async with services(request).database.worker(tenant) as transaction:
            await act_as(transaction, user_actor(me(request).id))
            here = {each.email: each for each in await accounts.members(transaction)}
            # Whatever accounts the address has elsewhere, the answer is the same: nobody is told.
            user = await invitations.invite(transaction, email, form.text("name", "", 120), role)
        said = _("Pessoa adicionada.")
        if (known := here.get(fold_email(email))) is not None:
            t = texts(request)
            said = t(_("Já está aqui, como {role}: nada mudou."), role=t(ROLE_WORDS[known.role]))
        return go_to(request, f"/settings/people/{user}", said)

    @get("/{user:str}")
    async def person(self, request: AnyRequest, user: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            person = await accounts.member(transaction, as_uuid(user))
        return await shown(request, person)

    @post("/{user:str}/link")
    async def link(self, request: AnyRequest, user: FromPath[str]) -> Response[object]:
        """A new link for somebody to get in by; whoever has it is them, so owners make owners'."""
        tenant = me(request).tenant
        async with workspace(request) as transaction:
            person = await accounts.member(transaction, as_uuid(user))
        may_give(request, person.role)
        by_mail = (await read_form(request)).flag("mail")
        root = page_root(request)
        async with services(request).database.worker(tenant) as transaction:
            # A link is its user, in all their workspaces: ours must not open somebody else's.
            if len(await accounts.places(transaction, person.id)) > 1:
                raise Problem(
                    _("Esta pessoa entra com a conta dela, para a qual este espaço não faz links."),
                    status=403,
                    mend=_("Ela entra com o próprio e-mail e senha."),
                )
            token = await sessions.make_link(transaction, person.id, tenant, INVITATION)
        mail = runtime(request).post
        if mail is not None and by_mail:
            link = f"{letter_root(request)}/invite/{token}"
            await write_invitation(mail, person, me(request).workspace, link, texts(request))
            return go_to(request, f"/settings/people/{person.id}", _("Convite mandado por e-mail."))
        return await shown(request, person, f"{root}/invite/{token}")

    @post("/{user:str}/withdraw")
    async def withdraw(self, request: AnyRequest, user: FromPath[str]) -> Response[object]:
        """An invitation that nobody used yet is taken back: its links let nobody in any more."""
        async with workspace(request) as transaction:
            person = await accounts.member(transaction, as_uuid(user))
        may_give(request, person.role)
        async with services(request).database.worker(me(request).tenant) as transaction:
            await act_as(transaction, user_actor(me(request).id))
            if not await invitations.withdraw(transaction, person.id):
                raise Problem(
                    _("{name} já entrou: não é mais um convite."),
                    status=409,
                    mend=_("Recarregue a página."),
                    name=person.name or person.email,
                )
            was = {"name": person.name or person.email}
            await note(transaction, "memberships", str(person.id), "withdrawn", was=was)
        return go_to(request, "/settings/people", _("Convite retirado."))

    @post("/{user:str}/role")
    async def role(self, request: AnyRequest, user: FromPath[str]) -> Response[object]:
        form = await read_form(request)
        role = form.text("role")
        async with workspace(request) as transaction:
            person = await accounts.member(transaction, as_uuid(user))
            may_give(request, person.role)
            may_give(request, role)
            await accounts.set_role(transaction, person.id, role)
            # A key would go on doing what its maker may do no longer.
            ended = await api_keys.revoke_above(transaction, person.id, role)
        said = _("Papel guardado.")
        if ended:
            names = ", ".join(key.name for key in ended)
            said = texts(request)(_("Papel guardado. Chaves revogadas: {names}."), names=names)
        return go_to(request, "/settings/people", said)


async def waiting_for(request: AnyRequest) -> dict[UUID, datetime | None]:
    """Who was invited and has not come, and how long their link is good."""
    async with services(request).database.worker(me(request).tenant) as transaction:
        return await invitations.pending(transaction)


async def shown(request: AnyRequest, person: Member, link: str = "") -> Response[object]:
    waiting = await waiting_for(request)
    async with workspace(request) as transaction:
        keys = await api_keys.live_keys_of(transaction, person.id)
    page = InvitedPage(
        person=person,
        link=link,
        by_mail=runtime(request).post is not None,
        pending=person.id in waiting,
        until=waiting.get(person.id),
        keys=keys,
    )
    return render(request, "settings/person.html", page)


async def write_invitation(mail: Post, person: Member, place: str, link: str, t: Texts) -> None:
    subject = t(_("Convite para {place} no Flowengine"), place=place)
    text = t(_("Entre por este link e escolha a sua senha. Ele vale uma vez, por sete dias:"))
    try:
        await mail.send(person.email, subject, f"{text}\n\n{link}\n")
    except NotMailed as error:
        raise Problem(
            _("O servidor de e-mail não aceitou a carta: {why}."),
            status=502,
            mend=_("Gere o link e mande por onde preferir."),
            why=str(error),
        ) from None


def given_roles(request: AnyRequest) -> tuple[str, ...]:
    """The roles that the reader may give and take: up to their own."""
    return ROLES[: ROLES.index(me(request).role) + 1]


def may_give(request: AnyRequest, role: str) -> None:
    if role not in ROLES:
        raise Problem(_("Este papel não existe."), place="role")
    if role not in given_roles(request):
        raise Problem(_("Só um dono pode dar ou tirar o papel de dono."), status=403, place="role")
