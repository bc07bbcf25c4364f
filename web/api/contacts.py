"""Contacts: found, made and changed."""

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from flowengine.store import contacts
from flowengine.store.contacts import Contact
from web.api.flows import contact_by_phone
from web.api.shapes import (
    ContactChange,
    ContactIn,
    ContactItem,
    Erased,
    Limit,
    Listed,
    MergedItem,
    MergeIn,
)
from web.erasure import erase_contact, refuse_erased
from web.forms import as_uuid
from web.merging import merge_contacts
from web.request import AnyRequest, caller, services, workspace


class ApiContacts(Controller):
    path = "/contacts"
    tags = ["contacts"]

    @get()
    async def list_contacts(
        self,
        request: AnyRequest,
        search: FromQuery[str] = "",
        tag: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
        limit: Limit = 50,
    ) -> Listed[ContactItem]:
        """The newest first. `search`: part of the name or of the phone."""
        async with workspace(request) as transaction:
            page = await contacts.contacts(
                transaction, search=search, tag=tag, cursor=cursor or None, limit=limit
            )
        return Listed(tuple(item_of(contact) for contact in page.items), page.next)

    @post(status_code=200)
    async def add_contact(self, request: AnyRequest, data: JSONBody[ContactIn]) -> ContactItem:
        """The contact with that phone, made where there is none; named where it has no name."""
        id_ = await contact_by_phone(request, data.phone)
        async with workspace(request) as transaction:
            found = await contacts.contact(transaction, id_)
            if data.name and not found.name:
                found = await contacts.change_contact(transaction, id_, name=data.name)
        return item_of(found)

    @get("/{contact:str}")
    async def get_contact(self, request: AnyRequest, contact: FromPath[str]) -> ContactItem:
        """One of them; 410 where they were erased."""
        async with workspace(request) as transaction:
            await refuse_erased(transaction, as_uuid(contact))
            return item_of(await contacts.contact(transaction, as_uuid(contact)))

    @post("/{contact:str}/merge", status_code=200)
    async def merge_contact(
        self, request: AnyRequest, contact: FromPath[str], data: JSONBody[MergeIn]
    ) -> MergedItem:
        """Join another contact to this one, for good: ids, fields, tags, plans, conversations.

        What this one knows wins. Asked for by the other's id, it is this contact from then on.
        """
        id_ = as_uuid(contact)
        done = await merge_contacts(request, id_, data.other)
        async with workspace(request) as transaction:
            return MergedItem(
                item_of(await contacts.contact(transaction, id_)), done.moved, done.joined
            )

    @delete("/{contact:str}", status_code=200)
    async def erase_contact(self, request: AnyRequest, contact: FromPath[str]) -> Erased:
        """Erase a person: messages, journal, files, plans, identities and consents, for good.

        Numbers stay. What they write later is a new contact's.
        """
        gone = await erase_contact(request, as_uuid(contact))
        return Erased(gone.id, gone.at, gone.counters)

    @patch("/{contact:str}")
    async def change_contact(
        self, request: AnyRequest, contact: FromPath[str], data: JSONBody[ContactChange]
    ) -> ContactItem:
        """Change what is given; triggers on tags and fields hear of it."""
        id_ = as_uuid(contact)
        async with workspace(request) as transaction:
            before = await contacts.contact(transaction, id_)
            after = await contacts.change_contact(
                transaction,
                id_,
                name=data.name,
                language=data.language,
                fields=data.fields,
                add_tags=data.add_tags,
                remove_tags=data.remove_tags,
            )
        added = tuple(tag for tag in after.tags if tag not in before.tags)
        changed = tuple(
            name for name in data.fields if before.fields.get(name) != after.fields.get(name)
        )
        if added or changed:
            await services(request).workers.contact_changed(
                str(caller(request).tenant), str(id_), added, changed
            )
        return item_of(after)


def item_of(contact: Contact) -> ContactItem:
    return ContactItem(
        contact.id,
        contact.name,
        contact.phone,
        contact.language,
        contact.tags,
        contact.fields,
        contact.created_at,
        contact.updated_at,
    )
