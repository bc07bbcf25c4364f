"""The page one lands on: a phone to chat with the bot, and beside it what the engine does.

The phone is a provider's phone: it says something to the simulated network, which posts a signed
webhook to us, as Meta would; answers come back to it over HTTP. Nothing here knows the engine.
"""

from decimal import Decimal

from litestar import Controller, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from msgspec import Struct

from connectors.base import File
from connectors.simulator import Entry, Network, Saying, UnknownNumber
from flowengine.messages import Audio, Content, Document, Image, Location, Media, Video
from flowengine.store import channels
from flowengine.store.channels import Channel
from flowengine.store.database import Transaction
from web.forms import Form, read_form
from web.htmx import go_to, html_response, is_htmx
from web.library import Library
from web.live import last_mark, stream
from web.phone import keep_phone, new_phone, phone_of
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, me, services, workspace
from web.simulator_news import entries_of, mark_of, news, trail
from web.texts import _
from web.trail import Turn
from web.typed import typed_number

LARGEST_FILE = 5 * 1024 * 1024  # bytes
TURNS = 30  # cards that the page begins with
HINTS = 6  # words to begin with that the page offers


class TryPage(Struct, frozen=True):
    """`number` is empty where the simulator is not part of this process."""

    number: str
    name: str
    phone: str
    entries: tuple[Entry, ...]
    turns: tuple[Turn, ...]
    hints: tuple[str, ...]
    mark: str


class Simulator(Controller):
    """The phone's buttons, and its live stream."""

    include_in_schema = False

    @get("/")
    async def page(self, request: AnyRequest) -> Response[object]:
        phone = phone_of(request) or new_phone()
        async with workspace(request) as transaction:
            channel = await simulator_channel(transaction, services(request).network)
            turns, seq = await trail(request, transaction, channel, phone, 0)
            library: Library = request.app.state.library
            hints = await library.first_words(transaction, channel.id, HINTS) if channel else ()
        network = services(request).network
        entries: tuple[Entry, ...] = ()
        if network and channel:
            entries = entries_of(network, channel.address, phone)
        page = TryPage(
            number=channel.address if network and channel else "",
            name=me(request).workspace,
            phone=phone,
            entries=entries,
            turns=tuple(turns[-TURNS:]),
            hints=hints,
            mark=mark_of(entries, seq),
        )
        answer = render(request, "simulator/page.html", page)
        keep_phone(answer, phone)
        return answer

    @get("/phone/live")
    async def live(self, request: AnyRequest, after: FromQuery[str] = "") -> Stream:
        network, channel, phone = await line_of(request)
        return stream(request, news(request, network, channel, phone, last_mark(request, after)))

    @post("/phone/say")
    async def say(self, request: AnyRequest) -> Response[object]:
        """A text, or a tap on a button or row."""
        form = await read_form(request)
        text, tap = form.text("text", "", 4096), form.raw("tap", "")
        if not text and not tap:
            return done(request)
        saying = Saying(text=text, tap=tap, title=form.text("title", ""), name=me(request).name)
        await speak(request, saying)
        return done(request)

    @post("/phone/file")
    async def send_file(self, request: AnyRequest) -> Response[object]:
        """A picture, a sound or a document."""
        network, channel, phone = await line_of(request)
        form = await read_form(request)
        upload = form.file("file")
        if upload is None:
            return done(request)
        data = await upload.read()
        if len(data) > LARGEST_FILE:
            raise Problem(_("O arquivo é grande demais: até 5 MB no simulador."))
        mime = upload.content_type or "application/octet-stream"
        id_ = network.keep_file(File(mime, data, upload.filename))
        content = content_of(mime, id_, upload.filename)
        network.say(channel.address, phone, Saying(content=content, name=me(request).name))
        return done(request)

    @post("/phone/location")
    async def send_location(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        place = Location(
            degrees(form, "latitude", 90), degrees(form, "longitude", 180), form.text("name", "")
        )
        await speak(request, Saying(content=place, name=me(request).name))
        return done(request)

    @post("/phone/new")
    async def new(self, request: AnyRequest) -> Response[object]:
        """Another phone: to the bot it is somebody whom it never saw."""
        answer = go_to(request, "/")
        keep_phone(answer, new_phone())
        return answer

    @get("/phone/files/{file:str}")
    async def file(self, request: AnyRequest, file: FromPath[str]) -> Response[bytes]:
        network, _channel, _phone = await line_of(request)
        found = network.file(file)
        if found is None:
            raise NotFoundException()
        shown = found.mime.split("/")[0] in ("image", "audio", "video") and "svg" not in found.mime
        headers = {"Content-Disposition": "inline" if shown else "attachment"}
        return Response(found.data, media_type=found.mime, headers=headers)


async def simulator_channel(transaction: Transaction, network: Network | None) -> Channel | None:
    """The workspace's simulator, the first whose number is open; None where there is none."""
    found = [c for c in await channels.channels(transaction) if c.kind == "simulator"]
    open_ones = [c for c in found if network is not None and is_open(network, c.address)]
    return next(iter(open_ones or found), None)


def is_open(network: Network, number: str) -> bool:
    """Whether the network knows the number; a channel made just now is opened at the next start."""
    try:
        network.line(number)
    except UnknownNumber:
        return False
    return True


async def line_of(request: AnyRequest) -> tuple[Network, Channel, str]:
    """The network, the channel and the visitor's number; a problem where one is missing."""
    network = services(request).network
    async with workspace(request) as transaction:
        channel = await simulator_channel(transaction, network)
    phone = phone_of(request)
    if network is None or channel is None or not phone:
        raise Problem(_("O simulador não está ligado aqui."), status=404)
    return network, channel, phone


async def speak(request: AnyRequest, saying: Saying) -> None:
    network, channel, phone = await line_of(request)
    try:
        network.say(channel.address, phone, saying)
        network.look(channel.address, phone)
    except UnknownNumber:
        raise Problem(_("O número do simulador não está aberto. Reinicie o Flowengine.")) from None


def done(request: AnyRequest) -> Response[object]:
    """htmx waits for the stream; a browser without it loads the page again."""
    return html_response("", 204) if is_htmx(request) else go_to(request, "/")


def degrees(form: Form, name: str, most: int) -> Decimal:
    value = typed_number(form.text(name))
    if value is None:
        raise Problem(_("Latitude e longitude são números."), place=name)
    if not -most <= value <= most:
        raise Problem(_("Este lugar não existe na Terra."), place=name)
    return value


def content_of(mime: str, file: str, name: str) -> Content:
    media = Media(asset=file)
    match mime.split("/")[0]:
        case "image":
            return Image(media)
        case "audio":
            return Audio(media)
        case "video":
            return Video(media)
        case _:
            return Document(media, name)
