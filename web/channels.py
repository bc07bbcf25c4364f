"""Channels: the connected numbers, how they do, and what they need to be told."""

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from connectors.base import is_paired, is_unofficial
from connectors.registry import connector, known
from flowengine.messages import Refused, Unclear
from flowengine.store import channels, flows
from flowengine.store.accounts import ROLES
from flowengine.store.channel_health import (
    SUBJECT,
    Result,
    Rounds,
    health_of,
    healths,
    last_rounds,
)
from flowengine.store.channel_news import channel_news, worst
from flowengine.store.channels import Channel
from flowengine.store.fallbacks import Fallback, fallback
from flowengine.store.flows import FlowRow
from flowengine.store.ids import new_id
from flowengine.store.tokens import new_token
from web.channel_states import HealthLine
from web.channel_states import line_of as health_line
from web.forms import as_uuid, read_form
from web.health_news import NewsLine, line_of
from web.htmx import go_to, html_response, is_htmx
from web.looking import looked_now
from web.problems import NotFound, Problem
from web.render import render, render_part
from web.request import AnyRequest, me, runtime, services, workspace
from web.schema_form import SettingField, read_settings, setting_fields
from web.texts import _
from web.words import REASONS

Settings = dict[str, object]

MADE = ("verify_token", "webhook_secret")
"""Secrets of webhooks: left empty, we make one."""


class ChannelLine(Struct, frozen=True):
    channel: Channel
    title: str
    webhook: str
    flows: tuple[str, ...]
    health: HealthLine


class Kind(Struct, frozen=True):
    kind: str
    title: str


class ChannelsPage(Struct, frozen=True):
    """`round`: what the last look at all of them came to; None before the first."""

    lines: tuple[ChannelLine, ...]
    kinds: tuple[Kind, ...]
    round: Result | None
    may_edit: bool


class NewChannelPage(Struct, frozen=True):
    kind: Kind
    fields: tuple[SettingField, ...]
    unofficial: bool


class ChannelPage(Struct, frozen=True):
    """`may_edit`: who looks may see and change the settings. `bound`: empty means every flow.

    `pairs`: a phone pairs its connection. `examined`: its set-up can be looked at. `news`: what its
    provider told of its health; `bad` is what is wrong by them. `options`: the other channels.
    `sure`: the webhook's address is the one that was set, not the one that this request names.
    """

    channel: Channel
    title: str
    webhook: str
    verify_token: str
    fields: tuple[SettingField, ...]
    flows: tuple[FlowRow, ...]
    bound: tuple[str, ...]
    may_edit: bool
    unofficial: bool
    pairs: bool
    examined: bool
    news: tuple[NewsLine, ...]
    bad: NewsLine | None
    health: HealthLine
    options: tuple[tuple[str, str], ...]
    fallback: Fallback | None
    sure: bool


