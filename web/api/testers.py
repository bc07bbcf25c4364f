"""Who tests a flow's draft on a real phone."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from flowengine.store import flows, trials
from web.request import AnyRequest, workspace
from web.trials import add_tester, code_of


class TesterItem(Struct, frozen=True):
    """A contact that gets the draft until `ends_at`."""

    contact: UUID
    name: str
    phone: str | None
    ends_at: datetime


class Testers(Struct, frozen=True):
    """`code`: what is written to any of the workspace's numbers to join; null: none is open."""

    code: str | None
    items: tuple[TesterItem, ...]


class NewTester(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to get the draft: a phone (E.164, made a contact if unknown)."""

    phone: Annotated[str, Meta(pattern=r"^\+[1-9]\d{6,14}$")]


class ApiTesters(Controller):
    tags = ["flows"]
    path = "/flows/{key:str}/testers"

    @get()
    async def list_testers(self, request: AnyRequest, key: FromPath[str]) -> Testers:
        """Who gets the flow's draft on their phone, and the code to join."""
        return await read(request, key)

    @post(status_code=200)
    async def add_tester(
        self, request: AnyRequest, key: FromPath[str], data: JSONBody[NewTester]
    ) -> Testers:
        """Somebody gets the draft, from the next time on that they begin the flow, for a day."""
        await add_tester(request, key, data.phone)
        return await read(request, key)

    @delete("/{contact:uuid}", status_code=200)
    async def remove_tester(
        self, request: AnyRequest, key: FromPath[str], contact: FromPath[UUID]
    ) -> Testers:
        """Somebody gets what is published again; what runs of the draft ends."""
        async with workspace(request) as transaction:
            await trials.end_test(transaction, key, contact)
        return await read(request, key)


async def read(request: AnyRequest, key: str) -> Testers:
    async with workspace(request) as transaction:
        await flows.draft(transaction, key)
        code = await code_of(transaction, key)
        found = await trials.who_tests(transaction, key)
    items = tuple(TesterItem(e.contact_id, e.name, e.phone, e.ends_at) for e in found)
    return Testers(code.code if code else None, items)
