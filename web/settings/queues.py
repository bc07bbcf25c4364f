"""Queues: where conversations wait for people, who takes them, and when somebody is there."""

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import queues, schedules
from flowengine.store.accounts import Member, members
from flowengine.store.conversations import waiting_counts
from flowengine.store.queues import Queue
from flowengine.store.schedules import StoredSchedule
from web.forms import as_uuid, read_form
from web.htmx import go_to
from web.render import render
from web.request import AnyRequest, workspace
from web.settings.names import key_from, refuse_taken
from web.texts import _
from web.used import Used, used


class QueuesPage(Struct, frozen=True):
    queues: tuple[Queue, ...]
    people: tuple[Member, ...]
    schedules: tuple[StoredSchedule, ...]
    hours: dict[str, str]
    waiting: dict[str, int]
    used: Used


class Queues(Controller):
    path = "/settings/queues"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            hours = await schedules.schedules(transaction)
            page = QueuesPage(
                await queues.queues(transaction),
                await members(transaction),
                hours,
                {each.key: each.name or each.key for each in hours},
                await waiting_counts(transaction),
                await used(transaction, "queue"),
            )
        return render(request, "settings/queues.html", page)

    @post()
    async def put(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        key = key_from(form)
        async with workspace(request) as transaction:
            refuse_taken(form, key, [each.key for each in await queues.queues(transaction)])
            await queues.put_queue(
                transaction,
                key,
                form.text("name", longest=80),
                form.text("schedule", "") or None,
            )
            people = [as_uuid(user) for user in form.many("member")]
            await queues.set_queue_members(transaction, key, people)
        return go_to(request, "/settings/queues", _("Fila guardada."))

    @post("/{key:str}/remove")
    async def remove(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await queues.remove_queue(transaction, key)
        return go_to(request, "/settings/queues", _("Fila removida."))