class Channels(Controller):
    """Everything under /channels."""

    path = "/channels"
    include_in_schema = False

    @get()
    async def index(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            known, rounds = await healths(transaction), await last_rounds(transaction)
            lines = [
                ChannelLine(
                    channel,
                    title_of(channel.kind),
                    webhook_of(request, channel),
                    await channels.bound_flows(transaction, channel.id),
                    health_line(channel, known.get(channel.id)),
                )
                for channel in await channels.channels(transaction)
            ]
        page = ChannelsPage(tuple(lines), kinds(), newest(rounds), may_edit(request))
        return render(request, "channels/index.html", page)

    @post("/health")
    async def look_now(self, request: AnyRequest) -> Response[object]:
        """Looks at all channels at once, as the health job does by itself."""
        result = await looked_now(request, deep=True)
        if result.failed:
            return go_to(
                request, "/channels", _("Olhamos todos os canais: há o que fazer em alguns.")
            )
        return go_to(request, "/channels", _("Olhamos todos os canais: tudo certo."))

    @get("/new/{kind:str}")
    async def new(self, request: AnyRequest, kind: FromPath[str]) -> Response[object]:
        fields = setting_fields(schema_of(kind), {})
        return render(
            request,
            "channels/new.html",
            NewChannelPage(Kind(kind, title_of(kind)), fields, is_unofficial(connector(kind))),
        )

    @post("/new/{kind:str}")
    async def add(self, request: AnyRequest, kind: FromPath[str]) -> Response[object]:
        form = await read_form(request)
        schema_of(kind)
        for secret in MADE:
            if secret in form.values and not form.text(secret, ""):
                form = form.with_value(secret, new_token())
        settings = read_settings(connector(kind).Settings, form, {})
        id_ = new_id()
        async with workspace(request) as transaction:
            await channels.add_channel(
                transaction,
                services(request).vault,
                kind,
                form.text("channel_name", longest=80),
                address_of(settings),
                msgspec.json.encode(settings),
                channel_id=id_,
            )
        told = (
            _("Canal criado. Falta conectar o celular.")
            if is_paired(connector(kind))
            else _("Canal criado. Falta cadastrar o webhook.")
        )
        return go_to(request, f"/channels/{id_}", told)

    @get("/{channel:str}")
    async def page(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        edits = may_edit(request)
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            health = await health_of(transaction, found.id)
            others = [c for c in await channels.channels(transaction) if c.id != found.id]
            reserve = await fallback(transaction, found.id)
            rows = await flows.flows(transaction)
            bound = await channels.bound_flows(transaction, found.id)
            news = await channel_news(transaction, found.id)
        theirs = tuple(each for each in news if each.subject != SUBJECT)
        bad, kind = worst(theirs), connector(found.kind) if found.kind in known() else None
        settings = await settings_of(request, found) if edits else {}
        page = ChannelPage(
            found,
            title_of(found.kind),
            webhook_of(request, found),
            str(settings.get("verify_token", "")),
            setting_fields(schema_of(found.kind), settings) if edits else (),
            rows,
            bound,
            edits,
            is_unofficial(kind),
            is_paired(kind),
            hasattr(kind, "examine"),
            tuple(line_of(each) for each in news),
            line_of(bad) if bad else None,
            health_line(found, health),
            tuple((str(each.id), each.name) for each in others),
            reserve,
            bool(runtime(request).public_url),
        )
        return render(request, "channels/page.html", page)

    @post("/{channel:str}")
    async def change(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        form = await read_form(request)
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
        before = await settings_of(request, found)
        settings = read_settings(connector(found.kind).Settings, form, before)
        async with workspace(request) as transaction:
            await channels.change_channel(
                transaction,
                services(request).vault,
                found.id,
                name=form.text("channel_name", longest=80),
                address=address_of(settings),
                settings=msgspec.json.encode(settings),
            )
        return go_to(request, f"/channels/{found.id}", _("Canal guardado."))

    @post("/{channel:str}/flows")
    async def bind(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        """Which flows answer here; none chosen: all that are published."""
        form = await read_form(request)
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            await channels.bind_flows(transaction, found.id, form.many("flow"))
        services(request).workers.ring()
        return go_to(request, f"/channels/{found.id}", _("Fluxos do canal guardados."))

    @post("/{channel:str}/state")
    async def state(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        """Paused: what comes in is kept, nothing leaves."""
        form = await read_form(request)
        wanted = "paused" if form.text("state") == "paused" else "active"
        async with workspace(request) as transaction:
            await channels.change_channel(
                transaction, services(request).vault, as_uuid(channel), state=wanted
            )
        services(request).workers.ring()
        return go_to(request, f"/channels/{channel}")

    @post("/{channel:str}/probe")
    async def probe(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        """Asks the provider who we are: proves the settings without sending anything."""
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
        settings = await settings_of(request, found)
        model = connector(found.kind)
        provider = model(model.Settings.model_validate(settings), services(request).http)
        outcome = await provider.probe()
        match outcome:
            case Refused():
                words, fine = REASONS.get(outcome.reason, outcome.reason), False
                detail = f"{outcome.code} {outcome.detail}".strip()
            case Unclear():
                words, detail, fine = _("o provedor não respondeu"), outcome.reason, False
            case _:
                words, detail, fine = outcome.name, outcome.number, True
        if not is_htmx(request):
            return go_to(request, f"/channels/{found.id}", words)
        html = render_part(request, "channels/_probe.html", words=words, detail=detail, fine=fine)
        return html_response(html)

    @post("/{channel:str}/remove")
    async def remove(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await channels.remove_channel(transaction, as_uuid(channel))
        return go_to(request, "/channels", _("Canal removido. As conversas continuam guardadas."))


def kinds() -> tuple[Kind, ...]:
    """What one can connect; the simulator comes with the product."""
    return tuple(Kind(kind, each.title) for kind, each in known().items() if kind != "simulator")


def newest(rounds: Rounds) -> Result | None:
    """The last round of either kind."""
    known = [each for each in (rounds.cheap, rounds.deep) if each is not None and each.at]
    return max(known, key=lambda each: str(each.at), default=None)


def may_edit(request: AnyRequest) -> bool:
    return ROLES.index(me(request).role) >= ROLES.index("admin")


def schema_of(kind: str) -> dict[str, object]:
    if kind not in known():
        raise NotFound
    return connector(kind).Settings.model_json_schema()


def title_of(kind: str) -> str:
    return connector(kind).title if kind in known() else kind


def webhook_of(request: AnyRequest, channel: Channel) -> str:
    """The address to give to the provider."""
    root = runtime(request).public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return f"{root}/webhooks/{channel.kind}/{channel.id}"


def address_of(settings: Settings) -> str:
    """The channel's id at its provider."""
    names = ("phone_number_id", "instance", "number")
    found = next((settings[name] for name in names if settings.get(name)), None)
    if not found:
        raise Problem(_("O canal precisa do número dele no provedor."))
    return str(found)


async def settings_of(request: AnyRequest, channel: Channel) -> Settings:
    """A channel's settings, opened: only a worker's transaction may, so ownership comes first."""
    async with services(request).database.worker(channel.tenant_id) as transaction:
        raw = await channels.channel_settings(transaction, services(request).vault, channel.id)
    return msgspec.json.decode(raw, type=Settings)
