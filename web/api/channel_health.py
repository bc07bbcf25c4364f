"""How channels do: what the last look at each found, and a look at once."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from flowengine.store import channels
from flowengine.store.channel_health import Health, Result, health_of, healths, last_rounds
from flowengine.store.channels import Channel
from web.channel_states import line_of
from web.forms import as_uuid
from web.looking import looked_now
from web.request import AnyRequest, texts, workspace
from web.texts import Texts


class NoteItem(Struct, frozen=True, omit_defaults=True):
    """`how`: warning or failed. `title` and `mend` in the reader's language."""

    what: str
    how: str
    title: str
    why: str = ""
    mend: str = ""
    detail: str = ""


class HealthItem(Struct, frozen=True):
    """`state`: connected, connecting, disconnected, needs_pairing, reauthorise, paused or unknown.

    `why` is a word of ours, `reason` and `mend` sentences in the reader's language, `detail` the
    provider's own. `tries`: how often its connection was begun anew. `heard_at`: its last webhook.
    """

    channel: UUID
    name: str
    state: str
    healthy: bool
    why: str
    reason: str
    mend: str
    detail: str
    notes: tuple[NoteItem, ...]
    since: datetime | None
    looked_at: datetime | None
    heard_at: datetime | None
    tries: int


class ChannelHealthList(Struct, frozen=True):
    """`cheap`, `deep`: what the last round of each kind came to, twice a minute and every five."""

    channels: tuple[HealthItem, ...]
    cheap: Result | None
    deep: Result | None


class ApiChannelHealth(Controller):
    path = "/channels"
    tags = ["channels"]

    @get("/health")
    async def channels_health(self, request: AnyRequest) -> ChannelHealthList:
        """How every channel does, and what the last rounds came to."""
        t = texts(request)
        async with workspace(request) as transaction:
            every = await channels.channels(transaction)
            known = await healths(transaction)
            rounds = await last_rounds(transaction)
        items = tuple(item_of(each, known.get(each.id), t) for each in every)
        return ChannelHealthList(items, rounds.cheap, rounds.deep)

    @post("/health", status_code=200)
    async def look_now(self, request: AnyRequest, deep: FromQuery[bool] = True) -> Result:
        """Look at all channels now; what is off and may come back is begun anew.

        `deep`: with token, number, quality and webhook; else only whether they are connected.
        """
        return await looked_now(request, deep)

    @get("/{channel:str}/health")
    async def channel_health(self, request: AnyRequest, channel: FromPath[str]) -> HealthItem:
        """How one channel does."""
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            health = await health_of(transaction, found.id)
        return item_of(found, health, texts(request))


def item_of(channel: Channel, health: Health | None, t: Texts) -> HealthItem:
    line = line_of(channel, health)
    told = health.notes if health else ()
    return HealthItem(
        channel.id,
        channel.name,
        line.state,
        line.healthy,
        health.why if health and line.why else "",
        t(line.why) if line.why else "",
        t(line.mend) if line.mend else "",
        line.detail,
        tuple(
            NoteItem(
                note.what,
                shown.how,
                t(shown.title),
                note.why,
                t(shown.mend) if shown.mend else "",
                shown.detail,
            )
            for note, shown in zip(told, line.notes, strict=False)
        ),
        line.since,
        line.looked_at,
        line.heard_at,
        line.tries,
    )
