"""`flowengine dead-letters list | retry | dismiss`: what could not be delivered, and once more."""

import argparse
from uuid import UUID

import msgspec

from flowengine.messages import Refused
from flowengine.store import dead_letters
from flowengine.store.dead_letters import Asked, Letter
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import bad_usage, json_line, text
from web.letters import dismiss_some, retry_all, retry_some


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="list | retry | dismiss")
    listed = acts.add_parser("list", help="what could not be delivered, the newest first")
    listed.add_argument("--reason", default="", help="only those (window_closed, unreachable …)")
    listed.add_argument("--limit", type=int, default=100, metavar="N")
    listed.add_argument("--settled", action="store_true", help="those dealt with too")
    configure_store(listed)
    retry = acts.add_parser("retry", help="send again: one, or --all")
    retry.add_argument("id", nargs="?", metavar="ID")
    retry.add_argument("--all", action="store_true", help="all that are open")
    retry.add_argument("--reason", default="", help="with --all: only those of a reason")
    configure_store(retry)
    dismiss = acts.add_parser("dismiss", help="put one aside")
    dismiss.add_argument("id", metavar="ID")
    configure_store(dismiss)


def run(arguments: argparse.Namespace) -> int:
    """`retry` and `dismiss` end with the line `{"count"}`."""
    match arguments.act:
        case "list":
            return run_opened(arguments, lambda opened: _list(opened, arguments))
        case "retry":
            if bool(arguments.id) == arguments.all:
                raise bad_usage("retry: name one letter, or say --all")
            ids = [_id(arguments.id)] if arguments.id else []
            return run_opened(arguments, lambda opened: _retry(opened, arguments, ids))
        case _:
            ids = [_id(arguments.id)]
            return run_opened(arguments, lambda opened: _dismiss(opened, arguments, ids))


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise bad_usage(f"{given!r} is no letter's id; see `dead-letters list`") from None


async def _list(opened: Opened, arguments: argparse.Namespace) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        page = await dead_letters.letters(
            transaction,
            Asked(arguments.reason),
            open_only=not arguments.settled,
            limit=max(1, arguments.limit),
        )
    for each in page.items:
        if arguments.json:
            json_line(_line(each))
        else:
            who = each.contact_name or each.phone or "?"
            text(f"{each.message_id}  {each.reason:<14} {each.attempts:>2}x  {who}: {each.text}")
    return 0


def _line(each: Letter) -> dict[str, object]:
    refused = msgspec.json.decode(each.refused, type=Refused) if each.refused else None
    return {
        "id": str(each.message_id),
        "conversation": str(each.conversation_id),
        "channel": str(each.channel_id),
        "kind": each.kind,
        "reason": each.reason,
        "code": refused.code if refused else "",
        "detail": refused.detail if refused else "",
        "attempts": each.attempts,
        "status": each.status,
        "at": each.at.isoformat(),
        "settled": each.settled_how,
    }


async def _retry(opened: Opened, arguments: argparse.Namespace, ids: list[UUID]) -> int:
    """The running product finds them within a second."""
    if ids:
        count = await retry_some(opened.database, opened.tenant.id, ids)
    else:
        count = await retry_all(opened.database, opened.tenant.id, Asked(arguments.reason))
    return _count(arguments, count, "sent again")


async def _dismiss(opened: Opened, arguments: argparse.Namespace, ids: list[UUID]) -> int:
    count = await dismiss_some(opened.database, opened.tenant.id, ids)
    return _count(arguments, count, "put aside")


def _count(arguments: argparse.Namespace, count: int, done: str) -> int:
    if arguments.json:
        json_line({"count": count})
    else:
        text(f"{count} {done}")
    return 0
