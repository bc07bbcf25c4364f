"""The connection of a channel that a phone pairs, for programs: paired, begun anew, ended."""

from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from connectors.base import Link
from flowengine.messages import Refused, Unclear
from web.channel_care import paired
from web.channels import webhook_of
from web.contacts import phone_number
from web.problems import Problem
from web.request import AnyRequest
from web.texts import _


class SessionAct(Struct, frozen=True, forbid_unknown_fields=True):
    """`phone` (with `pair`): a code to type there, instead of a picture to scan."""

    act: Literal["pair", "restart", "logout"]
    phone: Annotated[str, Meta(max_length=40)] = ""


class SessionItem(Struct, frozen=True):
    """`state`: open, connecting, closed, stopped or missing; `why` it is not open, if known.

    `qr` is a picture as `data:image/png;base64,…`, `code` what is typed on the phone: whoever has
    one of them can take the account, so show it and keep it nowhere.
    """

    state: str
    why: str
    qr: str
    code: str


class ApiChannelSession(Controller):
    path = "/channels/{channel:str}/session"
    tags = ["channels"]

    @get()
    async def get_session(self, request: AnyRequest, channel: FromPath[str]) -> SessionItem:
        """How the connection stands now, by its provider."""
        _found, session = await paired(request, channel)
        return item_of(await session.state())

    @post(status_code=200)
    async def act(
        self, request: AnyRequest, channel: FromPath[str], data: JSONBody[SessionAct]
    ) -> SessionItem:
        """Pair it, begin it anew, or end it."""
        found, session = await paired(request, channel)
        match data.act:
            case "pair":
                number = phone_number(data.phone) if data.phone else ""
                return item_of(await session.pair(webhook_of(request, found), number))
            case "restart":
                return item_of(await session.restart())
            case "logout":
                return item_of(await session.logout())


def item_of(link: Link | Refused | Unclear) -> SessionItem:
    if isinstance(link, Link):
        return SessionItem(link.state, link.why, link.qr, link.code)
    detail = f"{link.code} {link.detail}".strip() if isinstance(link, Refused) else link.reason
    raise Problem(_("O provedor do canal não fez o que pedimos: {what}"), status=502, what=detail)
