"""Contacts: the list, and one of them with what is known, consented and said."""

import re
from typing import Any
from uuid import UUID

import phonenumbers
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from flowengine.messages import Identity
from flowengine.store import consents, contacts, conversations, fields, identities, tags
from flowengine.store.consents import Consent, ConsentEvent
from flowengine.store.contacts import Contact
from flowengine.store.conversations import ConversationRow
from flowengine.store.fields import Field
from flowengine.store.identities import Seen
from flowengine.store.tags import Tag
from web.erasure import erase_contact, refuse_erased
from web.forms import Form, as_uuid, read_form
from web.htmx import go_to, html_response, is_htmx
from web.merging import merge_contacts, offered
from web.problems import Problem
from web.render import render, render_part
from web.request import AnyRequest, me, services, workspace
from web.texts import LANGUAGES, _
from web.typed import typed_number

PAGE = 50


class ContactsPage(Struct, frozen=True):
    items: tuple[Contact, ...]
    next: str | None
    search: str
    tag: str
    tags: tuple[Tag, ...]
    conflicts: tuple[Contact, ...] = ()


class ContactPage(Struct, frozen=True):
    """`fields`: those of the workspace; a contact may hold values beside them.

    `others`: contacts that may be the same person.
    """

    contact: Contact
    identities: tuple[Identity, ...]
    fields: tuple[Field, ...]
    tags: tuple[Tag, ...]
    consents: tuple[Consent, ...]
    log: tuple[ConsentEvent, ...]
    conversations: tuple[ConversationRow, ...]
    languages: dict[str, str]
    others: tuple[Contact, ...] = ()


