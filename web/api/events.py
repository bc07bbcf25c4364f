"""Events from outside: told of a contact, or found by the triggers that listen."""

from datetime import UTC, datetime
from uuid import UUID

from litestar import Controller, post
from litestar.params import JSONBody

from flowengine.document import parse
from flowengine.events import Unaddressed, addresses
from flowengine.reading.phones import read_phone
from flowengine.store.listening import channel_for, contact_with_id, listening
from web.api.flows import contact_by_phone
from web.api.shapes import EventIn, Key, PassedOver, Started, Told
from web.problems import Problem
from web.request import AnyRequest, caller, services, workspace
from web.texts import _

Found = tuple[list[tuple[UUID, str]], list[PassedOver]]


class ApiEvents(Controller):
    tags = ["flows"]

    @post("/events", status_code=202)
    async def event(
        self, request: AnyRequest, data: JSONBody[EventIn], idempotency: Key = None
    ) -> Told:
        """Tell of something that happened outside: triggers and waits of kind `event` hear it.

        Who is not named is found in the data by the published flows that listen to the event.
        """
        named = str(data.channel) if data.channel else ""
        passed_over: list[PassedOver] = []
        if data.contact is not None or data.phone is not None:
            contact = data.contact or await contact_by_phone(request, data.phone or "")
            about = [(contact, named)]
        else:
            about, passed_over = await _found(request, data)
        told: list[Started] = []
        for contact, wanted in dict.fromkeys(about):
            channel = data.channel or await _channel(request, contact, wanted)
            begun = await services(request).workers.event(
                str(caller(request).tenant),
                data.name,
                data.data,
                contact=str(contact),
                channel=str(channel),
                key=idempotency or "",
            )
            told.append(Started(UUID(begun.conversation), begun.doubled))
        return Told(tuple(told), tuple(passed_over))


async def _found(request: AnyRequest, data: EventIn) -> Found:
    """Whom the event is about, as the triggers say that listen to it."""
    async with workspace(request) as transaction:
        documents = await listening(transaction, data.name)
    about: list[tuple[UUID, str]] = []
    passed_over: list[PassedOver] = []
    flows = [parse(document) for document in documents]
    for each in addresses(flows, data.name, data.data, datetime.now(UTC)):
        if isinstance(each, Unaddressed):
            passed_over.append(PassedOver(each.flow, each.node, each.reason))
        elif contact := await _contact(request, each.contact):
            about.append((contact, each.channel))
        else:
            raise Problem(
                _("Não há um contato “{name}”."),
                status=404,
                place="data",
                mend=_("Mande o telefone com + e o código do país, ou o id do contato."),
                name=each.contact,
            )
    if not about and not passed_over:
        raise Problem(
            _("Nenhum fluxo publicado diz de quem é este evento."),
            status=422,
            place="contact",
            mend=_("Mande “contact” ou “phone”, ou preencha “contact” no gatilho do evento."),
        )
    return about, passed_over


async def _contact(request: AnyRequest, wanted: str) -> UUID | None:
    phone = read_phone(wanted, "BR")
    if phone is not None:
        return await contact_by_phone(request, phone)
    async with workspace(request) as transaction:
        return await contact_with_id(transaction, wanted)


async def _channel(request: AnyRequest, contact: UUID, wanted: str) -> UUID:
    async with workspace(request) as transaction:
        channel = await channel_for(transaction, contact, wanted)
    if channel is None:
        raise Problem(
            _("Não está claro por qual canal falar com este contato."),
            status=422,
            place="channel",
            mend=_("Mande “channel”, ou preencha “channel” no gatilho do evento."),
        )
    return channel
