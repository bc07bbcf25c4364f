"""`flowengine channel add | list | doctor | health | remove`: the numbers of a workspace."""

import argparse
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pydantic

from connectors.base import ChannelSettings
from connectors.registry import connector, known
from flowengine.store import channels
from flowengine.store.tokens import new_token
from web.commands.channel_doctor import configure_doctor, doctor
from web.commands.channel_health import configure_health, health
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import bad_usage, json_line, text
from web.schema_form import hidden_fields

ADDRESS = ("phone_number_id", "instance", "number", "address")
"""Settings that name the number at its provider, whichever the connector has."""


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments: the settings of every connector are options of `add KIND`."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", help="connect a number")
    kinds = add.add_subparsers(dest="kind", required=True, metavar="KIND")
    for kind, found in known().items():
        _settings_options(kinds.add_parser(kind, help=found.title), found.Settings)
    configure_store(acts.add_parser("list", help="what is connected"))
    configure_doctor(acts.add_parser("doctor", help="look at a channel's set-up"))
    configure_health(acts.add_parser("health", help="look at all of them now"))
    remove = acts.add_parser("remove", help="disconnect a number")
    remove.add_argument("id", metavar="ID")
    configure_store(remove)


def _settings_options(parser: argparse.ArgumentParser, settings: type[ChannelSettings]) -> None:
    hidden = hidden_fields(settings)
    for name, field in settings.model_fields.items():
        if name in hidden:
            continue
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, dest=f"set_{name}", metavar="TEXT", help=field.title)
        if _is_secret(field):
            parser.add_argument(f"{option}-file", dest=f"file_{name}", type=Path, metavar="FILE")
            parser.add_argument(f"{option}-env", dest=f"env_{name}", metavar="VARIABLE")
    parser.add_argument("--name", help="what people call it")
    parser.add_argument("--rate", type=float, metavar="N", help="messages a second at the most")
    parser.add_argument("--flows", metavar="KEY,KEY", help="only these flows answer on it")
    configure_store(parser)


def _is_secret(field: pydantic.fields.FieldInfo) -> bool:
    return "Secret" in str(field.annotation)


def run(arguments: argparse.Namespace) -> int:
    """`add` ends with the line `{"id", "webhook"}`."""
    match arguments.act:
        case "add":
            settings = _settings(arguments)
            return run_opened(arguments, lambda opened: _add(opened, arguments, settings))
        case "list":
            return run_opened(arguments, lambda opened: _list(opened, arguments.json))
        case "doctor":
            return run_opened(arguments, lambda opened: doctor(opened, arguments))
        case "health":
            return run_opened(arguments, lambda opened: health(opened, arguments))
        case _:
            return run_opened(arguments, lambda opened: _remove(opened, arguments))


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The connector's settings as JSON; a missing verify token is made up."""
    model = connector(arguments.kind).Settings
    given: dict[str, Any] = {}
    hidden = hidden_fields(model)
    for name in (each for each in model.model_fields if each not in hidden):
        value = _value(arguments, name)
        if value is not None:
            given[name] = value
    if "verify_token" in model.model_fields:
        given.setdefault("verify_token", new_token())
    try:
        model.model_validate(given)
    except pydantic.ValidationError as error:
        wrong = error.errors()[0]
        option = "--" + str(wrong["loc"][0]).replace("_", "-")
        words = wrong["msg"].removeprefix("Value error, ")
        raise bad_usage(f"add {arguments.kind}: {option}: {words}") from None
    return given


def _value(arguments: argparse.Namespace, name: str) -> Any:
    """From the line, else from a file or the environment, which do not show in `ps`."""
    value = getattr(arguments, f"set_{name}")
    path = getattr(arguments, f"file_{name}", None)
    variable = getattr(arguments, f"env_{name}", None)
    option = name.replace("_", "-")
    if sum(each is not None for each in (value, path, variable)) > 1:
        raise bad_usage(f"--{option}: say it once, on the line, in a file or in the environment")
    if path is not None:
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise bad_usage(f"--{option}-file: {path} cannot be read") from None
    if variable is not None:
        value = os.environ.get(variable)
        if not value:
            raise bad_usage(f"--{option}-env: the environment has no {variable}")
    if name == "media_hosts" and value is not None:
        return [host.strip() for host in value.split(",") if host.strip()]
    return value


def webhook(kind: str, channel: UUID) -> str:
    """Where its provider posts to."""
    return f"/webhooks/{kind}/{channel}"


async def _add(opened: Opened, arguments: argparse.Namespace, settings: dict[str, Any]) -> int:
    address = next(str(settings[name]) for name in (*ADDRESS, *settings) if name in settings)
    name = arguments.name or f"{connector(arguments.kind).title} {address}"
    async with opened.database.worker(opened.tenant.id) as transaction:
        added = await channels.add_channel(
            transaction,
            opened.vault,
            arguments.kind,
            name,
            address,
            msgspec.json.encode(settings),
            rate=arguments.rate,
        )
        if arguments.flows:
            keys = [key.strip() for key in arguments.flows.split(",") if key.strip()]
            await channels.bind_flows(transaction, added.id, keys)
    json_line({"id": str(added.id), "webhook": webhook(added.kind, added.id)})
    return 0


async def _list(opened: Opened, as_json: bool) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        listed = await channels.channels(transaction)
    for each in listed:
        line = {
            "id": str(each.id),
            "kind": each.kind,
            "name": each.name,
            "address": each.address,
            "state": each.state,
            "trouble": each.trouble,
            "webhook": webhook(each.kind, each.id),
        }
        if as_json:
            json_line(line)
        else:
            trouble = f"  ({each.trouble})" if each.trouble else ""
            text(f"{each.id}  {each.kind:<10} {each.state:<8} {each.name}{trouble}")
    return 0


async def _remove(opened: Opened, arguments: argparse.Namespace) -> int:
    try:
        channel = UUID(arguments.id)
    except ValueError:
        raise bad_usage(f"{arguments.id!r} is no channel's id; see `channel list`") from None
    async with opened.database.worker(opened.tenant.id) as transaction:
        await channels.remove_channel(transaction, channel)
    if arguments.json:
        json_line({"id": str(channel), "removed": True})
    else:
        text(f"{channel} removed")
    return 0
