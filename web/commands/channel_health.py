"""`flowengine channel health`: look at a workspace's channels now, as the health job does."""

import argparse

import msgspec

from connectors.net import open_client
from flowengine.store import channels
from flowengine.store.channel_health import Health, healths
from flowengine.store.channels import Channel
from web.channel_states import line_of
from web.commands.opened import Opened, configure_store
from web.commands.output import CommandError, json_line, text
from web.texts import LANGUAGES, TEXTS, Texts
from workers.channels import Channels
from workers.watch import Busy, Watch

_SIGNS = {"ok": "✓", "warn": "!", "bad": "✗"}


def configure_health(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--deep", action="store_true", help="token, number, quality, webhook too")
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="pt-BR")
    configure_store(parser)


async def health(opened: Opened, arguments: argparse.Namespace) -> int:
    """A line a channel and what the round came to; 1 where one is not well."""
    async with open_client(allowed_hosts=opened.settings.allowed_http_hosts) as http:
        known = Channels(opened.vault, http)
        watch = Watch(opened.database, known, opened.settings.public_url)
        try:
            result = await watch.look_now(opened.tenant.id, arguments.deep)
        except Busy:
            raise CommandError("somebody else looks at the channels: try again") from None
    async with opened.database.worker(opened.tenant.id) as transaction:
        every = await channels.channels(transaction)
        found = await healths(transaction)
    t = TEXTS[arguments.language]
    for each in every:
        _tell(each, found.get(each.id), arguments.json, t)
    if arguments.json:
        json_line({"result": msgspec.to_builtins(result)})
    else:
        text(
            f"total {result.total}, healthy {result.healthy}, reconnected {result.reconnected},"
            f" failed {result.failed}, cleaned {result.cleaned}, alerts {result.alerts}"
        )
    return 1 if result.failed else 0


def _tell(channel: Channel, health: Health | None, as_json: bool, t: Texts) -> None:
    line = line_of(channel, health)
    said = [t(each) for each in (line.why, line.mend) if each]
    said += [line.detail] if line.detail else []
    for note in line.notes:
        said.append(": ".join(filter(None, (t(note.title), t(note.mend) if note.mend else ""))))
    if as_json:
        json_line(
            {
                "id": str(channel.id),
                "name": channel.name,
                "state": line.state,
                "healthy": line.healthy,
                "why": health.why if health else "",
                "notes": msgspec.to_builtins(health.notes) if health else [],
                "said": " ".join(said),
            }
        )
        return
    more = f" — {' '.join(said)}" if said else ""
    text(f"{_SIGNS.get(line.tone, '–')} {channel.name}: {t(line.words)}{more}")
