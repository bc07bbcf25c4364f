"""The draft on one's own phone: its code, the link and QR code to it, and who tests it now."""

import io
import re
from urllib.parse import quote
from uuid import UUID

import segno
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from markupsafe import Markup
from msgspec import Struct

from connectors.base import Reached
from flowengine.store import channels, flows, trials
from flowengine.store.channels import Channel
from flowengine.store.flows import FlowRow
from flowengine.store.trials import Code, Tester
from web.channel_care import opened
from web.contacts import phone_number
from web.editor.move_pages import row_of
from web.forms import read_form
from web.htmx import go_to, html_response
from web.render import render, render_part
from web.request import AnyRequest, me, workspace
from web.texts import _
from web.trials import add_tester, code_of, new_code


class TrialsPage(Struct, frozen=True):
    """`code` is None until somebody asks for one."""

    row: FlowRow
    code: Code | None
    testers: tuple[Tester, ...]
    channels: tuple[Channel, ...]


class DoorPart(Struct, frozen=True):
    """The way to the test over one channel. `link` is "" where no phone number is known."""

    channel: Channel
    code: str
    link: str
    picture: Markup


class TrialRoutes(Controller):
    """Everything under /flows/KEY/testers."""

    path = "/flows/{key:str}/testers"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            page = TrialsPage(
                await row_of(transaction, key),
                await code_of(transaction, key),
                await trials.who_tests(transaction, key),
                tuple(each for each in await channels.channels(transaction)
                      if each.state == "active"),
            )  # fmt: skip
        return render(request, "flows/testers.html", page)

    @get("/door/{channel:str}")
    async def door(
        self, request: AnyRequest, key: FromPath[str], channel: FromPath[str]
    ) -> Response[object]:
        """The link to one channel and its QR code; the provider is asked for its number."""
        found, provider = await opened(request, channel)
        async with workspace(request) as transaction:
            code = await code_of(transaction, key)
        number = ""
        if found.kind != "simulator" and code is not None:
            reached = await provider.probe()
            if isinstance(reached, Reached):
                number = re.sub(r"\D", "", reached.number)
        words = code.code if code else ""
        link = f"https://wa.me/{number}?text={quote(words)}" if number else ""
        part = DoorPart(found, words, link, picture_of(link) if link else Markup(""))
        return html_response(render_part(request, "flows/_door.html", page=part, key=key))

    @post("/code")
    async def code(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """A new code; who joined by an older one stays."""
        async with workspace(request) as transaction:
            await flows.draft(transaction, key)
            await trials.put_code(transaction, key, new_code(), me(request).id)
        return go_to(request, f"/flows/{key}/testers", _("O código vale por um dia."))

    @post()
    async def add(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """Somebody by phone: they get the draft from their next message on."""
        phone = phone_number((await read_form(request)).text("phone", longest=40))
        await add_tester(request, key, phone)
        return go_to(request, f"/flows/{key}/testers", _("Esta pessoa recebe o rascunho."))

    @post("/{contact:uuid}/remove")
    async def remove(
        self, request: AnyRequest, key: FromPath[str], contact: FromPath[UUID]
    ) -> Response[object]:
        async with workspace(request) as transaction:
            await trials.end_test(transaction, key, contact)
        return go_to(request, f"/flows/{key}/testers", _("O teste desta pessoa terminou."))

    @post("/stop")
    async def stop(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """Everybody's test is over, and the code is good no more."""
        async with workspace(request) as transaction:
            await trials.end_test(transaction, key)
        return go_to(request, f"/flows/{key}/testers", _("Os testes terminaram."))


def picture_of(link: str) -> Markup:
    """A link as a QR code, in SVG without styles."""
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        out, kind="svg", border=3, xmldecl=False, svgns=True, omitsize=True, svgclass="qr",
        lineclass=None, light="#fff",
    )  # fmt: skip
    return Markup(out.getvalue().decode())  # noqa: S704 - of our own making, from a checked number
