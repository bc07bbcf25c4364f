"""A channel's page while one looks: its health, its connection and the codes of the moment, pushed.

Codes give the account away: they go to admins only, who are looked at again before each, and are
neither stored nor logged.
"""

import asyncio
import time
from collections.abc import AsyncGenerator

from litestar import Controller, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from connectors.base import Link, Pairing
from flowengine.messages import Refused, Unclear
from flowengine.store import channels
from flowengine.store.accounts import ROLES
from flowengine.store.channel_health import health_of
from flowengine.store.channels import Channel
from flowengine.store.sessions import find_session
from web.access import COOKIE
from web.channel_care import paired, part_of
from web.channel_states import line_of
from web.channels import webhook_of
from web.forms import as_uuid
from web.htmx import partial
from web.live import finish, stream
from web.render import render_part
from web.request import AnyRequest, me, services, workspace

LOOK = 2.0
"""Seconds between two looks at what the health job wrote."""

ASK, ASK_OPEN = 3.0, 15.0
"""Seconds between two questions to the provider: while a phone is waited for, and afterwards."""

PICTURE = 15.0
"""Seconds after which a new picture is asked for: WhatsApp changes it every twenty."""

ANSWER = 10.0
"""Seconds that the provider may take for one answer."""


class ChannelLive(Controller):
    path = "/channels/{channel:str}"
    include_in_schema = False

    @get("/live")
    async def health(self, request: AnyRequest, channel: FromPath[str]) -> Stream:
        """How the channel does, whenever that changes."""
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
        return stream(request, healths(request, found))

    @get("/session/live")
    async def session(
        self, request: AnyRequest, channel: FromPath[str], follow: FromQuery[str] = ""
    ) -> Stream:
        """How the connection stands; with `follow=qr` the picture, whenever it changes."""
        found, session = await paired(request, channel)
        return stream(request, links(request, found, session, follow == "qr"))


async def healths(request: AnyRequest, channel: Channel) -> AsyncGenerator[tuple[str, str]]:
    """The state beside the name, and what is wrong."""
    last = ""
    while True:
        html = await finish(_health(request, channel))
        yield (html, "h") if html != last else ("", "")
        last = html
        await asyncio.sleep(LOOK)


async def _health(request: AnyRequest, channel: Channel) -> str:
    async with workspace(request) as transaction:
        found = await channels.channel(transaction, channel.id)
        line = line_of(found, await health_of(transaction, channel.id))
    values = {"channel": found, "health": line}
    state = render_part(request, "channels/_state.html", **values)
    return partial("#channel-state", "innerHTML", state) + partial(
        "#health", "outerHTML", render_part(request, "channels/_health.html", **values)
    )


async def links(
    request: AnyRequest, channel: Channel, session: Pairing, follow: bool
) -> AsyncGenerator[tuple[str, str]]:
    """How the connection stands, and the codes that lead to it while it does not."""
    last, shown, pictured = "", Link(""), time.monotonic() if follow else 0.0
    while await finish(may_see(request)):
        due = follow and time.monotonic() - pictured >= PICTURE and shown.state != "open"
        link = await finish(_ask(request, channel, session, due))
        if due:
            pictured = time.monotonic()
        if isinstance(link, Link) and link.state == "connecting" and not link.qr and not link.code:
            # The state alone carries no picture: the one that is shown is good for a while.
            link = Link(link.state, shown.qr, shown.code, link.why)
        shown = link if isinstance(link, Link) else shown
        part = part_of(channel, link, "qr" if follow else "")
        html = render_part(request, "channels/_session_body.html", page=part)
        # The page has the first one: what is pushed are changes, and pictures that came late.
        moved = html != last and (last or not follow or shown.qr or shown.state != "connecting")
        if moved:
            last = html
        yield (partial("#session-body", "innerHTML", html), "s") if moved else ("", "")
        await asyncio.sleep(ASK_OPEN if shown.state == "open" else ASK)


async def _ask(
    request: AnyRequest, channel: Channel, session: Pairing, picture: bool
) -> Link | Refused | Unclear:
    try:
        async with asyncio.timeout(ANSWER):
            if picture:
                return await session.pair(webhook_of(request, channel))
            return await session.state()
    except TimeoutError:
        return Unclear(f"{ANSWER:g} s")


async def may_see(request: AnyRequest) -> bool:
    """Whether who looks is an admin of this workspace still."""
    async with services(request).database.visitor() as transaction:
        found = await find_session(transaction, request.cookies.get(COOKIE, ""))
    if found is None or found.tenant_id != me(request).tenant:
        return False
    return ROLES.index(found.role) >= ROLES.index("admin")
