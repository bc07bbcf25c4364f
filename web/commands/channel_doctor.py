"""`flowengine channel doctor ID`: a set-up, looked at thing by thing, each with its mend."""

import argparse
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from connectors.net import open_client
from connectors.registry import build
from flowengine.store import channels
from web.commands.opened import Opened, configure_store
from web.commands.output import bad_usage, json_line, text
from web.commands.running import read_note
from web.looks import line_of
from web.texts import LANGUAGES, TEXTS
from workers.doctor import examine

_SIGNS = {"ok": "✓", "warning": "!", "failed": "✗", "skipped": "–"}
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


def configure_doctor(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--to", default="", metavar="+55…", help="send a test message there")
    parser.add_argument("--url", default="", help="where the world reaches the product")
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="pt-BR")
    configure_store(parser)


async def doctor(opened: Opened, arguments: argparse.Namespace) -> int:
    """A line a look; 1 where something failed. With `--json` an object a line."""
    try:
        channel = UUID(arguments.id)
    except ValueError:
        raise bad_usage(f"{arguments.id!r} is no channel's id; see `channel list`") from None
    if arguments.to and not _PHONE.fullmatch(arguments.to):
        raise bad_usage(f"--to: {arguments.to!r} is no number with + and country code")
    async with opened.database.worker(opened.tenant.id) as transaction:
        found = await channels.channel(transaction, channel)
        raw = await channels.channel_settings(transaction, opened.vault, channel)
    root = (arguments.url or opened.settings.public_url or _running(opened)).rstrip("/")
    webhook = f"{root}/webhooks/{found.kind}/{found.id}"
    settings = msgspec.json.decode(raw, type=dict[str, Any])
    hosts = opened.settings.provider_hosts
    if found.kind == "baileys":  # its address is our own process's, written by it
        hosts = (*hosts, urlsplit(str(settings.get("base_url", ""))).netloc)
    async with open_client(allowed_hosts=hosts) as http:
        provider = build(found.kind, settings, http)
        looks = await examine(provider, webhook, http, arguments.to)
    t = TEXTS[arguments.language]
    for look in looks:
        line = line_of(look)
        if arguments.json:
            json_line({**msgspec.to_builtins(look), "mend": t(line.mend) if line.mend else ""})
            continue
        more = " — ".join(filter(None, (t(line.mend) if line.mend else "", line.detail)))
        text(f"{_SIGNS[look.how]} {t(line.title)}{': ' if more else ''}{more}")
    return 1 if any(look.how == "failed" for look in looks) else 0


def _running(opened: Opened) -> str:
    """The product that runs beside this command, as this machine reaches it."""
    note = read_note(opened.settings.data)
    return note.address if note else f"http://{opened.settings.host}:{opened.settings.port}"
