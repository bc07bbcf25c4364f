"""Taking care of a channel: pairing it with a phone, and examining its set-up."""

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Struct
from pydantic import ValidationError

from connectors.base import Link, Pairing, Provider, is_live, pairing_of
from connectors.registry import build
from flowengine.messages import Refused, Unclear
from flowengine.store import channels
from flowengine.store.channels import Channel
from web.channel_states import MENDS, WHYS
from web.channels import settings_of, webhook_of
from web.contacts import phone_number
from web.forms import as_uuid, read_form
from web.htmx import go_to, html_response, is_htmx
from web.looks import LookLine, line_of
from web.problems import NotFound, Problem
from web.render import render_part
from web.request import AnyRequest, services, workspace
from web.texts import _
from web.words import REASONS
from workers.doctor import examine

STATES = {
    "open": _("Conectado"),
    "connecting": _("Conectando"),
    "closed": _("Desconectado: precisa parear"),
    "missing": _("Ainda não existe: clique em Conectar"),
    "stopped": _("Parado: não reconecta sozinho"),
}

TROUBLES = {
    "no_node": _("Falta o Node.js 20.6 ou mais novo na máquina do Flowengine."),
    "no_modules": _("Faltam os pacotes do serviço Baileys: rode `make baileys` na máquina."),
}
STARTING = {
    "not_taken_up": _("O serviço Baileys está pegando este canal. Espere alguns segundos."),
    "away": _("O serviço Baileys não responde. Veja se ele está no ar."),
    "http_503": _("O serviço Baileys está começando. Espere alguns segundos."),
}


class SessionPart(Struct, frozen=True):
    """`state` is open, connecting, closed, missing, or "" where nobody could tell: then `trouble`.

    `follow`: what is asked for again and again: "" the state, "qr" the picture too. `seconds`:
    until then. `mend`: what to do about `why` it is not open.
    """

    channel: Channel
    state: str
    words: str
    qr: str = ""
    code: str = ""
    trouble: str = ""
    follow: str = ""
    seconds: int = 20
    why: str = ""
    mend: str = ""


class LooksPart(Struct, frozen=True):
    lines: tuple[LookLine, ...]
    fine: bool


class ChannelCare(Controller):
    """What a channel needs from its people: admins only, as codes give the account away."""

    path = "/channels/{channel:str}"
    include_in_schema = False

    @get("/session")
    async def session(
        self, request: AnyRequest, channel: FromPath[str], follow: FromQuery[str] = ""
    ) -> Response[object]:
        """How the connection stands; with `follow=qr` also the picture of this moment."""
        found, session = await paired(request, channel)
        if follow == "qr" and not is_live(session):
            link = await session.pair(webhook_of(request, found))
        else:
            link = await session.state()
        return shown(request, found, link, follow, live=is_live(session))

    @post("/session")
    async def act(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        """pair (with `phone`: a code to type instead of a picture), restart or logout."""
        form = await read_form(request)
        found, session = await paired(request, channel)
        act, follow = form.text("act"), ""
        if act == "pair":
            phone = form.text("phone", "")
            number = phone_number(phone) if phone else ""
            link = await session.pair(webhook_of(request, found), number)
            follow = "" if number else "qr"
        elif act == "restart":
            link = await session.restart()
        elif act == "logout":
            link = await session.logout()
        else:
            raise NotFound
        if not is_htmx(request):
            return go_to(request, f"/channels/{found.id}")
        return shown(request, found, link, follow, live=is_live(session))

    @post("/examine")
    async def examine(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        """Looks at the set-up, thing by thing; with `to` a test message goes there."""
        form = await read_form(request)
        found, provider = await opened(request, channel)
        to = form.text("to", "")
        looks = await examine(
            provider,
            webhook_of(request, found),
            services(request).http,
            phone_number(to) if to else "",
        )
        lines = tuple(line_of(look) for look in looks)
        fine = not any(look.how == "failed" for look in looks)
        if not is_htmx(request):
            words = _("Tudo certo com o canal.") if fine else _("O canal precisa de atenção.")
            return go_to(request, f"/channels/{found.id}", words)
        return html_response(
            render_part(request, "channels/_looks.html", page=LooksPart(lines, fine))
        )


async def opened(request: AnyRequest, channel: str) -> tuple[Channel, Provider]:
    """The channel and its connector. Problem: its settings, kept by an older version or a program,
    do not fit this one."""
    async with workspace(request) as transaction:
        found = await channels.channel(transaction, as_uuid(channel))
    settings = await settings_of(request, found)
    try:
        return found, build(found.kind, settings, services(request).http)
    except ValidationError as error:
        place = ", ".join(".".join(map(str, wrong["loc"])) for wrong in error.errors())
        raise Problem(
            WHYS["settings"], place=place, mend=MENDS["reauthorise", "settings"]
        ) from error


async def paired(request: AnyRequest, channel: str) -> tuple[Channel, Pairing]:
    found, provider = await opened(request, channel)
    session = pairing_of(provider)
    if session is None:
        raise NotFound
    return found, session


def part_of(
    channel: Channel, link: Link | Refused | Unclear, follow: str, live: bool = False
) -> SessionPart:
    """What is shown of a connection. `live`: asking costs little, and shows the code of now."""
    seconds = 3 if live else 20
    match link:
        case Refused(code=code) if code in STARTING:
            words = STATES["connecting"]
            return SessionPart(channel, "connecting", words, follow=follow, why=STARTING[code])
        case Refused():
            why = REASONS.get(link.reason, link.reason)
            mend = TROUBLES.get(link.code, "")
            trouble = "" if mend else f"{link.code} {link.detail}".strip()
            return SessionPart(channel, "", why, "", "", trouble, "", seconds, "", mend)
        case Unclear():
            return SessionPart(channel, "", _("o provedor não respondeu"), trouble=link.reason)
        case _:
            words = STATES.get(link.state, link.state)
            again = follow if link.state == "connecting" else ""
            why = WHYS.get(link.why, "") if link.why else ""
            return SessionPart(
                channel, link.state, words, link.qr, link.code, "", again, seconds, why
            )


def shown(
    request: AnyRequest,
    channel: Channel,
    link: Link | Refused | Unclear,
    follow: str,
    live: bool = False,
) -> Response[object]:
    """The part that tells it; what changes from then on is pushed (`web/channel_live.py`)."""
    part = part_of(channel, link, follow, live)
    html = render_part(request, "channels/_session.html", page=part)
    response = html_response(html)
    response.headers["Cache-Control"] = "no-store"  # a code in it gives the account away
    return response