class Contacts(Controller):
    """Everything under /contacts."""

    path = "/contacts"
    include_in_schema = False

    @get()
    async def index(
        self,
        request: AnyRequest,
        q: FromQuery[str] = "",
        tag: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
    ) -> Response[object]:
        async with workspace(request) as transaction:
            page = await contacts.contacts(
                transaction, search=q, tag=tag, cursor=cursor or None, limit=PAGE
            )
            known = await tags.tags(transaction)
            conflicts = await contacts.in_conflict(transaction)
        shown = ContactsPage(page.items, page.next, q, tag, known, conflicts)
        if is_htmx(request):
            piece = "contacts/_rows.html" if cursor else "contacts/_list.html"
            return html_response(render_part(request, piece, page=shown))
        return render(request, "contacts/index.html", shown)

    @post()
    async def add(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        name, number = form.text("name", "", 120), phone_number(form.text("phone"))
        async with services(request).database.worker(me(request).tenant) as transaction:
            found = await identities.resolve(
                transaction, Seen(me(request).tenant, (Identity("phone", number),), name)
            )
        notice = _("Contato criado.") if found.made else _("Este contato já existia.")
        return go_to(request, f"/contacts/{found.contact_id}", notice)

    @get("/{contact:str}")
    async def page(self, request: AnyRequest, contact: FromPath[str]) -> Response[object]:
        id_ = as_uuid(contact)
        async with workspace(request) as transaction:
            await refuse_erased(transaction, id_)
            found = await contacts.contact(transaction, id_)
            id_ = found.id  # of whom it was merged into
            page = ContactPage(
                found,
                await contacts.identities(transaction, id_),
                await fields.fields(transaction),
                await tags.tags(transaction),
                await consents.consents(transaction, id_),
                await consents.consent_log(transaction, id_),
                (await conversations.conversations(transaction, contact_id=id_)).items,
                LANGUAGES,
                await offered(transaction, found),
            )
        return render(request, "contacts/page.html", page)

    @post("/{contact:str}")
    async def change(self, request: AnyRequest, contact: FromPath[str]) -> Response[object]:
        """Name, language and fields; a field left empty is removed."""
        id_ = as_uuid(contact)
        form = await read_form(request)
        async with workspace(request) as transaction:
            before = await contacts.contact(transaction, id_)
            kinds = {field.key: field.type for field in await fields.fields(transaction)}
            changed = changed_fields(form, kinds, before.fields)
            await contacts.change_contact(
                transaction,
                id_,
                name=form.text("name", "", 120),
                language=form.text("language", "") or None,
                fields=changed,
            )
        if changed:
            await services(request).workers.contact_changed(
                str(me(request).tenant), str(id_), fields=tuple(changed)
            )
        return go_to(request, f"/contacts/{id_}", _("Contato guardado."))

    @post("/{contact:str}/tags")
    async def tag(self, request: AnyRequest, contact: FromPath[str]) -> Response[object]:
        """`add`: a tag more; `remove`: one less."""
        id_ = as_uuid(contact)
        form = await read_form(request)
        added, removed = form.text("add", "", 64), form.text("remove", "", 64)
        async with workspace(request) as transaction:
            before = await contacts.contact(transaction, id_)
            after = await contacts.change_contact(
                transaction,
                id_,
                add_tags=[added] if added else [],
                remove_tags=[removed] if removed else [],
            )
            known = await tags.tags(transaction)
        if added and added not in before.tags:
            await services(request).workers.contact_changed(
                str(me(request).tenant), str(id_), added_tags=(added,)
            )
        if is_htmx(request):
            return html_response(
                render_part(request, "contacts/_tags.html", contact=after, tags=known)
            )
        return go_to(request, f"/contacts/{id_}")

    @post("/{contact:str}/consents")
    async def consent(self, request: AnyRequest, contact: FromPath[str]) -> Response[object]:
        """A person of the team records what the customer said; who wrote it down is the proof."""
        id_ = as_uuid(contact)
        form = await read_form(request)
        proof = f"{form.text('proof', longest=300)} ({me(request).email})"
        async with workspace(request) as transaction:
            await contacts.contact(transaction, id_)
            await consents.record_consent(
                transaction,
                id_,
                form.text("purpose", longest=64),
                form.text("given") == "yes",
                proof,
                "person",
            )
        return go_to(request, f"/contacts/{id_}", _("Consentimento registrado."))

    @post("/{contact:str}/merge")
    async def merge(self, request: AnyRequest, contact: FromPath[str]) -> Response[object]:
        """`other`, a contact's id or phone, is the same person: it is joined to this one."""
        id_, form = as_uuid(contact), await read_form(request)
        async with workspace(request) as transaction:
            await contacts.contact(transaction, id_)
        if form.text("sure", "") != "yes":
            raise Problem(
                _("Marque que é a mesma pessoa: não dá para separar depois."), place="sure"
            )
        other = await other_of(request, form.text("other", longest=60))
        await merge_contacts(request, id_, other)
        return go_to(request, f"/contacts/{id_}", _("Contatos unidos."))

    @post("/{contact:str}/erase")
    async def erase(self, request: AnyRequest, contact: FromPath[str]) -> Response[object]:
        """Everything of this person goes; who asks has to say that they mean it."""
        form = await read_form(request)
        if form.text("sure", "") != "yes":
            raise Problem(_("Marque que você entendeu: não dá para desfazer."), place="sure")
        await erase_contact(request, as_uuid(contact))
        return go_to(request, "/contacts", _("Contato apagado com tudo o que foi dito."))


async def other_of(request: AnyRequest, text: str) -> UUID:
    """The contact that somebody chose from the list, or named by its phone."""
    try:
        return UUID(text)
    except ValueError:
        number = phone_number(text)
    async with workspace(request) as transaction:
        found = await contacts.contact_of(transaction, Identity("phone", number))
    if found is None:
        raise Problem(_("Ninguém aqui tem este telefone."), place="other")
    return found


def phone_number(text: str) -> str:
    """A number as people write it, in E.164; without a country it is Brazilian."""
    try:
        parsed = phonenumbers.parse(text, "BR")
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Problem(
            _("Este telefone não parece um número."),
            place="phone",
            mend=_("Escreva com DDD, como (11) 98765-4321."),
        )
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def changed_fields(form: Form, kinds: dict[str, str], before: dict[str, Any]) -> dict[str, Any]:
    """The fields whose value is another than before; None: it is gone."""
    found: dict[str, Any] = {}
    for key, kind in kinds.items():
        if f"field-{key}" not in form.values:
            continue
        value = read_value(form.text(f"field-{key}", ""), kind, key)
        if value != before.get(key):
            found[key] = value
    return found


def read_value(text: str, kind: str, name: str) -> Any:
    """What somebody typed, as the field's type wants it."""
    if not text:
        return None
    if kind == "boolean":
        return text == "true"
    if kind == "number":
        number = typed_number(text)
        if number is None:
            raise Problem(_("{name} é um número."), place=name, name=name)
        return number
    if kind == "date" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise Problem(_("{name} é uma data."), place=name, name=name)
    return text
